#include "recording/writer.hpp"

#include "recording/decoder.hpp"
#include "recording/disk.hpp"
#include "recording/encoder.hpp"
#include "recording/schema.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace mlockscope::recording {
namespace {

constexpr model::Time second = 1'000'000'000;

const char* hint_for(int error_number) {
  return error_number == ENXIO ? "a pipe needs its reader first" : "";
}

} // namespace

util::Result<Writer> Writer::create(const std::string& path, const Origin& origin,
                                    Options options) {
  std::vector<Block> first(1);
  first.front() = {format::Kind::schema, 0, std::string(schema())};
  first.push_back(encode_origin(origin));
  Origin as_read;
  if (const char* const fault = decode_origin(first.back().raw, as_read))
    return util::Error{"cannot record to " + path, fault, ""};

  // Not blocking: a pipe without a reader is an error, and one whose reader sleeps is waited for
  // where it can be given up. For files it means nothing.
  util::Fd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
  if (!fd) return util::system_error("cannot open " + path, errno, hint_for(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) && ::fchmod(fd.get(), 0600) != 0)
    return util::system_error("cannot keep others from reading " + path, errno);
  auto disk = std::make_unique<Disk>(
      std::move(fd), path, Disk::Limits{options.queue_bytes, options.level, options.patience});
  if (auto begun = disk->begin(std::move(first)); !begun) return begun.error();
  return Writer(std::move(disk), std::make_unique<Encoder>());
}

Writer::Writer(std::unique_ptr<Disk> disk, std::unique_ptr<Encoder> encoder)
    : encoder_(std::move(encoder)), disk_(std::move(disk)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer::~Writer() {
  if (disk_) (void)close();
}

template <class What> void Writer::put_any(const What& what) {
  const bool full = encoder_->size() >= format::block_bytes;
  const bool room = !closed_ && !behind_ && !disk_->failed() && (!full || hand_over(false));
  const std::size_t before = encoder_->size();
  if (room && encoder_->add(what)) {
    ++statistics_.entries;
    statistics_.raw_bytes += encoder_->size() - before;
    if (encoder_->size() >= format::block_bytes) (void)hand_over(false);
    return;
  }
  ++statistics_.dropped;
  if (closed_ || disk_->failed()) return;
  behind_ = true;
  ++missing_;
}

void Writer::put(const Entry& entry) { put_any(entry); }
void Writer::put(const model::Event& event) { put_any(event); }
void Writer::put(const model::CallEvent& event) { put_any(event); }

/// False if the queue has no room for it; then the block stays as it is.
bool Writer::hand_over(bool force) {
  if (encoder_->size() == 0) return true;
  if (!force && !disk_->room_for(encoder_->size())) return false;
  disk_->take(encoder_->take(disk_->spare()));
  return true;
}

void Writer::flush_if_due(model::Time now) {
  if (!flushed_) flushed_ = now;
  if (closed_ || now < *flushed_ || now - *flushed_ < second) return;
  flushed_ = now;
  (void)hand_over(false);
}

bool Writer::can_resume() const { return behind_ && !disk_->failed() && disk_->half_empty(); }

void Writer::resume(Gap gap) {
  if (!behind_ || closed_ || disk_->failed()) return;
  if (encoder_->size() >= format::block_bytes) (void)hand_over(true);
  gap.entries = missing_;
  const std::size_t before = encoder_->size();
  if (!encoder_->add(Entry(std::move(gap)))) return;
  ++statistics_.entries;
  statistics_.raw_bytes += encoder_->size() - before;
  behind_ = false;
  missing_ = 0;
}

bool Writer::failed() const { return disk_->failed(); }
util::Error Writer::error() const { return disk_->error(); }

util::Status Writer::close() {
  if (!closed_) (void)hand_over(true);
  closed_ = true;
  disk_->finish();
  if (failed()) return error();
  return util::success();
}

Writer::Statistics Writer::statistics() const {
  Statistics result = statistics_;
  result.written = disk_->written();
  return result;
}

} // namespace mlockscope::recording
