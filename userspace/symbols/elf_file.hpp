// An ELF file, open, and the few things of it that we read ourselves.
#pragma once

#include "util/fd.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct Elf;

namespace mlockscope::symbols {

class ElfFile {
public:
  struct DebugLink {
    std::string name;
    std::uint32_t crc = 0;
  };

  /// Takes the descriptor. Nothing if it is no ELF file, or its headers lie outside of it.
  [[nodiscard]] static std::unique_ptr<ElfFile> open(util::Fd fd);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Elf* elf() const { return elf_.get(); }

  /// The address that the file has for the byte at this offset, by its program headers.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset) const;
  /// NT_GNU_BUILD_ID, raw; empty if it has none.
  [[nodiscard]] std::string build_id() const;
  [[nodiscard]] std::optional<DebugLink> debug_link() const;
  /// The contents of a section, empty if there is none; as long as this lives.
  [[nodiscard]] std::string_view section(std::string_view name) const;
  /// Whether it has a section of this type, SHT_... of elf.h.
  [[nodiscard]] bool has_section(std::uint32_t type) const;
  /// Whether its symbol tables are what BCC's reader can take: entries of the right size.
  [[nodiscard]] bool sound_symbol_tables() const;
  /// CRC-32 of the whole file, as .gnu_debuglink has it; nothing for a file of more than 512 MiB.
  [[nodiscard]] std::optional<std::uint32_t> crc() const;

private:
  struct End {
    void operator()(Elf* elf) const;
  };
  ElfFile(util::Fd fd, Elf* elf) : fd_(std::move(fd)), elf_(elf) {}
  util::Fd fd_;
  std::unique_ptr<Elf, End> elf_;
};

/// The build id in the contents of a note section or segment, elf(5); empty if there is none.
[[nodiscard]] std::string build_id_in(std::string_view notes, std::size_t alignment);

} // namespace mlockscope::symbols
