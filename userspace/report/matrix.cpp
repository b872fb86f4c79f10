// pages of 16 KiB                              spill  lock-failed  refused
//   linux, gvisor, freebsd, openbsd, netbsd        1            -  -
//   illumos, strict                                -            2  2 mlock EINVAL
#include "report/matrix.hpp"

#include "model/words.hpp"
#include "report/json_value.hpp"
#include "report/summary.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

/// So that a line fits a terminal.
constexpr std::size_t names_width = 40;

/// The platforms of one page size that come to the same.
struct Alike {
  const Cell* cell = nullptr;
  std::vector<std::string> names{};
};

std::vector<Alike> groups_of(const std::vector<Cell>& cells, std::uint64_t page_size) {
  std::vector<Alike> groups;
  for (const Cell& cell : cells) {
    if (cell.page_size != page_size) continue;
    auto same = std::find_if(groups.begin(), groups.end(),
                             [&](const Alike& each) { return each.cell->agrees_with(cell); });
    if (same == groups.end()) same = groups.insert(groups.end(), Alike{&cell});
    same->names.emplace_back(cell.platform->name);
  }
  return groups;
}

/// Kinds that some cell has findings of.
std::vector<model::Kind> kinds_in(const std::vector<Cell>& cells) {
  std::vector<model::Kind> found;
  for (const model::Kind kind : model::kinds)
    if (std::any_of(cells.begin(), cells.end(),
                    [kind](const Cell& cell) { return cell.findings.contains(kind); }))
      found.push_back(kind);
  return found;
}

/// The names, with commas, in lines of at most `names_width`.
std::vector<std::string> wrapped(const std::vector<std::string>& names) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i] + (i + 1 < names.size() ? "," : "");
    if (lines.back().empty())
      lines.back() = name;
    else if (lines.back().size() + 1 + name.size() <= names_width)
      lines.back() += " " + name;
    else
      lines.push_back(name);
  }
  return lines;
}

std::string head(std::uint64_t page_size, const std::vector<model::Kind>& kinds) {
  std::string text = fmt::format("{:<{}}", "pages of " + size_words(page_size), names_width + 2);
  for (const model::Kind kind : kinds) text += fmt::format("  {}", word(kind));
  return text + "  refused\n";
}

std::string lines_of(const Alike& group, const std::vector<model::Kind>& kinds) {
  const auto names = wrapped(group.names);
  std::string text;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) text += "  " + names[i] + "\n";
  text += fmt::format("  {:<{}}", names.back(), names_width);
  for (const model::Kind kind : kinds) {
    const auto found = group.cell->findings.find(kind);
    const bool none = found == group.cell->findings.end();
    text += fmt::format("  {:>{}}", none ? "-" : std::to_string(found->second), word(kind).size());
  }
  const std::string refused = refused_text(group.cell->refused);
  return text + "  " + (refused.empty() ? "-" : refused) + "\n";
}

} // namespace

std::string matrix_text(const std::vector<Cell>& cells) {
  const auto kinds = kinds_in(cells);
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::uint64_t page_size = cells[i].page_size;
    if (i > 0 && cells[i - 1].page_size == page_size) continue;
    text += head(page_size, kinds);
    for (const Alike& group : groups_of(cells, page_size)) text += lines_of(group, kinds);
  }
  return text;
}

std::string matrix_json(const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell& cell : cells)
    text += nlohmann::ordered_json{{"type", "matrix"},
                                   {"platform", cell.platform->name},
                                   {"page_size", cell.page_size},
                                   {"findings", findings_json(cell.findings)},
                                   {"refused", refused_json(cell.refused)}}
                .dump() +
            "\n";
  return text;
}

} // namespace mlockscope::report
