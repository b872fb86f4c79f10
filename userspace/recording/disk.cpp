#include "recording/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <zstd.h>

namespace mlockscope::recording {
namespace {

constexpr std::size_t most_spares = 4;
constexpr std::chrono::milliseconds look_around{50};

void free_compressor(ZSTD_CCtx_s* compressor) { ::ZSTD_freeCCtx(compressor); }

const char* hint_for(int error_number, bool begun) {
  if (error_number == ENOSPC || error_number == EDQUOT)
    return begun ? "what was recorded until then can be read" : "free some space";
  if (error_number == EPIPE || error_number == ETIMEDOUT) return "nobody reads it any more";
  return "";
}

/// A thread that is started while this lives is not reached by any signal: the program waits for
/// its own in one place, and writing to a pipe without a reader or past a limit is an error here.
class NoSignals {
public:
  NoSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  NoSignals(const NoSignals&) = delete;
  ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

} // namespace

Disk::Disk(util::Fd fd, std::string name, Limits limits)
    : fd_(std::move(fd)), name_(std::move(name)), limits_(limits),
      compressor_(::ZSTD_createCCtx(), free_compressor) {}

Disk::~Disk() { finish(); }

util::Status Disk::begin(std::vector<Block> first) {
  // Without a thread nobody else would give up.
  hurry_ = true;
  const auto header = format::file_header();
  if (write({header.data(), header.size()})) written_ += header.size();
  for (const Block& block : first)
    if (!failed()) store(block);
  hurry_ = false;
  if (failed()) return error();
  try {
    const NoSignals quiet;
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return util::Error{"cannot start a thread that writes " + name_, error.what(), ""};
  }
  return util::success();
}

bool Disk::room_for(std::size_t bytes) const {
  const std::lock_guard lock(lock_);
  return queued_ == 0 || queued_ + bytes <= limits_.queue_bytes;
}

void Disk::take(Block block) {
  if (failed()) return;
  {
    const std::lock_guard lock(lock_);
    queued_ += block.raw.size();
    queue_.push_back(std::move(block));
  }
  changed_.notify_one();
}

std::string Disk::spare() {
  const std::lock_guard lock(lock_);
  if (spares_.empty()) return {};
  std::string spare = std::move(spares_.back());
  spares_.pop_back();
  return spare;
}

bool Disk::half_empty() const {
  const std::lock_guard lock(lock_);
  return queued_ <= limits_.queue_bytes / 2;
}

util::Error Disk::error() const {
  const std::lock_guard lock(lock_);
  return error_;
}

void Disk::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(lock_);
    finishing_ = true;
  }
  hurry_ = true;
  changed_.notify_one();
  thread_.join();
  fd_.reset(); // a reader of a pipe waits for this
}

void Disk::run() {
  std::unique_lock lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Block block = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (!failed()) store(block);
    lock.lock();
    queued_ -= block.raw.size();
    // Not those of single large entries: they would be held for good.
    if (spares_.size() < most_spares && block.raw.capacity() <= 4 * format::block_bytes)
      spares_.push_back(std::move(block.raw));
  }
}

void Disk::store(const Block& block) {
  const std::size_t bound = ::ZSTD_compressBound(block.raw.size());
  stored_.resize(std::max(stored_.size(), format::block_header_size + bound));
  const std::size_t size =
      compressor_ ? ::ZSTD_compressCCtx(compressor_.get(), &stored_[format::block_header_size],
                                        bound, block.raw.data(), block.raw.size(), limits_.level)
                  : std::size_t(-1);
  if (::ZSTD_isError(size) != 0)
    return fail({"cannot compress for " + name_, ::ZSTD_getErrorName(size), ""});
  const std::string_view content =
      std::string_view(stored_).substr(format::block_header_size, size);
  const auto header =
      format::block_header({block.kind, block.entries, static_cast<std::uint32_t>(block.raw.size()),
                            static_cast<std::uint32_t>(size), format::checksum(content)});
  std::copy(header.begin(), header.end(), stored_.begin());
  const std::size_t whole = header.size() + size;
  if (write(std::string_view(stored_).substr(0, whole))) written_ += whole;
}

bool Disk::write(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t done = ::write(fd_.get(), rest.data(), rest.size());
    int error_number = done < 0 ? errno : 0;
    if (error_number == EINTR) continue;
    if (error_number == EAGAIN) {
      if (wait_until_writable()) continue;
      error_number = ETIMEDOUT;
    }
    if (error_number != 0) {
      fail(util::system_error("cannot write to " + name_, error_number,
                              hint_for(error_number, written() != 0)));
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

/// False if somebody has waited for it in vain.
bool Disk::wait_until_writable() {
  std::chrono::milliseconds waited{0};
  for (;;) {
    pollfd file{fd_.get(), POLLOUT, 0};
    const int ready = ::poll(&file, 1, static_cast<int>(look_around.count()));
    if (ready > 0) return true; // or broken: then write(2) says how
    waited = hurry_ ? waited + look_around : std::chrono::milliseconds(0);
    if (waited > limits_.patience) return false;
  }
}

void Disk::fail(util::Error error) {
  cut_back();
  const std::lock_guard lock(lock_);
  error_ = std::move(error);
  failed_.store(true, std::memory_order_release);
}

/// To the last whole block. What cannot be cut, a pipe, ends inside one.
void Disk::cut_back() const {
  struct stat facts {};
  if (::fstat(fd_.get(), &facts) == 0 && S_ISREG(facts.st_mode))
    (void)!::ftruncate(fd_.get(), static_cast<off_t>(written()));
}

} // namespace mlockscope::recording
