#include "cli/swap_watch.hpp"

#include "cli/session.hpp"
#include "decode/snapshot.hpp"

#include <algorithm>

namespace mlockscope::cli {
namespace {

constexpr model::Time second = 1'000'000'000;
/// How often everything is looked at: half of what a finding may take.
constexpr model::Time poll_interval = second / 2;
/// Looking takes at most one part in so many of the time, down to one look each poll_interval.
constexpr model::Time share_of_time = 20;
/// To attach and detach costs more than a second of waiting: programs that open and close
/// exposures all the time shall not cause it each time.
constexpr model::Time linger = second;
/// Files kept open; beyond, one is opened for each look.
constexpr std::size_t most_open = 256;
/// Pages remembered of one address space between two looks.
constexpr std::size_t most_written = 65536;

std::uint64_t number(model::SpaceId space) { return static_cast<std::uint64_t>(space); }

} // namespace

void SwapWatch::exposing(model::SpaceId space, std::uint32_t pid, bool on) {
  tracer_.set_exposing(number(space), on);
  if (!on) {
    watched_.erase(space);
    due_.erase(space);
    if (watched_.empty()) unused_since_ = monotonic_now();
    return;
  }
  watched_[space].pid = pid;
  due_.insert(space);
  probe_wanted_ = true;
  tracer_.watch_swap(true);
}

void SwapWatch::traffic(const decode::SwapTraffic& traffic) {
  const auto found = watched_.find(traffic.space);
  if (found == watched_.end()) return;
  due_.insert(traffic.space);
  Watched& watched = found->second;
  if (!traffic.written || watched.written.size() >= most_written) return;
  watched.written[*traffic.written] = traffic.time;
}

std::vector<model::SwapEvent> SwapWatch::take_written(model::SpaceId space) {
  std::vector<model::SwapEvent> events;
  const auto found = watched_.find(space);
  if (found == watched_.end()) return events;
  for (const auto& [page, time] : found->second.written)
    events.push_back({.space = space, .time = time, .pages = {page}, .inferred = true});
  found->second.written.clear();
  return events;
}

std::vector<model::SwapEvent> SwapWatch::take_all_written() {
  std::vector<model::SwapEvent> events;
  for (const auto& [space, watched] : watched_)
    for (auto& event : take_written(space)) events.push_back(std::move(event));
  return events;
}

model::Time SwapWatch::next_due() const {
  if (!due_.empty()) return rest_until_;
  if (!watched_.empty()) return poll_due_;
  return probe_wanted_ ? unused_since_ + linger : ~model::Time{0};
}

std::vector<model::SwapEvent> SwapWatch::look(model::Time now) {
  std::vector<model::SwapEvent> seen;
  detach_if_unused(now);
  if (watched_.empty() || now < rest_until_) return seen;
  look_at_all_if_due(now);
  for (const model::SpaceId space : due_) look_at(space, seen);
  due_.clear();
  const model::Time cost = monotonic_now() - now;
  rest_until_ = now + std::min(share_of_time * cost, poll_interval);
  return seen;
}

/// What was written and is not in swap now has come back.
void SwapWatch::look_at(model::SpaceId space, std::vector<model::SwapEvent>& seen) {
  tracer_.looked_at_swap(number(space)); // first: traffic from here on is told of again
  const model::Time time = monotonic_now();
  auto pages = pages_in_swap(space, watched_.at(space));
  if (!pages.empty())
    seen.push_back({.space = space, .time = time, .pages = std::move(pages), .inferred = false});
  for (auto& event : take_written(space)) seen.push_back(std::move(event));
}

/// Also once when the probe is attached: until then, nobody told of traffic.
void SwapWatch::look_at_all_if_due(model::Time now) {
  const bool attached = tracer_.swap_watched();
  const bool fresh = attached && !probe_attached_;
  probe_attached_ = attached;
  if (!fresh && now < poll_due_) return;
  for (const auto& [space, watched] : watched_) due_.insert(space);
  poll_due_ = now + poll_interval;
}

void SwapWatch::detach_if_unused(model::Time now) {
  if (!probe_wanted_ || !watched_.empty() || now < unused_since_ + linger) return;
  probe_wanted_ = probe_attached_ = false;
  tracer_.watch_swap(false);
}

/// That the process still has this address space is asked when its pagemap is open: from then on it
/// is the right one, whatever the process does.
std::optional<procfs::Pagemap> SwapWatch::open(model::SpaceId space, std::uint32_t pid) {
  auto pagemap = procfs::Pagemap::open("/proc", pid, page_);
  if (!pagemap) return std::nullopt;
  const auto mappings = tracer_.mappings(pid);
  if (!mappings || !decode::lists(mappings.value(), space)) return std::nullopt;
  return pagemap.take();
}

std::vector<model::PageRange> SwapWatch::pages_in_swap(model::SpaceId space, Watched& watched) {
  std::vector<model::PageRange> found;
  std::optional<procfs::Pagemap> pagemap = std::move(watched.pagemap);
  watched.pagemap.reset();
  if (!pagemap) pagemap = open(space, watched.pid);
  if (!pagemap) pagemap = open(space, tracer_.live_spaces()[number(space)].pid);
  if (!pagemap) return found;
  for (const model::PageRange pages : correlator_.exposed_pages(space))
    if (!pagemap->in_swap(pages, found)) return found; // ended; what was seen was there
  if (watched_.size() <= most_open) watched.pagemap = std::move(pagemap);
  return found;
}

} // namespace mlockscope::cli
