// mlockscope replay --matrix: the same events by the rules of every platform, on every page size.
#include "cli/replay.hpp"

#include "cli/complain.hpp"
#include "cli/sinks.hpp"
#include "cli/status.hpp"
#include "report/matrix.hpp"
#include "util/parallel.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <sys/stat.h>

namespace mlockscope::cli {
namespace {

constexpr std::uint64_t KiB = 1024;
constexpr std::array<std::uint64_t, 4> page_sizes{4 * KiB, 16 * KiB, 64 * KiB, 2048 * KiB};

/// Only what the totals count is of interest.
class Nobody final : public model::Output {
public:
  void finding(const model::Finding&) override {}
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {} // the totals have them
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}
};

/// What is common to all cells: the errors and remarks of the files, each told once.
class Troubles {
public:
  void note(const std::string& file, const std::string& text, bool fatal) {
    const std::lock_guard lock(mutex_);
    if (fatal) status_ = status_bad_input;
    if (!told_.insert(file).second) return;
    if (fatal)
      complain({text, "", ""});
    else
      complain({"warning: " + text, "", ""});
  }
  [[nodiscard]] int status() const { return status_; }

private:
  std::mutex mutex_;
  std::set<std::string> told_;
  int status_ = status_done;
};

using report::Cell;

void add(Cell& cell, const Player& player) {
  for (const auto& [kind, count] : player.correlator().totals().findings)
    cell.findings[kind] += count;
  for (const auto& [what, count] : player.refused()) cell.refused[what] += count;
}

/// One cell: all files by one set of rules.
void fill(Cell& cell, const ReplayOptions& options, const Selection& selection,
          Troubles& troubles) {
  for (const std::string& file : options.files) {
    auto source = open_source(options, file);
    if (!source) {
      troubles.note(file, source.error().message(), true);
      continue;
    }
    Nobody nobody;
    ProcessBook processes;
    Player player(*source.value(), nobody, &processes, selection,
                  {.platform = cell.platform, .page_size = cell.page_size});
    const auto played = player.play();
    add(cell, player);
    const std::uint64_t lost = player.correlator().totals().lost;
    if (played && lost != 0)
      troubles.note(
          file, file + ": " + std::to_string(lost) + " events were lost; findings may be missing",
          false);
    if (!played)
      troubles.note(file, played.error().message(), true);
    else if (const auto remark = remark_of(*source.value(), player, file); !remark.empty())
      troubles.note(file, remark, false);
  }
}

std::vector<Cell> cells_of(const ReplayOptions& options) {
  std::vector<Cell> cells;
  for (const std::uint64_t page : page_sizes)
    for (const model::Platform& platform : model::platforms()) {
      const bool page_wanted = !options.page_size || *options.page_size == page;
      const bool platform_wanted = options.platform.empty() || options.platform == platform.name;
      if (page_wanted && platform_wanted)
        cells.push_back({.platform = &platform, .page_size = page});
    }
  return cells;
}

/// Each cell reads them anew.
bool can_be_read_again(const std::string& file) {
  struct stat status {};
  return file != "-" && (::stat(file.c_str(), &status) != 0 || S_ISREG(status.st_mode));
}

/// What the user asked for that a table of counts cannot show; empty: nothing.
std::string not_for_a_table(const ReplayOptions& options) {
  const ViewOptions& view = options.view;
  if (options.gate.fail_on) return "--fail-on";
  if (!view.kinds.empty()) return "--kind";
  if (view.min_severity != model::Severity::low) return "--min-severity";
  if (view.show_possible) return "--show-possible";
  if (view.calls) return "--calls";
  if (view.every) return "--every";
  if (!view.suppressions.empty()) return "--suppressions";
  if (view.gen_suppressions) return "--gen-suppressions";
  return "";
}

} // namespace

int replay_matrix(const ReplayOptions& options, const Selection& selection) {
  if (const std::string other = not_for_a_table(options); !other.empty()) {
    complain({"--matrix counts all findings by all rules, and has no use for " + other, "",
              "replay by one --platform"});
    return status_usage;
  }
  for (const std::string& file : options.files)
    if (!can_be_read_again(file)) {
      complain({"--matrix reads its files many times, and " + file + " can be read once", "",
                "copy it to a file"});
      return status_usage;
    }
  std::vector<Cell> cells = cells_of(options);
  if (cells.empty()) {
    complain({"--matrix has pages of 4K, 16K, 64K and 2M only", "",
              "leave --page-size out, or --matrix"});
    return status_usage;
  }
  Troubles troubles;
  util::in_parallel(cells.size(), jobs_of(options),
                    [&](std::size_t at) { fill(cells[at], options, selection, troubles); });
  if (troubles.status() != status_done) return troubles.status(); // a table would look clean
  auto out = open_output(options.view.output);
  if (!out) {
    complain(out.error());
    return status_impossible;
  }
  out.value().write(options.view.format == Format::json ? report::matrix_json(cells)
                                                        : report::matrix_text(cells));
  out.value().flush();
  if (out.value().ok()) return status_done;
  complain(out.value().error());
  return status_output_failed;
}

} // namespace mlockscope::cli
