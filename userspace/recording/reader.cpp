#include "recording/reader.hpp"

#include "recording/block_source.hpp"
#include "recording/decoder.hpp"

#include <cerrno>
#include <fcntl.h>

namespace mlockscope::recording {
namespace {

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

} // namespace

class Reader::Impl {
public:
  Impl(util::Fd fd, std::string name) : blocks_(std::move(fd), std::move(name)) {}

  [[nodiscard]] util::Status begin() {
    const auto version = blocks_.begin();
    if (!version) return version.error();
    decoder_.from_newer(version.value().minor > format::minor_version);
    auto block = blocks_.next();
    if (!block) return block.error();
    if (block.value() == nullptr)
      return util::Error{blocks_.name(),
                         "ends at or after byte " + std::to_string(blocks_.begin_of_block()) +
                             ", before it says where it comes from",
                         "nothing had been recorded yet"};
    if (block.value()->kind != format::Kind::origin)
      return blocks_.error("", "entries before the origin");
    if (const char* const fault = decode_origin(block.value()->raw, origin_))
      return blocks_.error("", fault);
    return util::success();
  }

  [[nodiscard]] const Origin& origin() const { return origin_; }

  [[nodiscard]] util::Result<const Entry*> next() {
    while (!over_) {
      if (const Entry* const entry = decoder_.next()) return entry;
      if (decoder_.fault() != nullptr)
        return end(
            blocks_.error(", entry " + std::to_string(decoder_.entry_number()), decoder_.fault()));
      auto block = blocks_.next();
      if (!block) return end(block.error());
      if (block.value() == nullptr) break;
      if (block.value()->kind != format::Kind::entries)
        return end(blocks_.error("", "a second origin"));
      decoder_.begin(block.value()->raw, block.value()->entries);
    }
    over_ = true;
    return static_cast<const Entry*>(nullptr);
  }

  [[nodiscard]] std::string remark() const {
    std::string text;
    const auto add = [&text](const std::string& part) {
      text += (text.empty() ? "" : "; ") + part;
    };
    if (blocks_.cut())
      add("ends inside a block at byte " + std::to_string(blocks_.begin_of_block()) +
          ": what came before it was read");
    if (const auto count = decoder_.unknown_entries() + blocks_.unknown_blocks(); count != 0)
      add(counted(count, "entry or block", "entries or blocks") +
          " of a newer mlockscope left out");
    if (const auto count = decoder_.unknown_fields(); count != 0)
      add(counted(count, "entry", "entries") + " of a newer mlockscope read in part");
    return text.empty() ? text : blocks_.name() + ": " + text;
  }

private:
  util::Error end(util::Error error) {
    over_ = true;
    return error;
  }

  BlockSource blocks_;
  Decoder decoder_;
  Origin origin_;
  bool over_ = false;
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader::~Reader() = default;

util::Result<Reader> Reader::open(const std::string& path) {
  const bool input = path == "-";
  util::Fd fd(input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  const std::string name = input ? "standard input" : path;
  if (!fd) return util::system_error("cannot open " + name, errno);
  return from(std::move(fd), name);
}

util::Result<Reader> Reader::from(util::Fd fd, std::string name) {
  auto impl = std::make_unique<Impl>(std::move(fd), std::move(name));
  if (auto begun = impl->begin(); !begun) return begun.error();
  return Reader(std::move(impl));
}

const Origin& Reader::origin() const { return impl_->origin(); }
util::Result<const Entry*> Reader::next() { return impl_->next(); }
std::string Reader::remark() const { return impl_->remark(); }

} // namespace mlockscope::recording
