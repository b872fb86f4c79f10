#include "symbols/perf_map.hpp"

#include "symbols/messages.hpp"
#include "symbols/readable.hpp"

#include <charconv>
#include <unistd.h>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_lines = 500000;
constexpr std::size_t most_text = std::size_t{64} << 20; // bytes

// Takes a hexadecimal number and the blanks after it off the line.
std::optional<std::uint64_t> take_hex(std::string_view& line) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  std::uint64_t number = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, number, 16);
  if (error != std::errc{} || stop == end || *stop != ' ') return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return number;
}

} // namespace

void PerfMap::clear(std::uint64_t start, std::uint64_t end) {
  auto at = entries_.lower_bound(start);
  if (at != entries_.begin()) {
    auto& [begin, before] = *std::prev(at);
    if (before.end > end) entries_.emplace(end, before);
    if (before.end > start) before.end = start;
  }
  while (at != entries_.end() && at->first < end) {
    if (at->second.end > end) entries_.emplace(end, at->second);
    at = entries_.erase(at);
  }
}

void PerfMap::add_line(std::string_view line) {
  const auto start = take_hex(line);
  const auto size = start ? take_hex(line) : std::nullopt;
  if (!size || *size == 0 || *start + *size < *start || line.empty()) return;
  ++lines_;
  clear(*start, *start + *size);
  entries_.insert_or_assign(*start, Entry{*start + *size, *start, bounded(line, most_symbol)});
}

void PerfMap::add(std::string_view text) {
  while (!text.empty() && lines_ < most_lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<PerfMap::Hit> PerfMap::find(std::uint64_t address) const {
  const auto after = entries_.upper_bound(address);
  if (after == entries_.begin()) return std::nullopt;
  const Entry& entry = std::prev(after)->second;
  if (address >= entry.end) return std::nullopt;
  return Hit{entry.name, entry.start};
}

PerfMap read_perf_map(int fd) {
  PerfMap map;
  std::string text;
  std::string piece(std::size_t{256} << 10, '\0');
  std::size_t at = 0;
  while (at < most_text) {
    const ssize_t got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(at));
    if (got <= 0) break;
    at += static_cast<std::size_t>(got);
    text.append(piece, 0, static_cast<std::size_t>(got));
    // Whole lines only; a line of megabytes is none.
    const std::size_t end = text.rfind('\n');
    if (end == std::string::npos && text.size() < piece.size()) continue;
    const std::size_t whole = end == std::string::npos ? text.size() : end + 1;
    map.add(std::string_view(text).substr(0, whole));
    text.erase(0, whole);
  }
  return map; // a last line without its end is still being written
}

} // namespace mlockscope::symbols
