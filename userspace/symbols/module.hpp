// One file of code, with what is known of it: functions, source lines, call frames.
#pragma once

#include "symbols/broker_link.hpp"
#include "symbols/elf_file.hpp"
#include "symbols/source_lines.hpp"
#include "symbols/symbol_table.hpp"
#include "symbols/unwinder.hpp"

namespace mlockscope::symbols {

class Module {
public:
  /// Reads the file's symbols, and looks for its debug file if it needs one. `mapping` is where
  /// the broker has it in the code at work. Null if it is no ELF file.
  [[nodiscard]] static std::unique_ptr<Module> load(BrokerLink::Reply file, std::uint32_t mapping,
                                                    BrokerLink& broker);
  ~Module();

  /// The file's own address of what is at this offset of it.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const;
  [[nodiscard]] const std::string& build_id() const { return build_id_; }
  /// All three of an address as the file has it.
  [[nodiscard]] std::optional<SymbolTable::Hit> function(std::uint64_t address) const;
  [[nodiscard]] std::optional<SourceLines::Place> source(std::uint64_t address);
  [[nodiscard]] CallFrame call_frame(std::uint64_t address);

  /// Bytes of the files that it keeps mapped.
  [[nodiscard]] std::uint64_t mapped() const { return mapped_; }

private:
  explicit Module(BrokerLink& broker) : broker_(broker) {}
  void load_symbols();
  void find_debug(std::uint32_t mapping);
  bool take_debug(BrokerLink::Reply reply, std::optional<std::uint32_t> crc);
  SourceLines& dwarf();

  BrokerLink& broker_;
  std::uint64_t id_ = 0, debug_id_ = 0;
  std::uint64_t mapped_ = 0;
  std::unique_ptr<ElfFile> file_, debug_;
  std::string build_id_;
  SymbolTable symbols_;
  std::unique_ptr<SourceLines> dwarf_; ///< of debug_ if that is there
  Dwarf_CFI_s* eh_frames_ = nullptr;
  bool eh_frames_sought_ = false;
};

} // namespace mlockscope::symbols
