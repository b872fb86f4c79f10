#include "cli/player.hpp"

#include <algorithm>
#include <cassert>
#include <unordered_map>

namespace mlockscope::cli {
namespace {

model::PageSize wanted_page(const recording::Origin& origin, const Rules& rules) {
  return model::PageSize(rules.page_size.value_or(origin.page_size));
}

const model::Platform* platform_of(const recording::Origin& origin, const Rules& rules) {
  const bool other_pages = rules.page_size.value_or(origin.page_size) != origin.page_size;
  const auto* linux_rules = model::find_platform("linux");
  if (rules.platform != nullptr && rules.platform != linux_rules) return rules.platform;
  return other_pages ? linux_rules : nullptr;
}

model::Limits limits_of(const recording::Origin& origin) {
  model::Limits limits;
  limits.fork_grace = origin.fork_grace;
  return limits;
}

/// The kernel follows no more at a time (bpf/maps.bpf.h, MAX_SPACES), and each takes memory here.
constexpr std::size_t most_alive = 2 * 65536;
constexpr const char* too_many_alive =
    "more address spaces alive at once than any kernel lets be followed";

/// When an event happened; 0 if it does not say.
model::Time time_of(const model::Event& event) {
  return std::visit(
      [](const auto& each) -> model::Time {
        if constexpr (requires { each.exit; })
          return each.exit;
        else
          return each.time;
      },
      event);
}

} // namespace

Player::Player(recording::Source& source, model::Output& out, ProcessBook* processes,
               const Selection& selection, const Rules& rules, StackNames* names)
    : source_(source), processes_(processes), names_(names), selection_(selection),
      recorded_(source.origin().page_size), wanted_(wanted_page(source.origin(), rules)),
      platform_(platform_of(source.origin(), rules)),
      correlator_(std::min(recorded_, wanted_), out, limits_of(source.origin())),
      last_(source.origin().began) {
  using Mappings = model::WhatIf::Mappings;
  if (platform_ == nullptr) return;
  what_if_.emplace(*platform_, recorded_, wanted_,
                   source.origin().all_mappings ? Mappings::all : Mappings::while_locked);
  assert(what_if_->granularity() == std::min(recorded_, wanted_));
}

/// Cygwin locks more than a page at a time.
model::PageSize Player::page_size() const {
  const std::uint64_t granule = platform_ == nullptr ? 0 : platform_->granule.is;
  return model::PageSize(std::max(granule, wanted_.bytes()));
}

util::Status Player::play() {
  for (;;) {
    const auto entry = source_.next();
    if (entry && entry.value() != nullptr && !finished_ && alive_.size() <= most_alive) {
      take(*entry.value());
      continue;
    }
    if (alive_.size() > most_alive) {
      correlator_.finish(last_);
      return util::Error{"judged up to here", too_many_alive, ""};
    }
    if (!finished_) correlator_.finish(last_);
    finished_ = true;
    if (!entry) return entry.error();
    if (entry.value() == nullptr) return util::success();
  }
}

void Player::take(const recording::Entry& entry) {
  if (const auto* event = std::get_if<model::Event>(&entry)) return take(*event);
  if (const auto* gap = std::get_if<recording::Gap>(&entry)) return take(*gap);
  if (const auto* seen = std::get_if<recording::ProcessSeen>(&entry)) {
    alive_.insert(seen->space);
    if (processes_ != nullptr) processes_->set(seen->space, seen->pid, seen->info);
  } else if (const auto* ended = std::get_if<recording::Ended>(&entry)) {
    last_ = std::max(last_, ended->time);
    stacks_ = ended->stacks;
    correlator_.finish(last_);
    finished_ = whole_ = true;
  } else if (names_ != nullptr) {
    take_stack(entry);
  }
}

void Player::take_stack(const recording::Entry& entry) {
  if (const auto* seen = std::get_if<recording::StackSeen>(&entry))
    names_->add(seen->stack, seen->addresses);
  else if (const auto* named = std::get_if<recording::StackNamed>(&entry))
    names_->decide(named->stack, named->frames);
}

void Player::take(const model::Event& event) {
  last_ = std::max(last_, time_of(event));
  if (const auto space = space_of(event)) alive_.insert(*space);
  if (selection_.takes(event, processes_, selected_)) translate_and_judge(event);
  const auto* ended = std::get_if<model::EndEvent>(&event);
  if (ended == nullptr) return;
  alive_.erase(ended->space);
  if (processes_ != nullptr) processes_->forget(ended->space);
}

void Player::translate_and_judge(const model::Event& event) {
  if (!what_if_) return judge(event);
  model::Event other = event;
  what_if_->translate(other);
  judge(other);
}

void Player::judge(const model::Event& event) {
  if (const auto* call = std::get_if<model::CallEvent>(&event))
    correlator_.handle(*call);
  else
    correlator_.handle(event);
}

/// What is missing are events like any others that were lost. After it the lists of mappings come
/// anew, and each has to find its place between two calls: so those that are missing are counted.
void Player::take(const recording::Gap& gap) {
  std::unordered_map<model::SpaceId, std::uint64_t> missing(gap.spaces.begin(), gap.spaces.end());
  std::uint64_t others = gap.entries;
  for (auto& [space, calls] : missing) {
    calls -= std::min(calls, correlator_.calls_seen(space));
    others -= std::min(others, calls);
  }
  for (const auto& [space, pid] : correlator_.address_spaces())
    if (!missing.contains(space)) take(model::Event(model::EndEvent{space, gap.time}));
  model::LostEvent lost{.count = others, .time = gap.time, .cause = gap.cause};
  take(model::Event(lost)); // nobody knows whose they were
  for (const auto& [space, pid] : gap.spaces) {
    lost.space = space;
    lost.count = missing.at(space);
    take(model::Event(lost));
  }
}

model::WhatIf::Refused Player::refused() const {
  return what_if_ ? what_if_->refused() : model::WhatIf::Refused{};
}

} // namespace mlockscope::cli
