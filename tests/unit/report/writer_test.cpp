#include "report/writer.hpp"

#include "samples.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

using namespace mlockscope;
using report::Writer;

TEST_CASE("lines are held until the flush") {
  samples::Captured captured;
  captured.writer().write("one\n");
  CHECK(captured.take().empty());
  captured.writer().write("two\n");
  captured.writer().flush();
  CHECK(captured.take() == "one\ntwo\n");
  CHECK(captured.writer().ok());
}

TEST_CASE("many lines do not wait for the flush") {
  samples::Captured captured;
  for (int i = 0; i < 5000; ++i) captured.writer().write("a line of twenty-two.\n");
  CHECK(captured.take().size() >= 65536);
}

TEST_CASE("a reader that has gone is told once, and ends the writing") {
  std::signal(SIGPIPE, SIG_IGN);
  samples::Captured captured;
  captured.close_reader();
  captured.writer().write("one\n");
  captured.writer().flush();
  REQUIRE_FALSE(captured.writer().ok());
  const std::string first = captured.writer().error().message();
  CHECK(first == "cannot write to a pipe: Broken pipe; the reader of the output has gone");
  captured.writer().write("two\n");
  captured.writer().flush();
  CHECK(captured.writer().error().message() == first);
}

TEST_CASE("a full disk is an error") {
  auto full = Writer::to_file("/dev/full");
  if (!full) return;
  full.value().write("one\n");
  full.value().flush();
  REQUIRE_FALSE(full.value().ok());
  CHECK(full.value().error().what == "cannot write to /dev/full");
}

TEST_CASE("a folder cannot be opened for writing") {
  const auto writer = Writer::to_file("/");
  REQUIRE_FALSE(writer);
  CHECK(writer.error().what == "cannot open /");
}

TEST_CASE("a file holds what was written, for its owner only, also without a flush") {
  const auto path =
      std::filesystem::temp_directory_path() / ("writer-test-" + std::to_string(::getpid()));
  {
    auto writer = Writer::to_file(path.string());
    REQUIRE(writer);
    CHECK_FALSE(writer.value().is_terminal());
    Writer moved = writer.take();
    moved.write("one\n");
  }
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  CHECK(line == "one");
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  std::filesystem::remove(path);
}

TEST_CASE("a pipe that would not block is waited for, and loses nothing") {
  int ends[2]{-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const util::Fd reader(ends[0]);
  REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  Writer writer(util::Fd(ends[1]), "a pipe");
  std::size_t got = 0;
  std::thread reading([&] {
    char some[65536];
    ssize_t n = 0;
    while (got < 300'000 && (n = ::read(reader.get(), some, sizeof some)) > 0)
      got += static_cast<std::size_t>(n);
  });
  writer.write(std::string(300'000, 'x'));
  writer.flush();
  reading.join();
  CHECK(writer.ok());
  CHECK(got == 300'000);
}

TEST_CASE("a descriptor is copied, so that closing the writer leaves it open") {
  samples::Captured captured;
  int ends[2]{-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const util::Fd reader(ends[0]), original(ends[1]);
  { auto writer = Writer::to_descriptor(original.get(), "a pipe"); }
  CHECK(::write(original.get(), "x", 1) == 1);
  CHECK_FALSE(Writer::to_descriptor(-1, "nothing"));
}
