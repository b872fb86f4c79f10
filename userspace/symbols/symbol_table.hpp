// The functions of a file, sorted by address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlockscope::symbols {

class ElfFile;

class SymbolTable {
public:
  struct Hit {
    std::string_view name; ///< as in the file; as long as the table lives
    std::uint64_t start = 0;
  };

  /// False: the table is full, at 4 million functions or 256 MiB of names.
  bool add(std::string_view name, std::uint64_t start, std::uint64_t size);
  /// Sorts what was added; of several names of one address, the plainest stays.
  void finish();
  /// The innermost function around the address. One without a size reaches to the next.
  [[nodiscard]] std::optional<Hit> find(std::uint64_t address) const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const; ///< of memory

private:
  struct Entry {
    std::uint64_t start;
    std::uint32_t size; ///< 0: unknown
    std::uint32_t name; ///< offset in names_, which ends with a NUL
  };
  [[nodiscard]] std::string_view name_of(const Entry& entry) const;

  std::vector<Entry> entries_;
  std::string names_;
};

/// Adds the functions of .symtab and .dynsym, by BCC's reader.
void add_functions(const ElfFile& file, SymbolTable& table);

} // namespace mlockscope::symbols
