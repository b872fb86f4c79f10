#include "strace/page_set.hpp"

namespace mlockscope::strace {
namespace {

/// The first run that ends behind `at`, or, with `touching`, at it.
auto first_behind(std::vector<model::PageRange>& runs, model::Address at, bool touching) {
  return std::partition_point(runs.begin(), runs.end(), [&](const model::PageRange& run) {
    return touching ? run.end < at : run.end <= at;
  });
}

} // namespace

void PageSet::add(model::PageRange range) {
  if (range.empty()) return;
  const auto from = first_behind(runs_, range.start, true);
  auto to = from;
  for (; to != runs_.end() && to->start <= range.end; ++to) {
    range.start = std::min(range.start, to->start);
    range.end = std::max(range.end, to->end);
  }
  if (from == to) {
    if (runs_.size() >= most_runs)
      full_ = true;
    else
      runs_.insert(from, range);
    return;
  }
  *from = range;
  runs_.erase(from + 1, to);
}

void PageSet::remove(model::PageRange range) {
  if (range.empty()) return;
  auto at = first_behind(runs_, range.start, false);
  if (at != runs_.end() && at->start < range.start && range.end < at->end) {
    if (runs_.size() >= most_runs) {
      full_ = true;
      return;
    }
    const model::PageRange tail{range.end, at->end};
    at->end = range.start;
    runs_.insert(at + 1, tail);
    return;
  }
  if (at != runs_.end() && at->start < range.start) (at++)->end = range.start;
  auto to = at;
  while (to != runs_.end() && to->end <= range.end) ++to;
  if (to != runs_.end() && to->start < range.end) to->start = range.end;
  runs_.erase(at, to);
}

void PageSet::move(model::PageRange from, model::Address to) {
  std::vector<model::PageRange> taken;
  for (const model::PageRange& run : runs_)
    if (run.meets(from)) taken.push_back(run.intersect(from));
  remove(from);
  remove({to, std::max(to, to + from.size())});
  for (const model::PageRange& run : taken) {
    const model::Address start = run.start - from.start + to;
    add({start, std::max(start, start + run.size())});
  }
}

bool PageSet::meets(model::PageRange range) const {
  const auto at =
      std::partition_point(runs_.begin(), runs_.end(),
                           [&](const model::PageRange& run) { return run.end <= range.start; });
  return at != runs_.end() && at->start < range.end;
}

} // namespace mlockscope::strace
