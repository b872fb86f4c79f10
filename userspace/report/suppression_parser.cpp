// The text of suppressions, a line at a time.
#include "report/suppressions.hpp"

#include "model/words.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

namespace mlockscope::report {
namespace {

using model::Kind;

constexpr std::string_view blank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Up to a # that begins the line or follows a blank, outside of quotes.
std::string_view without_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    const bool apart = i == 0 || blank.find(line[i - 1]) != blank.npos;
    if (line[i] == '#' && apart && !quoted) return line.substr(0, i);
  }
  return line;
}

struct Wrong {
  std::string why;
  std::string hint;
};
using MaybeWrong = std::optional<Wrong>;

std::string quoted(std::string_view word) {
  constexpr std::size_t shown = 60;
  return "'" + escape(word.substr(0, shown)) + (word.size() > shown ? "...'" : "'");
}

/// Takes a pattern, in quotes or up to a blank, off the front of `text`.
MaybeWrong take_pattern(std::string_view& text, std::string& pattern) {
  const bool in_quotes = text.starts_with('"');
  if (in_quotes) text.remove_prefix(1);
  const auto end = text.find_first_of(in_quotes ? "\"" : blank);
  if (in_quotes && end == text.npos)
    return Wrong{"a quote is not closed", "add a double quote at the end of the name"};
  pattern = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + (in_quotes ? 1 : 0));
  if (!text.empty() && blank.find(text.front()) == blank.npos)
    return Wrong{"a quote ends inside a word", "put the whole name in quotes"};
  text = trimmed(text);
  if (pattern.empty() && !in_quotes)
    return Wrong{"a pattern is missing", "write * for any name, \"\" for an empty one"};
  if (pattern.size() > suppression_pattern_bytes)
    return Wrong{"a pattern is longer than 1024 bytes", "shorten it with *"};
  return std::nullopt;
}

MaybeWrong add_kinds(std::string_view text, std::vector<Kind>& kinds) {
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find_first_of(" \t,"));
    text = trimmed(text.substr(std::min(text.size(), name.size() + 1)));
    if (name.empty()) continue;
    const auto kind = std::find_if(model::kinds.begin(), model::kinds.end(),
                                   [&](Kind each) { return word(each) == name; });
    if (kind == model::kinds.end()) {
      std::string all;
      for (const Kind each : model::kinds)
        all += (all.empty() ? "" : ", ") + std::string(word(each));
      return Wrong{quoted(name) + " is no kind of finding", "the kinds are " + all};
    }
    kinds.push_back(*kind);
  }
  return kinds.empty() ? MaybeWrong(Wrong{"no kind is named", "leave the line out for all kinds"})
                       : std::nullopt;
}

MaybeWrong add_frame(std::string_view text, std::vector<FramePattern>& frames) {
  if (frames.size() >= suppression_frames)
    return Wrong{"more than 64 frames", "replace some of them by ..."};
  FramePattern frame;
  if (text == "...") {
    frame.any_number = true;
    text = {};
  } else if (text.empty()) {
    return Wrong{"a frame is missing", "write fun:NAME, module:NAME, both, or ..."};
  }
  while (!text.empty()) {
    std::string* pattern = text.starts_with("fun:")      ? &frame.function
                           : text.starts_with("module:") ? &frame.module
                                                         : nullptr;
    if (pattern == nullptr)
      return Wrong{quoted(text) + " is no frame",
                   "write fun:NAME, module:NAME, both, or ...; names with spaces in quotes"};
    text.remove_prefix(text.find(':') + 1);
    if (auto wrong = take_pattern(text, *pattern)) return wrong;
  }
  frames.push_back(std::move(frame));
  return std::nullopt;
}

MaybeWrong set_comm(std::string_view text, std::string& comm) {
  if (auto wrong = take_pattern(text, comm)) return wrong;
  if (text.empty()) return std::nullopt;
  return Wrong{quoted(text) + " follows the pattern", "put a name with spaces in quotes"};
}

MaybeWrong set_field(std::string_view line, Suppression& entry) {
  const auto colon = line.find(':');
  const std::string_view key = trimmed(line.substr(0, colon));
  const std::string_view value = colon == line.npos ? "" : trimmed(line.substr(colon + 1));
  if (colon == line.npos)
    return Wrong{quoted(line) + " is not understood", "write FIELD: VALUE, or } to end the entry"};
  if (key == "name")
    entry.name = value.substr(0, suppression_pattern_bytes);
  else if (key == "reason")
    entry.reason = value.substr(0, suppression_pattern_bytes);
  else if (key == "kind")
    return add_kinds(value, entry.kinds);
  else if (key == "comm")
    return set_comm(value, entry.comm);
  else if (key == "unlocked-by" || key == "forked-by" || key == "failed-by")
    return add_frame(value, entry.call);
  else if (key == "locked-by")
    return add_frame(value, entry.victim);
  else
    return Wrong{quoted(key) + " is no field",
                 "the fields are name, kind, comm, unlocked-by, forked-by, failed-by, locked-by "
                 "and reason"};
  return std::nullopt;
}

MaybeWrong check(const Suppression& entry) {
  if (entry.comm == "*" && entry.call.empty() && entry.victim.empty())
    return Wrong{"this entry would hide every finding of its kind",
                 "add a line comm, unlocked-by or locked-by"};
  const bool only_failures =
      entry.kinds == std::vector<Kind>{Kind::lock_failed} && !entry.victim.empty();
  if (only_failures)
    return Wrong{"a lock that failed has no earlier lock", "write failed-by instead of locked-by"};
  return std::nullopt;
}

/// Reads lines; holds the entry that is open.
class Parser {
public:
  explicit Parser(const std::string& file) : file_(file) {}

  MaybeWrong line(std::string_view text) {
    ++number_;
    text = trimmed(without_comment(text));
    if (text.empty()) return std::nullopt;
    if (!open_) return begin(text);
    if (text != "}") return set_field(text, *open_);
    if (auto wrong = check(*open_)) return wrong;
    entries_.push_back(std::move(*open_));
    open_.reset();
    return std::nullopt;
  }

  MaybeWrong end() {
    if (!open_) return std::nullopt;
    return Wrong{"the entry that begins at " + escape(open_->place) + " has no end",
                 "add a line }"};
  }

  [[nodiscard]] std::string place() const { return fmt::format("{}:{}", file_, number_); }
  std::vector<Suppression> take() { return std::move(entries_); }

private:
  MaybeWrong begin(std::string_view text) {
    if (text != "{")
      return Wrong{quoted(text) + " stands outside of an entry", "begin the entry with a line {"};
    if (entries_.size() >= suppressions_kept)
      return Wrong{"more than 10000 entries",
                   "replace entries that are alike by one with patterns"};
    open_.emplace();
    open_->place = place();
    return std::nullopt;
  }

  const std::string& file_;
  std::size_t number_ = 0;
  std::optional<Suppression> open_;
  std::vector<Suppression> entries_;
};

} // namespace

util::Result<std::vector<Suppression>> parse_suppressions(std::string_view text,
                                                          const std::string& file) {
  if (text.size() > suppression_file_bytes)
    return util::Error{file, "more than 1 MiB", "replace entries that are alike by patterns"};
  Parser parser(file);
  MaybeWrong wrong;
  while (!text.empty() && !wrong) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    wrong = parser.line(line);
  }
  if (!wrong) wrong = parser.end();
  if (wrong) return util::Error{parser.place(), std::move(wrong->why), std::move(wrong->hint)};
  return parser.take();
}

} // namespace mlockscope::report
