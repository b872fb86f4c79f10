// An entry of smaps is a line as in maps, then lines "Name: value", the last of them VmFlags:
//
//   7f0000000000-7f0000002000 rw-p 00000000 00:00 0       [anon:secrets]
//   Size:                  8 kB
//   Locked:                8 kB
//   VmFlags: rd wr mr mw me lo ac
//
// "Locked:" is the resident part only, so it cannot tell that a page is VM_LOCKED; the flag can.
// A newline in a file's name comes as \012 (fs/proc/task_mmu.c, show_map_vma), so no name can
// forge a line.
#include "procfs/smaps.hpp"

#include "procfs/file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mlockscope::procfs {
namespace {

using Mapping = model::SnapshotEvent::Mapping;

bool is_name_start(char c) { return c >= 'A' && c <= 'Z'; }

/// Takes a hex number that ends at `end` off the front of `text`.
std::optional<model::Address> take_hex(std::string_view& text, char end) {
  model::Address value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || stop == text.data() + text.size() || *stop != end)
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return value;
}

/// "START-END PERMS ...".
std::optional<model::PageRange> mapping_line(std::string_view line) {
  const auto start = take_hex(line, '-');
  if (!start) return std::nullopt;
  const auto end = take_hex(line, ' ');
  if (!end || *start >= *end || line.size() < 5 || line[4] != ' ') return std::nullopt;
  return model::PageRange{*start, *end};
}

/// What mlock passes over without a word (mm/mlock.c, mlock_fixup): hugetlb, and VM_SPECIAL, which
/// is VM_PFNMAP, VM_IO, VM_MIXEDMAP or VM_DONTEXPAND; and VM_DROPPABLE. DAX has no flag here.
bool is_special(std::string_view flag) {
  for (const std::string_view special : {"ht", "pf", "io", "mm", "de", "dp"})
    if (flag == special) return true;
  return false;
}

void read_flags(std::string_view flags, Mapping& mapping) {
  while (!flags.empty()) {
    const std::string_view flag = flags.substr(0, flags.find(' '));
    flags.remove_prefix(std::min(flags.size(), flag.size() + 1));
    if (flag == "lo") mapping.locked = true;
    if (flag == "gd") mapping.grows_down = true;
    if (flag == "sh") mapping.shared = true;
    if (flag == "wf") mapping.wiped_on_fork = true;
    if (is_special(flag)) mapping.special = true;
  }
}

class Parser {
public:
  /// False if the line makes no sense here; why() says more.
  bool line(std::string_view text) {
    if (text.empty()) return fail("an empty line");
    constexpr std::string_view flags = "VmFlags:";
    if (text.starts_with(flags)) return add_flags(text.substr(flags.size()));
    if (is_name_start(text[0])) return !mappings.empty() || fail("a value before any mapping");
    return open_mapping(text);
  }
  bool end() { return !open_ || fail("a mapping without VmFlags"); }

  Mappings mappings;
  [[nodiscard]] const char* why() const { return why_; }

private:
  bool open_mapping(std::string_view text) {
    if (open_) return fail("a mapping without VmFlags");
    const auto pages = mapping_line(text);
    if (!pages) return fail("neither a mapping nor a value");
    if (!mappings.empty() && pages->start < mappings.back().pages.end)
      return fail("a mapping out of order");
    mappings.push_back({.pages = *pages});
    open_ = true;
    return true;
  }
  bool add_flags(std::string_view flags) {
    if (!open_) return fail("VmFlags without a mapping");
    read_flags(flags, mappings.back());
    open_ = false;
    return true;
  }
  bool fail(const char* why) {
    why_ = why;
    return false;
  }

  bool open_ = false; ///< a mapping was begun and its VmFlags are still to come
  const char* why_ = "";
};

util::Error malformed(std::size_t line, const char* why) {
  return {"cannot make sense of smaps, line " + std::to_string(line), why, ""};
}

} // namespace

util::Result<Mappings> parse_smaps(std::string_view text) {
  Parser parser;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!parser.line(line)) return malformed(number + 1, parser.why());
    ++number;
  }
  if (!parser.end()) return malformed(number, parser.why());
  return std::move(parser.mappings);
}

util::Result<Mappings> read_smaps(const std::string& root, std::uint32_t pid) {
  const std::string path = path_of(root, pid, "smaps");
  const auto text = read_text(path);
  if (!text) return text.error();
  auto mappings = parse_smaps(text.value());
  if (mappings) return mappings;
  util::Error error = mappings.error();
  error.what += " of process " + std::to_string(pid);
  return error;
}

} // namespace mlockscope::procfs
