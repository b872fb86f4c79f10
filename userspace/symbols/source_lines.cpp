#include "symbols/source_lines.hpp"

#include "symbols/messages.hpp"
#include "symbols/readable.hpp"

#include <algorithm>
#include <elfutils/libdw.h>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_ranges = std::size_t{1} << 20;

} // namespace

void SourceLines::End::operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }

SourceLines::SourceLines(Elf* elf) : dwarf_(dwarf_begin_elf(elf, DWARF_C_READ, nullptr)) {}

Dwarf_CFI_s* SourceLines::call_frames() { return dwarf_ ? dwarf_getcfi(dwarf_.get()) : nullptr; }

bool SourceLines::index_unit(void* die) {
  auto* const unit = static_cast<Dwarf_Die*>(die);
  std::ptrdiff_t at = 0;
  Dwarf_Addr base = 0;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  while ((at = dwarf_ranges(unit, at, &base, &start, &end)) > 0) {
    if (units_.size() >= most_ranges) return false;
    if (start < end) units_.push_back({start, end, dwarf_dieoffset(unit)});
  }
  return true;
}

// Not .debug_aranges: clang writes none.
void SourceLines::index() {
  indexed_ = true;
  if (!dwarf_) return;
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  while (dwarf_get_units(dwarf_.get(), unit, &unit, nullptr, nullptr, &die, nullptr) == 0)
    if (!index_unit(&die)) break;
  std::sort(units_.begin(), units_.end(),
            [](const Unit& a, const Unit& b) { return a.start < b.start; });
}

std::optional<SourceLines::Place> SourceLines::find(std::uint64_t address) {
  if (!indexed_) index();
  const auto after =
      std::upper_bound(units_.begin(), units_.end(), address,
                       [](std::uint64_t wanted, const Unit& unit) { return wanted < unit.start; });
  if (after == units_.begin() || address >= std::prev(after)->end) return std::nullopt;
  Dwarf_Die die;
  if (!dwarf_offdie(dwarf_.get(), std::prev(after)->die, &die)) return std::nullopt;
  Dwarf_Line* const line = dwarf_getsrc_die(&die, address);
  if (!line) return std::nullopt;
  const char* const file = dwarf_linesrc(line, nullptr, nullptr);
  int number = 0;
  if (!file || dwarf_lineno(line, &number) != 0 || number < 0) return std::nullopt;
  return Place{bounded(file, most_path), static_cast<std::uint32_t>(number)};
}

} // namespace mlockscope::symbols
