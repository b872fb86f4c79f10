// What a writer does when the disk is slow, full or gone, and when its process is.
#include "children.hpp"
#include "files.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <set>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

using namespace mlockscope;
using files::Reader;
using files::Writer;
using namespace std::chrono_literals;

namespace {

constexpr model::Time second = 1'000'000'000;

/// A pipe with a name, open for reading.
class Pipe {
public:
  Pipe() {
    REQUIRE(::mkfifo(path().c_str(), 0600) == 0);
    reader_ = util::Fd(::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(reader_);
  }
  [[nodiscard]] std::string path() const { return folder_.path("pipe"); }
  /// Until the writer has closed.
  [[nodiscard]] std::string read_all() const {
    ::fcntl(reader_.get(), F_SETFL, 0);
    std::string all, piece(65536, '\0');
    for (ssize_t n = 0; (n = ::read(reader_.get(), piece.data(), piece.size())) > 0;)
      all.append(piece, 0, static_cast<std::size_t>(n));
    return all;
  }
  void close_reader() { reader_.reset(); }

private:
  TempFolder folder_;
  util::Fd reader_;
};

/// Calls that cannot be compressed to nothing.
class Noise {
public:
  model::CallEvent next() {
    model::CallEvent call = samples::call(number_++);
    call.addr = chance_();
    call.len = chance_();
    return call;
  }
  [[nodiscard]] std::uint64_t given() const { return number_; }

private:
  std::mt19937_64 chance_{1};
  std::uint64_t number_ = 0;
};

std::vector<std::string> noise_texts(std::size_t count) {
  Noise noise;
  std::vector<std::string> all;
  for (std::size_t n = 0; n < count; ++n) all.push_back(telling::text(model::Event(noise.next())));
  return all;
}

template <class Condition> bool eventually(Condition condition) {
  for (int n = 0; n < 2000; ++n) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

/// Puts noise until the disk has failed, and says what a user would see: the error, and then what
/// can still be read, against what was put.
std::string fill_up(const std::string& path) {
  auto writer = Writer::create(path, samples::origin());
  if (!writer) return writer.error().message();
  Noise noise;
  const bool failed = eventually([&] {
    for (int n = 0; n < 20'000; ++n) writer.value().put(noise.next());
    return writer.value().failed();
  });
  if (!failed) return "has not failed";
  const auto dropped = writer.value().statistics().dropped;
  writer.value().put(noise.next());
  if (writer.value().statistics().dropped != dropped + 1) return "an entry too late is not dropped";
  if (writer.value().can_resume()) return "can resume";
  const auto closed = writer.value().close();
  if (closed) return "closed well";
  const auto read = files::read_file(path);
  if (!read.error.empty() || !read.remark.empty()) return read.error + read.remark;
  if (read.entries.empty()) return "nothing can be read";
  if (read.entries != noise_texts(read.entries.size())) return "not what was put";
  if (std::filesystem::file_size(path) != writer.value().statistics().written)
    return "another size than told";
  return closed.error().message();
}

} // namespace

TEST_CASE("a disk that does not take anything does not hold up who puts, and drops are told") {
  const Pipe pipe;
  auto created = Writer::create(pipe.path(), samples::origin(), {.queue_bytes = 1 << 20});
  REQUIRE(created);
  Writer& writer = created.value();
  Noise noise;
  while (!writer.behind() && noise.given() < 10'000'000) writer.put(noise.next());
  REQUIRE(writer.behind());
  const std::uint64_t kept = writer.statistics().entries;
  for (int n = 0; n < 1000; ++n) writer.put(noise.next());
  CHECK(writer.statistics().entries == kept);
  CHECK(writer.statistics().dropped == 1001);
  // The queue, what the pipe and the thread hold, and the block that waits.
  CHECK(writer.statistics().raw_bytes < (1u << 20) + 4 * files::format::block_bytes);
  std::this_thread::sleep_for(50ms);
  CHECK_FALSE(writer.can_resume());
  writer.flush_if_due(0);
  writer.flush_if_due(5 * second);

  std::string bytes;
  std::thread reading([&] { bytes = pipe.read_all(); });
  const bool again = eventually([&] { return writer.can_resume(); });
  CHECK(again);
  writer.resume({0, 77, "the disk was too slow", {{model::SpaceId{3}, 9}}});
  CHECK_FALSE(writer.behind());
  writer.put(recording::Ended{78});
  const auto closed = writer.close();
  reading.join();
  REQUIRE(closed);
  CHECK(writer.statistics().entries == kept + 2);
  CHECK(writer.statistics().written == bytes.size());

  auto expected = noise_texts(kept);
  expected.push_back(
      telling::text(recording::Gap{1001, 77, "the disk was too slow", {{model::SpaceId{3}, 9}}}));
  expected.push_back(telling::text(recording::Ended{78}));
  const auto read = files::read_bytes(bytes);
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.entries == expected);
}

TEST_CASE("at the end a gap is told even if the queue is full") {
  const Pipe pipe;
  auto created = Writer::create(pipe.path(), samples::origin(), {.queue_bytes = 1});
  REQUIRE(created);
  Writer& writer = created.value();
  Noise noise;
  while (!writer.behind()) writer.put(noise.next());
  CHECK_FALSE(writer.can_resume());
  const std::uint64_t kept = writer.statistics().entries;
  writer.resume({0, 5, "at the end", {}});
  writer.put(recording::Ended{6});
  std::string bytes;
  std::thread reading([&] { bytes = pipe.read_all(); });
  const auto closed = writer.close();
  reading.join();
  REQUIRE(closed);
  auto expected = noise_texts(kept);
  expected.push_back(telling::text(recording::Gap{1, 5, "at the end", {}}));
  expected.push_back(telling::text(recording::Ended{6}));
  CHECK(files::read_bytes(bytes).entries == expected);
}

TEST_CASE("the end of a recording does not wait for ever for a reader that sleeps") {
  const Pipe pipe;
  auto writer = Writer::create(pipe.path(), samples::origin(), {.patience = 100ms});
  REQUIRE(writer);
  Noise noise;
  for (int n = 0; n < 100'000; ++n) writer.value().put(noise.next());
  const auto closed = writer.value().close();
  REQUIRE_FALSE(closed);
  CHECK(closed.error().message() ==
        "cannot write to " + pipe.path() + ": Connection timed out; nobody reads it any more");
}

TEST_CASE("a pipe whose reader goes is an error, and no signal ends the program") {
  REQUIRE(std::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  Pipe pipe;
  auto writer = Writer::create(pipe.path(), samples::origin());
  REQUIRE(writer);
  pipe.close_reader();
  writer.value().put(samples::call(0));
  const auto closed = writer.value().close();
  REQUIRE_FALSE(closed);
  CHECK(closed.error().message() ==
        "cannot write to " + pipe.path() + ": Broken pipe; nobody reads it any more");
}

TEST_CASE("a pipe that nobody reads is refused, and so are folders and a full device") {
  const TempFolder folder;
  const std::string path = folder.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto error = [](const std::string& at) {
    const auto writer = Writer::create(at, samples::origin());
    return writer ? "" : writer.error().message();
  };
  CHECK(error(path) ==
        "cannot open " + path + ": No such device or address; a pipe needs its reader first");
  CHECK(error("/") == "cannot open /: Is a directory");
  CHECK(error("/dev/full") ==
        "cannot write to /dev/full: No space left on device; free some space");
}

TEST_CASE("a file that may not grow is cut back to its last whole block") {
  const TempFolder folder;
  const std::string path = folder.path("a.mls");
  const std::string told = children::in_child([&] {
    const rlimit limit{1'000'000, 1'000'000};
    (void)::setrlimit(RLIMIT_FSIZE, &limit);
    return fill_up(path);
  });
  CHECK(told == "cannot write to " + path + ": File too large");
  CHECK(std::filesystem::file_size(path) < 1'000'000);
  CHECK(std::filesystem::file_size(path) > 500'000);
}

TEST_CASE("a disk that is full is told, and the file can be read up to its last whole block") {
  const TempFolder folder;
  const std::string root = folder.path("");
  const std::string path = folder.path("a.mls");
  const std::string told = children::in_child([&]() -> std::string {
    // In a mount namespace of its own, so that nothing is left behind.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, "") != 0)
      return "no privilege";
    if (::mount("tmpfs", root.c_str(), "tmpfs", 0, "size=600k") != 0) return "no privilege";
    return fill_up(path);
  });
  if (told == "no privilege") {
    WARN("not root: no small disk was made");
    return;
  }
  CHECK(told == "cannot write to " + path +
                    ": No space left on device; what was recorded until then can be read");
}

TEST_CASE("a process that is killed leaves what it had flushed") {
  const TempFolder folder;
  const std::string path = folder.path("a.mls");
  children::killed([&] {
    auto writer = Writer::create(path, samples::origin());
    if (!writer) return;
    Noise noise;
    writer.value().flush_if_due(10 * second);
    for (int n = 0; n < 1000; ++n) writer.value().put(noise.next());
    writer.value().flush_if_due(11 * second - 1); // not yet
    const auto before = writer.value().statistics().written;
    for (int n = 0; n < 100; ++n) writer.value().put(noise.next());
    writer.value().flush_if_due(11 * second);
    (void)eventually([&] { return writer.value().statistics().written != before; });
    for (int n = 0; n < 100; ++n) writer.value().put(noise.next());
    writer.value().flush_if_due(12 * second - 1); // not yet
    (void)::raise(SIGKILL);
  });
  const auto read = files::read_file(path);
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.entries == noise_texts(1100));
}

TEST_CASE("a process that is killed at any time leaves a file that can be read") {
  const TempFolder folder;
  const std::string path = folder.path("a.mls");
  for (const int milliseconds : {20, 35, 50, 81}) {
    children::killed(
        [&] {
          auto writer = Writer::create(path, samples::origin());
          Noise noise;
          while (writer) {
            if (writer.value().can_resume()) writer.value().resume({});
            writer.value().put(noise.next());
          }
        },
        std::chrono::milliseconds(milliseconds));
    const auto read = files::read_file(path);
    INFO(read.error);
    // Before anything else it may have been killed while it began.
    if (!read.opened) CHECK(read.error.find("nothing had been recorded yet") != std::string::npos);
    if (read.opened) CHECK(read.error.empty());
    const auto expected = noise_texts(std::min<std::size_t>(read.entries.size(), 20'000));
    CHECK(std::equal(expected.begin(), expected.end(), read.entries.begin()));
  }
}

TEST_CASE("signals are left to the thread that waits for them") {
  const auto threads = [] {
    std::set<std::filesystem::path> all;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      all.insert(task.path());
    return all;
  };
  const TempFolder folder;
  const auto before = threads();
  auto writer = Writer::create(folder.path("a.mls"), samples::origin());
  REQUIRE(writer);
  sigset_t mask;
  REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &mask) == 0);
  CHECK(::sigismember(&mask, SIGTERM) == 0); // ours is as it was
  std::size_t others = 0;
  for (const auto& task : threads()) {
    if (before.contains(task)) continue;
    std::ifstream status(task / "status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      const std::uint64_t blocked = std::stoull(line.substr(8), nullptr, 16);
      CHECK((blocked >> (SIGTERM - 1) & 1) == 1);
      CHECK((blocked >> (SIGPIPE - 1) & 1) == 1);
      ++others;
    }
  }
  CHECK(others == 1);
}

TEST_CASE("a writer that is moved or let go of closes its file once") {
  const TempFolder folder;
  {
    auto first = Writer::create(folder.path("a.mls"), samples::origin());
    REQUIRE(first);
    Writer second = first.take();
    second.put(samples::call(0));
  }
  CHECK(files::read_file(folder.path("a.mls")).entries ==
        telling::texts({model::Event(samples::call(0))}));

  auto writer = Writer::create(folder.path("b.mls"), samples::origin());
  REQUIRE(writer);
  REQUIRE(writer.value().close());
  writer.value().put(samples::call(0)); // too late
  REQUIRE(writer.value().close());
  CHECK(writer.value().statistics().dropped == 1);
  CHECK(files::read_file(folder.path("b.mls")).entries.empty());
}
