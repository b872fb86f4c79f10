// 55c0a8e00000-55c0a8e02000 r-xp 00001000 08:01 1835 /usr/bin/demo
//
// fs/proc/task_mmu.c, show_map_vma(). A newline in a file's name comes as \012, so that no name can
// forge a line.
#include "procfs/maps.hpp"

#include "procfs/file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sys/sysmacros.h>

namespace mlockscope::procfs {
namespace {

constexpr std::size_t longest_path = 4096;
/// Of a maps file: some 40,000 mappings. A process can have any number, and this is read between
/// two events.
constexpr std::size_t enough_text = std::size_t{4} << 20;

/// Takes a number and the character behind it off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text, char end, int base) {
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value, base);
  if (error != std::errc() || stop == last || *stop != end) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return value;
}

std::optional<model::CodeMapping> parse_line(std::string_view line) {
  const auto start = take_number(line, '-', 16);
  const auto end = take_number(line, ' ', 16);
  if (!start || !end || *start >= *end) return std::nullopt;
  if (line.size() < 5 || line[2] != 'x' || line[4] != ' ') return std::nullopt;
  line.remove_prefix(5);
  const auto offset = take_number(line, ' ', 16);
  const auto major = take_number(line, ':', 16);
  const auto minor = take_number(line, ' ', 16);
  const auto inode = take_number(line, ' ', 10);
  if (!offset || !major || !minor || !inode) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  model::CodeMapping code;
  code.pages = {*start, *end};
  code.offset = *offset;
  code.inode = *inode;
  code.device = makedev(static_cast<unsigned>(*major), static_cast<unsigned>(*minor));
  code.path = line.substr(0, longest_path);
  return code;
}

} // namespace

std::vector<model::CodeMapping> parse_code(std::string_view maps) {
  std::vector<model::CodeMapping> code;
  while (!maps.empty() && code.size() < most_code) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    if (auto mapping = parse_line(line)) code.push_back(*std::move(mapping));
  }
  return code;
}

util::Result<std::vector<model::CodeMapping>> read_code(const std::string& root,
                                                        std::uint32_t pid) {
  auto text = read_text(path_of(root, pid, "maps"), enough_text);
  if (!text) return text.error();
  return parse_code(text.value());
}

} // namespace mlockscope::procfs
