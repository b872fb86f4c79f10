// 4321  1795439022.290000 mlock(0x5605602f9210, 20) = 0
// [pid  4321<name>] 18:35:03.259323 (+     0.001270) [ 149] [00007f702cdfd45d] mlock(0x1000, 20
// <unfinished ...>
// <... mlock resumed>)                    = -1 ENOMEM (Cannot allocate memory) <0.000012>
#include "strace/line_text.hpp"

#include "strace/values.hpp"

#include <algorithm>
#include <charconv>

namespace mlockscope::strace {
namespace {

/// PID_MAX_LIMIT of Linux (include/linux/threads.h): a larger number is a time.
constexpr std::uint64_t most_pids = 4u << 20;
/// Seconds: what is less is a difference (-r), what is more is no time.
constexpr std::uint64_t first_epoch = 100'000'000;
constexpr std::uint64_t last_epoch = 10'000'000'000;
constexpr std::uint64_t second = 1'000'000'000;

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::optional<std::uint64_t> take_decimal(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

/// Up to nine digits of a fraction of a second.
void take_fraction(std::string_view& text, Stamp& stamp) {
  stamp.step = second;
  if (text.size() < 2 || text.front() != '.' || !is_digit(text[1])) return;
  text.remove_prefix(1);
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    if (stamp.step == 1) continue;
    stamp.step /= 10;
    stamp.nanoseconds += static_cast<std::uint64_t>(text.front() - '0') * stamp.step;
  }
}

/// "18:35:03.259323", "1795439022.290000", "0.000123", and the blank behind it.
std::optional<Stamp> take_stamp(std::string_view& text) {
  std::string_view rest = text;
  Stamp stamp;
  const auto first = take_decimal(rest);
  if (!first || rest.empty()) return std::nullopt;
  if (rest.front() == ':') {
    stamp.kind = Stamp::Kind::day;
    std::uint64_t seconds = *first;
    for (int n = 0; n < 2; ++n) {
      if (!take(rest, ":")) return std::nullopt;
      const auto next = take_decimal(rest);
      if (!next || *next > 60 || seconds > 24 * 60) return std::nullopt;
      seconds = seconds * 60 + *next;
    }
    stamp.nanoseconds = seconds * second;
  } else {
    const bool whole = rest.front() != '.';
    if (*first >= last_epoch || (whole && *first < first_epoch)) return std::nullopt;
    stamp.kind = *first < first_epoch ? Stamp::Kind::relative : Stamp::Kind::epoch;
    stamp.nanoseconds = *first * second;
  }
  take_fraction(rest, stamp);
  if (!rest.starts_with(' ')) return std::nullopt;
  text = rest;
  return stamp;
}

/// "123", "123<name>".
bool take_task(std::string_view& text, Prefix& prefix) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  if (!number || *number == 0 || *number > most_pids) return false;
  if (take(rest, "<")) {
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) return false;
    prefix.comm = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  if (rest.empty() || (rest.front() != ' ' && rest.front() != ']')) {
    prefix.comm = {};
    return false;
  }
  prefix.tid = static_cast<std::uint32_t>(*number);
  text = rest;
  return true;
}

/// "[ 149] ", "[00007f702cdfd45d] ", "[????????????????] ".
void skip_brackets(std::string_view& text) {
  while (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end > 40 || text.substr(end + 1, 1) != " ") return;
    text.remove_prefix(end + 1);
    skip_blanks(text);
  }
}

constexpr bool opens(char c) { return c == '(' || c == '[' || c == '{'; }
constexpr bool closes(char c) { return c == ')' || c == ']' || c == '}'; }

/// Where the string that begins at `at` ends: behind its closing quote.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return text.size();
}

/// "3</tmp/a, b>", "5<TCP:[127.0.0.1:22->127.0.0.1:333]>": the name of a descriptor is not to be
/// read. strace writes < and > in it as octal escapes, but for the arrow.
std::size_t behind_decoration(std::string_view text, std::size_t at) {
  for (std::size_t end = at + 1; end < text.size(); ++end)
    if (text[end] == '>' && text[end - 1] != '-') return end + 1;
  return at + 1;
}

bool is_decoration(std::string_view text, std::size_t at) {
  if (text[at] != '<' || at == 0 || !is_name(text[at - 1])) return false;
  return at + 1 < text.size() && text[at + 1] != '<';
}

/// The place behind whatever begins at `at` and is not to be looked into.
std::size_t skip_opaque(std::string_view text, std::size_t at) {
  if (text[at] == '"') return behind_string(text, at);
  if (is_decoration(text, at)) return behind_decoration(text, at);
  if (text.substr(at, 2) == "/*") {
    const std::size_t end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return at;
}

Body read_mark(std::string_view text) {
  Body body{.kind = Body::Kind::passed};
  std::string_view rest = text.substr(4);
  if (rest.starts_with("exited") || rest.starts_with("killed")) body.kind = Body::Kind::ended;
  if (take(rest, "superseded by execve in pid ")) {
    const auto tid = take_decimal(rest);
    if (!tid || *tid > most_pids) return body;
    body.kind = Body::Kind::superseded;
    body.tid = static_cast<std::uint32_t>(*tid);
  }
  return body;
}

/// "<... mlock resumed>) = 0"
Body read_resumed(std::string_view text) {
  Body body{.kind = Body::Kind::passed};
  std::string_view rest = text.substr(5);
  const std::size_t end = rest.find(" resumed>");
  if (end == std::string_view::npos) return body;
  body.name = rest.substr(0, end);
  rest.remove_prefix(end + 9);
  body.kind = Body::Kind::resumed;
  body.text = rest;
  return body;
}

/// "... strace: Process 123 attached": on a terminal it can stand in the middle of a line.
bool read_attached(std::string_view text, Body& body) {
  constexpr std::string_view mark = "strace: Process ", end = " attached";
  if (!text.ends_with(end)) return false;
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return false;
  std::string_view number = text.substr(at + mark.size());
  const auto tid = take_decimal(number);
  if (!tid || *tid > most_pids || number != end) return false;
  body = {Body::Kind::attached, {}, text.substr(0, at), static_cast<std::uint32_t>(*tid)};
  return true;
}

} // namespace

Prefix read_prefix(std::string_view line) {
  Prefix prefix;
  skip_blanks(line);
  std::string_view rest = line;
  if (take(rest, "[pid")) {
    skip_blanks(rest);
    if (take_task(rest, prefix) && take(rest, "]"))
      line = rest;
    else
      prefix = {};
  } else {
    take_task(line, prefix);
  }
  skip_blanks(line);
  if (const auto stamp = take_stamp(line)) prefix.stamp = *stamp;
  skip_blanks(line);
  if (line.starts_with("(+")) {
    const std::size_t end = line.find(')');
    if (end != std::string_view::npos) line.remove_prefix(end + 1);
    skip_blanks(line);
  }
  skip_brackets(line);
  prefix.body = line;
  return prefix;
}

Body read_body(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  Body body;
  if (read_attached(text, body)) return body;
  if (text.starts_with("+++ ")) return read_mark(text);
  if (text.starts_with("<... ")) return read_resumed(text);
  for (const std::string_view known : {"--- ", "> ", "strace: ", "["})
    if (text.starts_with(known)) return {.kind = Body::Kind::passed};

  const std::size_t name =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_name) - text.begin());
  if (name == 0 || name >= text.size() || text[name] != '(') return body;
  body = {Body::Kind::call, text.substr(0, name), text, 0};
  for (const std::string_view mark : {" <unfinished ...>", " <detached ...>"}) {
    if (!text.ends_with(mark)) continue;
    body.kind = Body::Kind::begun;
    body.text.remove_suffix(mark.size());
  }
  // -ff: an execve of a thread goes on in the file of its process.
  if (const auto mark = text.rfind(" <pid changed to ");
      mark != std::string_view::npos && text.ends_with(" ...>")) {
    body.kind = Body::Kind::begun;
    body.text = text.substr(0, mark);
  }
  return body;
}

std::optional<CallText> read_call(std::string_view text) {
  CallText call;
  std::size_t at = text.find('(');
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t begin = ++at;
  const auto add = [&](std::size_t end) {
    const std::string_view argument = trimmed(text.substr(begin, end - begin));
    if (call.count < CallText::most_arguments && !(argument.empty() && call.count == 0))
      call.arguments[call.count++] = argument;
    begin = end + 1;
  };
  std::size_t depth = 1;
  while (at < text.size()) {
    if (const std::size_t behind = skip_opaque(text, at); behind != at) {
      at = behind;
      continue;
    }
    const char c = text[at];
    if (opens(c)) ++depth;
    if (closes(c) && --depth == 0) break;
    if (c == ',' && depth == 1) add(at);
    ++at;
  }
  if (at >= text.size() || text[at] != ')') return std::nullopt;
  add(at);
  text = trimmed(text.substr(at + 1));
  if (!take(text, "= ")) return std::nullopt;
  call.result = text;
  return call;
}

std::string_view field(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const std::size_t behind = skip_opaque(text, at); behind != at) {
      at = behind - 1;
      continue;
    }
    const bool begins = at == 0 || !is_name(text[at - 1]);
    const std::string_view rest = text.substr(at);
    if (!begins || !rest.starts_with(name) || rest.substr(name.size(), 1) != "=") continue;
    const std::string_view value = rest.substr(name.size() + 1);
    return trimmed(value.substr(0, value.find_first_of(",})")));
  }
  return {};
}

std::optional<Outcome> read_outcome(std::string_view result) {
  Outcome outcome;
  result = trimmed(result);
  if (result.ends_with('>')) {
    const std::size_t open = result.rfind(" <");
    std::string_view inside =
        open == std::string_view::npos ? "" : result.substr(open + 2, result.size() - open - 3);
    Stamp lasted;
    const auto seconds = take_decimal(inside);
    if (seconds && *seconds < 86400) {
      lasted.nanoseconds = *seconds * second;
      take_fraction(inside, lasted);
      if (inside.empty()) {
        outcome.duration = lasted.nanoseconds;
        result = trimmed(result.substr(0, open));
      }
    }
  }
  const bool vague = take(result, "?");
  const bool failed = !vague && take(result, "-1 ");
  if (vague || failed) {
    result = trimmed(result);
    const std::string_view name =
        result.starts_with('(') ? result : result.substr(0, result.find(' '));
    const auto error = errno_of(name);
    if (error)
      outcome.value = -*error;
    else if (failed)
      return std::nullopt;
    else
      outcome.kind = Outcome::Kind::unknown;
    return outcome;
  }
  // Where pids have namespaces, the one that the lines of the log begin with.
  if (const auto ns = result.find(" in strace's PID NS"); ns != std::string_view::npos) {
    std::string_view number = result.substr(0, ns);
    number = number.substr(number.rfind(' ') == std::string_view::npos ? 0 : number.rfind(' ') + 1);
    const auto tid = take_decimal(number);
    if (!tid || *tid > most_pids) return std::nullopt;
    outcome.value = static_cast<std::int64_t>(*tid);
    return outcome;
  }
  const std::string_view word = result.substr(0, result.find(' '));
  const auto value = read_number(word);
  if (!value || word == "-1") return std::nullopt; // an error without its name
  outcome.value = static_cast<std::int64_t>(*value);
  return outcome;
}

} // namespace mlockscope::strace
