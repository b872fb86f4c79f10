// 4321  1795439022.29 mlock(0x5605602f9210, 20) = 0
// 4321  1795439022.30 munlock(0x5605602f9211, 4096 <unfinished ...>
// 4321  1795439022.31 <... munlock resumed>) = -1 ENOMEM (Cannot allocate memory)
// 4321  1795439022.32 +++ exited with 0 +++
#include "witness.hpp"

#include <regex>
#include <sstream>

namespace mlockscope::live {
namespace {

/// Splits at ", " outside of brackets and quotes.
std::vector<std::string> split_arguments(const std::string& text) {
  std::vector<std::string> arguments;
  std::string current;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
    if (!quoted && (c == '[' || c == '{' || c == '(')) ++depth;
    if (!quoted && (c == ']' || c == '}' || c == ')')) --depth;
    if (c == ',' && depth == 0 && !quoted) {
      arguments.push_back(current);
      current.clear();
      ++i; // the blank
    } else {
      current += c;
    }
  }
  if (!current.empty()) arguments.push_back(current);
  return arguments;
}

/// "mlock(0x1000, 32) = 0"
bool parse_call(const std::string& text, LoggedCall& call) {
  static const std::regex shape(R"(^(\w+)\((.*)\)\s+= (-1 (E\w+)|0x[0-9a-f]+|-?[0-9]+|\?).*$)");
  std::smatch parts;
  if (!std::regex_match(text, parts, shape)) return false;
  call.name = parts[1];
  call.arguments = split_arguments(parts[2]);
  call.failed = parts[4].matched;
  call.error = parts[4];
  if (!call.failed && parts[3] != "?") call.ret = std::stoull(parts[3], nullptr, 0);
  return true;
}

} // namespace

std::uint64_t LoggedCall::number(std::size_t argument) const {
  if (argument >= arguments.size() || arguments[argument] == "NULL") return 0;
  return std::stoull(arguments[argument], nullptr, 0);
}

bool LoggedCall::has(std::size_t argument, const std::string& word) const {
  if (argument >= arguments.size()) return false;
  const std::string all = "|" + arguments[argument] + "|";
  return all.find("|" + word + "|") != std::string::npos;
}

std::vector<LoggedCall> parse_strace(const std::string& log) {
  std::vector<LoggedCall> calls;
  std::map<int, std::string> begun;
  std::istringstream in(log);
  static const std::regex shape(R"(^(\d+) +[0-9.]+ (.*)$)");
  static const std::regex resumed(R"(^<\.\.\. \w+ resumed>\s?(.*)$)");
  const std::string unfinished = " <unfinished ...>";
  for (std::string line; std::getline(in, line);) {
    std::smatch parts, rest;
    if (!std::regex_match(line, parts, shape)) continue;
    LoggedCall call;
    call.tid = std::stoi(parts[1]);
    std::string text = parts[2];
    if (text.ends_with(unfinished)) {
      begun[call.tid] = text.substr(0, text.size() - unfinished.size());
      continue;
    }
    if (std::regex_match(text, rest, resumed)) text = begun[call.tid] + std::string(rest[1]);
    if (parse_call(text, call)) calls.push_back(call);
  }
  return calls;
}

} // namespace mlockscope::live
