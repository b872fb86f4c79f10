#include "report/explain.hpp"

#include "model/words.hpp"
#include "report/prose.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::Kind;

/// Paragraphs, each broken into lines.
std::string paragraphs(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    lines += wrapped(text.substr(0, end), 2);
    text = end == text.npos ? std::string_view() : text.substr(end + 2);
    if (!text.empty()) lines += '\n';
  }
  return lines;
}

std::string indented(std::string_view code) {
  std::string lines;
  while (!code.empty()) {
    const std::string_view line = code.substr(0, code.find('\n'));
    code.remove_prefix(std::min(code.size(), line.size() + 1));
    lines += line.empty() ? "\n" : "    " + std::string(line) + '\n';
  }
  return lines;
}

std::string demo_of(Kind kind) {
  return fmt::format("mlockscope run -- mlockscope demo {}", word(kind));
}

} // namespace

std::string explain(Kind kind) {
  const Explanation& e = explanation(kind);
  return fmt::format("{}: {}\n\n{}\nWhy it matters\n\n{}\nAn example\n\n{}\n"
                     "  To see one: {}\n\nWhat to do\n\n{}\n{}",
                     word(kind), e.title, paragraphs(e.meaning), paragraphs(e.harm),
                     indented(e.example), demo_of(kind), paragraphs(e.remedy), indented(e.code));
}

std::string explain_markdown(Kind kind) {
  const Explanation& e = explanation(kind);
  return fmt::format("{}\n\n### Why it matters\n\n{}\n\n### An example\n\n```c\n{}```\n\n"
                     "To see one: `{}`\n\n### What to do\n\n{}\n\n```c\n{}```\n",
                     e.meaning, e.harm, e.example, demo_of(kind), e.remedy, e.code);
}

std::string explain_briefly(Kind kind) {
  const Explanation& e = explanation(kind);
  return fmt::format("{}\n\n{}\n\nWhat to do: {}", e.meaning, e.harm, e.remedy);
}

} // namespace mlockscope::report
