#include "cli/spool.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace mlockscope::cli {

util::Result<report::Writer*> Spool::begin(std::size_t part) {
  auto writer = make_file(part);
  if (writer) return writer;
  const std::lock_guard lock(mutex_);
  target_.fail(writer.error());
  return writer;
}

util::Result<report::Writer*> Spool::make_file(std::size_t part) {
  const char* const set = std::getenv("TMPDIR");
  const std::string folder = set != nullptr && *set != '\0' ? set : "/tmp";
  const std::string name = "a temporary file in " + folder;
  Part& mine = parts_[part];
  mine.file = util::Fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!mine.file)
    return util::system_error("cannot make " + name, errno, "set TMPDIR to a folder for it");
  auto writer = report::Writer::to_descriptor(mine.file.get(), name);
  if (!writer) return writer.error();
  mine.writer = std::make_unique<report::Writer>(writer.take());
  return mine.writer.get();
}

void Spool::done(std::size_t part) {
  const std::lock_guard lock(mutex_);
  parts_[part].done = true;
  for (; next_ < parts_.size() && parts_[next_].done; ++next_) {
    copy(parts_[next_]);
    parts_[next_] = {};
  }
}

void Spool::copy(const Part& part) {
  if (part.writer == nullptr) return;
  part.writer->flush();
  if (!part.writer->ok()) target_.fail(part.writer->error());
  char block[std::size_t{64} * 1024];
  off_t at = 0;
  ssize_t got = 0;
  for (; (got = ::pread(part.file.get(), block, sizeof block, at)) > 0; at += got)
    target_.write({block, static_cast<std::size_t>(got)});
  if (got < 0) target_.fail(util::system_error("cannot read a temporary file", errno));
  target_.flush();
}

} // namespace mlockscope::cli
