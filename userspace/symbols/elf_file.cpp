#include "symbols/elf_file.hpp"

#include "symbols/messages.hpp"

#include <cstring>
#include <gelf.h>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_headers = 65536; // of program headers; sections can be more
constexpr std::uint64_t most_summed = std::uint64_t{512} << 20; // bytes

std::size_t aligned(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

std::string_view contents(const Elf_Data* data) {
  if (!data || !data->d_buf) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

// Calls see(section, header) until that is true.
template <class See> Elf_Scn* find_section(Elf* elf, See see) {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section))) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) && see(header)) return section;
  }
  return nullptr;
}

} // namespace

void ElfFile::End::operator()(Elf* elf) const { elf_end(elf); }

std::unique_ptr<ElfFile> ElfFile::open(util::Fd fd) {
  if (elf_version(EV_CURRENT) == EV_NONE) return nullptr;
  Elf* const elf = elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr);
  std::unique_ptr<ElfFile> file(new ElfFile(std::move(fd), elf));
  if (!elf || elf_kind(elf) != ELF_K_ELF) return nullptr;
  std::size_t headers = 0;
  if (elf_getphdrnum(elf, &headers) != 0 || headers > most_headers) return nullptr;
  return file;
}

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t offset) const {
  std::size_t headers = 0;
  if (elf_getphdrnum(elf_.get(), &headers) != 0) return std::nullopt;
  for (std::size_t i = 0; i < headers; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(elf_.get(), static_cast<int>(i), &header)) continue;
    if (header.p_type != PT_LOAD || !(header.p_flags & PF_X)) continue;
    if (offset >= header.p_offset && offset - header.p_offset < header.p_filesz)
      return offset - header.p_offset + header.p_vaddr;
  }
  return std::nullopt;
}

std::string build_id_in(std::string_view notes, std::size_t alignment) {
  GElf_Nhdr note;
  while (notes.size() >= sizeof(note)) {
    std::memcpy(&note, notes.data(), sizeof(note));
    const std::size_t most = notes.size();
    if (note.n_namesz > most || note.n_descsz > most) break;
    const std::size_t at = aligned(sizeof(note) + note.n_namesz, alignment);
    if (at > most || note.n_descsz > most - at) break;
    const std::string_view name = notes.substr(sizeof(note), note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && name == std::string_view("GNU", 4))
      return std::string(notes.substr(at, std::min<std::size_t>(note.n_descsz, most_build_id)));
    notes.remove_prefix(std::min(most, aligned(at + note.n_descsz, alignment)));
  }
  return {};
}

std::string ElfFile::build_id() const {
  std::string found;
  // Sections first: in a debug file, the program headers are still those of the program.
  find_section(elf_.get(), [&](const GElf_Shdr& header) {
    if (header.sh_type != SHT_NOTE) return false;
    Elf_Data* const data = elf_getdata_rawchunk(
        elf_.get(), static_cast<std::int64_t>(header.sh_offset), header.sh_size, ELF_T_BYTE);
    found = build_id_in(contents(data), header.sh_addralign == 8 ? 8 : 4);
    return !found.empty();
  });
  std::size_t headers = 0;
  if (elf_getphdrnum(elf_.get(), &headers) != 0) return found;
  for (std::size_t i = 0; found.empty() && i < headers; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(elf_.get(), static_cast<int>(i), &header) || header.p_type != PT_NOTE)
      continue;
    Elf_Data* const data = elf_getdata_rawchunk(
        elf_.get(), static_cast<std::int64_t>(header.p_offset), header.p_filesz, ELF_T_BYTE);
    found = build_id_in(contents(data), header.p_align == 8 ? 8 : 4);
  }
  return found;
}

std::string_view ElfFile::section(std::string_view name) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return {};
  Elf_Scn* const section = find_section(elf_.get(), [&](const GElf_Shdr& header) {
    const char* const text = elf_strptr(elf_.get(), names, header.sh_name);
    return text && text == name && header.sh_type != SHT_NOBITS;
  });
  return section ? contents(elf_rawdata(section, nullptr)) : std::string_view{};
}

std::optional<ElfFile::DebugLink> ElfFile::debug_link() const {
  const std::string_view text = section(".gnu_debuglink");
  const std::size_t end = text.find('\0');
  if (end == std::string_view::npos || end == 0 || end > 255) return std::nullopt;
  const std::size_t at = aligned(end + 1, 4);
  DebugLink link{std::string(text.substr(0, end))};
  if (at > text.size() || text.size() - at < sizeof(link.crc)) return std::nullopt;
  std::memcpy(&link.crc, text.data() + at, sizeof(link.crc));
  return link;
}

bool ElfFile::has_section(std::uint32_t type) const {
  return find_section(elf_.get(), [&](const GElf_Shdr& header) {
           return header.sh_type == type && header.sh_size > 0;
         }) != nullptr;
}

// bcc_elf.c divides by sh_entsize, and stops at a section that is no multiple of it.
bool ElfFile::sound_symbol_tables() const {
  const std::size_t entry = gelf_fsize(elf_.get(), ELF_T_SYM, 1, EV_CURRENT);
  return !find_section(elf_.get(), [&](const GElf_Shdr& header) {
    const bool table = header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM;
    return table && header.sh_entsize != entry;
  });
}

std::optional<std::uint32_t> ElfFile::crc() const {
  std::vector<unsigned char> piece(std::size_t{1} << 20);
  uLong sum = ::crc32(0, nullptr, 0);
  std::uint64_t at = 0;
  while (at <= most_summed) {
    const ssize_t got = ::pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (got < 0) return std::nullopt;
    if (got == 0) return static_cast<std::uint32_t>(sum);
    sum = ::crc32(sum, piece.data(), static_cast<uInt>(got));
    at += static_cast<std::uint64_t>(got);
  }
  return std::nullopt;
}

} // namespace mlockscope::symbols
