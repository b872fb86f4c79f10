#include "metrics/recorder.hpp"

#include "model/linux_abi.hpp"
#include "report/text.hpp"

#include <algorithm>

namespace mlockscope::metrics {
namespace {

constexpr std::size_t recent_kept = 50;
/// In bytes. A cgroup can have a long name; a series must not.
constexpr std::size_t longest_label = 200;

const std::string other_name = "other";
constexpr std::string_view unnamed = "(unnamed)";

/// Both readings of a range are summed where the caller meant to lock or unlock.
bool has_ranges(const model::CallEvent& event) {
  using model::Call;
  const bool locked_mapping =
      event.call == Call::mmap && (event.flags & model::linux_abi::map_locked) != 0;
  return event.call == Call::mlock || event.call == Call::mlock2 || event.call == Call::munlock ||
         locked_mapping;
}

std::size_t verdict_of(const model::Finding& finding) {
  const Verdict verdict{finding.kind, finding.severity};
  auto found = std::find(verdicts.begin(), verdicts.end(), verdict);
  assert(found != verdicts.end());
  if (found == verdicts.end())
    found = std::find_if(verdicts.begin(), verdicts.end(),
                         [&](const Verdict& each) { return each.kind == verdict.kind; });
  return static_cast<std::size_t>(found - verdicts.begin());
}

const std::optional<std::string>& value_of(const model::ProcessInfo& process, NameLabel label) {
  switch (label) {
  case NameLabel::container:
    return process.container;
  case NameLabel::pod:
    return process.pod;
  case NameLabel::unit:
    break;
  }
  return process.unit;
}

/// A process that calls itself "other" is counted there.
bool is_other(const std::string& key) {
  return std::string_view(key).substr(0, key.find('\0')) == other_name;
}

} // namespace

std::string_view word(NameLabel label) {
  constexpr std::array<std::string_view, 3> words{"container", "pod", "unit"};
  return words[static_cast<std::size_t>(label)];
}

Recorder::Recorder(Options options)
    : options_(std::move(options)), names_(options_.names), counts_(options_.names + 1) {}

void Recorder::call(const model::CallEvent& event, const model::CallReading& reading) {
  CallSums& sums = calls_[static_cast<std::size_t>(event.call)];
  sums.inside += event.exit - event.enter;
  if (const int error = report::errno_of(event.ret); error != 0) {
    ++sums.failed[error];
    return;
  }
  ++sums.succeeded;
  if (!has_ranges(event)) return;
  if (reading.requested) sums.requested_bytes += reading.requested->size();
  if (reading.applied) sums.applied_bytes += reading.applied->size();
}

void Recorder::finding(const model::Finding& finding, const model::ProcessInfo& process) {
  if (finding.confidence == model::Confidence::possible) return;
  const model::Time time = report::time_of(finding);
  std::string key;
  append_key(key, finding.call.caller.comm, process);
  NameCounts& counts = counts_[note(key, 1, time)];
  const std::size_t verdict = verdict_of(finding);
  ++counts.findings[verdict];
  if (finding.kind == model::Kind::swapped) ++counts.swapped;
  const WallTime wall_time = options_.clock().realtime(time);
  last_finding_[verdict] = wall_time;
  if (recent_.size() == recent_kept) recent_.pop_back();
  recent_.push_front({.id = finding.id,
                      .time = time,
                      .wall_time = wall_time,
                      .verdict = verdicts[verdict],
                      .confidence = finding.confidence,
                      .call = finding.call.call,
                      .pid = finding.call.caller.pid,
                      .comm = report::escape(finding.call.caller.comm.view()),
                      .exposed_bytes = finding.exposed_bytes,
                      .open = model::opens_exposure(finding.kind)});
}

void Recorder::exposure(const model::Exposure& exposure) {
  for (RecentFinding& recent : recent_)
    if (recent.id == exposure.finding) recent.open = false;
  if (exposure.closed == model::Closed::open) return; // the tracing ends, the exposure does not
  Durations& durations = durations_[static_cast<std::size_t>(exposure.closed)];
  durations.add(static_cast<double>(exposure.ended - exposure.opened) / 1e9);
}

void Recorder::append_key(std::string& key, const model::Comm& comm,
                          const model::ProcessInfo& process) const {
  // For Prometheus a label without a value is no label.
  key += comm.view().empty() ? unnamed : comm.view();
  key += '\0';
  for (const NameLabel label : options_.labels) {
    // cut here, so that two names whose labels would be equal are one name
    key += std::string_view(value_of(process, label).value_or("")).substr(0, longest_label);
    key += '\0';
  }
}

std::vector<std::string> Recorder::labels_of(const std::string& key) const {
  std::vector<std::string> values;
  std::string_view rest = key;
  while (!rest.empty()) {
    const std::string_view value = rest.substr(0, rest.find('\0'));
    values.push_back(report::escape(value));
    rest.remove_prefix(value.size() + 1);
  }
  return values;
}

Names::Place Recorder::note(const std::string& key, double amount, model::Time now) {
  return is_other(key) ? Names::other : names_.note(key, amount, now);
}

Recorder::Holdings Recorder::gather(const model::Correlator& correlator,
                                    const ProcessOf& process_of, std::uint64_t& incomplete) const {
  Holdings all;
  std::string key;
  correlator.visit_holdings([&](const model::Holdings& space) {
    incomplete += space.complete ? 0 : 1;
    const NameHoldings holdings{1,
                                space.claims,
                                space.claimed_bytes,
                                space.locked_bytes,
                                space.exposures,
                                space.exposed_bytes};
    if (holdings.nothing()) return;
    key.clear();
    static const model::ProcessInfo unknown;
    append_key(key, space.comm, options_.labels.empty() ? unknown : process_of(space.space));
    all[key] += holdings;
  });
  return all;
}

/// What lives keeps its place, or finds one: the busiest first, as places may be few. How often
/// somebody asks must not matter, so being alive counts at rotations only.
void Recorder::note_live(const Holdings& all, model::Time now) {
  std::vector<std::pair<double, const std::string*>> live;
  for (const auto& [key, holdings] : all)
    live.emplace_back(static_cast<double>(holdings.spaces + holdings.exposures), &key);
  std::sort(live.begin(), live.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : *a.second < *b.second;
  });
  const bool rotation = names_.rotation_due(now);
  for (const auto& [amount, key] : live) note(*key, rotation ? amount : 0, now);
  if (!rotation) return;
  for (const Names::Place place : names_.rotate(now)) {
    counts_[Names::other] += counts_[place];
    counts_[place] = {};
  }
}

void Recorder::note_resynchronisation(model::Time time) {
  if (time != last_resynchronisation_.first)
    last_resynchronisation_ = {time, options_.clock().realtime(time)};
}

void Recorder::fill_names(Snapshot& snapshot, const Holdings& all) const {
  std::vector<std::optional<NameRow>> rows(counts_.size());
  rows[Names::other] = NameRow{std::vector<std::string>(options_.labels.size() + 1), {}, {}};
  rows[Names::other]->labels.front() = other_name;
  for (Names::Place place = 1; place < rows.size(); ++place)
    if (const auto& name = names_.name_at(place)) rows[place] = NameRow{labels_of(*name), {}, {}};
  for (const auto& [key, holdings] : all) {
    const Names::Place place = names_.place_of(key);
    rows[place]->holdings += holdings;
    if (place == Names::other && !is_other(key)) ++snapshot.names_folded;
  }
  for (Names::Place place = 0; place < rows.size(); ++place) {
    if (!rows[place]) continue;
    rows[place]->counts = counts_[place];
    snapshot.names.push_back(std::move(*rows[place]));
  }
}

/// All but what the correlator and the tracer have to tell.
Snapshot Recorder::sums(model::Time now) const {
  Snapshot snapshot;
  snapshot.time = now;
  snapshot.wall_time = options_.clock().realtime(now);
  snapshot.ring_used = ring_peak_.last();
  snapshot.ring_peak = ring_peak_.value();
  snapshot.calls = calls_;
  snapshot.durations = durations_;
  snapshot.last_finding = last_finding_;
  snapshot.last_resynchronisation = last_resynchronisation_.second;
  for (const NameLabel label : options_.labels) snapshot.more_labels.emplace_back(word(label));
  snapshot.names_limit = names_.limit();
  snapshot.folds = names_.folds();
  snapshot.recent = recent_;
  return snapshot;
}

Snapshot Recorder::before_tracing(model::Time now) const {
  Snapshot snapshot = sums(now);
  fill_names(snapshot, {});
  return snapshot;
}

Snapshot Recorder::take(const model::Correlator& correlator, const ProcessOf& process_of,
                        Health health, model::Time now) {
  std::uint64_t incomplete = 0;
  const Holdings all = gather(correlator, process_of, incomplete);
  note_live(all, now);
  if (const model::Time last = correlator.totals().last_resynchronisation; last != 0)
    note_resynchronisation(last);
  Snapshot snapshot = sums(now);
  fill_names(snapshot, all);
  snapshot.incomplete = incomplete;
  snapshot.health = std::move(health);
  snapshot.totals = correlator.totals();
  return snapshot;
}

} // namespace mlockscope::metrics
