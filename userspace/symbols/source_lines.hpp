// Source files and lines, from DWARF.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct Elf;
struct Dwarf;
struct Dwarf_CFI_s;

namespace mlockscope::symbols {

class SourceLines {
public:
  struct Place {
    std::string file;
    std::uint32_t line = 0;
  };

  /// The ELF file outlives this. Without DWARF in it, nothing is found.
  explicit SourceLines(Elf* elf);

  /// Of the instruction at this address of the file.
  [[nodiscard]] std::optional<Place> find(std::uint64_t address);
  /// Of .debug_frame, for unwinding; null if there is none. As long as this lives.
  [[nodiscard]] Dwarf_CFI_s* call_frames();

private:
  struct End {
    void operator()(Dwarf* dwarf) const;
  };
  struct Unit {
    std::uint64_t start, end; ///< addresses
    std::uint64_t die;        ///< offset of the unit's DIE in .debug_info
  };
  void index();
  bool index_unit(void* die);

  std::unique_ptr<Dwarf, End> dwarf_;
  bool indexed_ = false;
  std::vector<Unit> units_; ///< by start
};

} // namespace mlockscope::symbols
