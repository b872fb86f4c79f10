#include "symbols/symbol_table.hpp"

#include "symbols/elf_file.hpp"

#include <algorithm>
#include <bcc/bcc_elf.h>
#include <bcc/bcc_syms.h>
#include <elf.h>
#include <tuple>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_symbols = std::size_t{4} << 20;
constexpr std::size_t most_names = std::size_t{256} << 20; // bytes
constexpr std::size_t longest = 4096;                      // before demangling
constexpr int most_nested = 16; // how far before an address its function is looked for

std::size_t underscores(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

int add_one(const char* name, std::uint64_t start, std::uint64_t size, void* table) {
  return static_cast<SymbolTable*>(table)->add(name, start, size) ? 0 : -1;
}

} // namespace

bool SymbolTable::add(std::string_view name, std::uint64_t start, std::uint64_t size) {
  if (entries_.size() >= most_symbols || names_.size() + longest > most_names) return false;
  if (name.empty() || name.find('\0') != std::string_view::npos) return true;
  entries_.push_back({start, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, UINT32_MAX)),
                      static_cast<std::uint32_t>(names_.size())});
  names_.append(name.substr(0, longest));
  names_ += '\0';
  return true;
}

std::string_view SymbolTable::name_of(const Entry& entry) const {
  return names_.data() + entry.name;
}

void SymbolTable::finish() {
  // Fewest underscores first: "mlock" and not "__mlock"; then the one with a size, then by name.
  const auto rank = [this](const Entry& entry) {
    const std::string_view name = name_of(entry);
    return std::tuple(entry.start, underscores(name), UINT32_MAX - entry.size, name);
  };
  std::sort(entries_.begin(), entries_.end(), [&rank](const Entry& a, const Entry& b) {
    return a.start != b.start ? a.start < b.start : rank(a) < rank(b);
  });
  const auto end = std::unique(entries_.begin(), entries_.end(),
                               [](const Entry& a, const Entry& b) { return a.start == b.start; });
  entries_.erase(end, entries_.end());
  entries_.shrink_to_fit();
  names_.shrink_to_fit();
}

std::optional<SymbolTable::Hit> SymbolTable::find(std::uint64_t address) const {
  auto at = std::upper_bound(
      entries_.begin(), entries_.end(), address,
      [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.start; });
  for (int i = 0; i < most_nested && at != entries_.begin(); ++i) {
    --at;
    const bool inside = address - at->start < at->size;
    if (inside || (at->size == 0 && i == 0)) return Hit{name_of(*at), at->start};
  }
  return std::nullopt;
}

std::size_t SymbolTable::bytes() const {
  return entries_.capacity() * sizeof(Entry) + names_.capacity();
}

void add_functions(const ElfFile& file, SymbolTable& table) {
  if (!file.sound_symbol_tables()) return;
  // Debug files are ours to find: BCC would open them by paths that the file chooses.
  bcc_symbol_option option{};
  option.use_symbol_type = (1U << STT_FUNC) | (1U << STT_GNU_IFUNC);
  const std::string path = "/proc/self/fd/" + std::to_string(file.fd());
  bcc_elf_foreach_sym(path.c_str(), add_one, &option, &table);
}

} // namespace mlockscope::symbols
