#include "report/picture.hpp"

#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

constexpr std::uint64_t cells = 48;

class Bar {
public:
  explicit Bar(model::ByteRange scale) : scale_(scale), marks_(cells, ' ') {}

  void mark(model::ByteRange part, char with) {
    part = part.intersect(scale_);
    if (part.empty()) return;
    const std::uint64_t first = cell(part.start);
    const std::uint64_t last = cell(part.end - 1);
    for (std::uint64_t i = first; i <= last; ++i) marks_[i] = with;
  }
  [[nodiscard]] std::string text(std::string_view name, std::uint64_t bytes) const {
    return fmt::format("    {:>9} |{}| {}\n", name, marks_, size_words(bytes));
  }

private:
  /// No overflow: user addresses have at most 57 bits on any machine with Linux.
  [[nodiscard]] std::uint64_t cell(model::Address at) const {
    const std::uint64_t size = std::max<std::uint64_t>(1, scale_.size());
    return std::min(cells - 1, (at - scale_.start) * cells / size);
  }

  model::ByteRange scale_;
  std::string marks_;
};

} // namespace

std::string picture(const model::Finding& finding) {
  const auto& applied = finding.call.applied;
  if (!applied || applied->empty() || finding.exposed.empty()) return "";
  const model::ByteRange scale = model::bytes_of(*applied);
  Bar asked(scale), unlocked(scale), exposed(scale);
  if (const auto request = model::byte_range(finding.call.addr, finding.call.len))
    asked.mark(*request, '=');
  unlocked.mark(scale, '-');
  for (const model::ByteRange range : finding.exposed) exposed.mark(range, '#');
  return asked.text("asked for", finding.call.len) + unlocked.text("unlocked", scale.size()) +
         exposed.text("exposed", finding.exposed_bytes);
}

} // namespace mlockscope::report
