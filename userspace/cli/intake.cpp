#include "cli/intake.hpp"

#include "cli/session.hpp"
#include "procfs/maps.hpp"

#include <utility>

namespace mlockscope::cli {
namespace {

/// Lists of code cost more than events do; a library that is loaded is one of many.
constexpr model::Time code_interval = 20'000'000;
/// mmap(2): no file, so no code that has a name.
constexpr std::uint64_t map_anonymous = 0x20;

} // namespace

void Intake::handle(const model::Event& event) {
  if (recording_ != nullptr) recording_->put(event);
  if (const auto* ended = std::get_if<model::EndEvent>(&event)) stale_code_.erase(ended->space);
  correlator_.handle(event);
}

void Intake::handle(const model::CallEvent& call) {
  if (recording_ != nullptr) {
    recording_->put(call);
    note_mapping(call);
  }
  correlator_.handle(call);
}

void Intake::finish(model::Time time) {
  if (recording_ != nullptr) {
    if (recording_->behind()) resume(time); // it makes room, so that the gap is told
    recording_->put(recording::Ended{time});
  }
  correlator_.finish(time);
}

void Intake::born(const decode::Birth& birth) {
  processes_.born(birth);
  if (recording_ == nullptr) return;
  // After an exec its pid is that of another address space, and so is its list.
  std::erase_if(stale_code_, [&](const auto& each) { return each.second == birth.pid; });
  tell_process(birth.space, birth.pid);
  tell_code(birth.space, birth.pid, monotonic_now()); // at once: it may not live long
}

bool Intake::see(model::SpaceId space, std::uint32_t pid) {
  const bool fresh = processes_.see(space, pid);
  if (fresh && recording_ != nullptr) tell_process(space, pid);
  return fresh;
}

void Intake::stack(const model::UserStack& stack) const {
  if (stack_listener_) stack_listener_(stack);
}

void Intake::tell_process(model::SpaceId space, std::uint32_t pid) {
  recording_->put(recording::ProcessSeen{space, pid, processes_.of(space)});
  stale_code_[space] = pid;
}

void Intake::note_mapping(const model::CallEvent& call) {
  const bool file = call.call == model::Call::mmap && (call.flags & map_anonymous) == 0;
  if (file && call.ret >= 0) stale_code_[call.space] = call.caller.pid;
}

void Intake::tell_code(model::SpaceId space, std::uint32_t pid, model::Time now) {
  auto code = procfs::read_code(proc_.root(), pid);
  if (code && !code.value().empty())
    recording_->put(recording::CodeMappings{space, pid, now, code.take()});
}

bool Intake::tend(model::Time now) {
  recording_->flush_if_due(now);
  if (now >= code_due_) {
    code_due_ = now + code_interval;
    for (const auto& [space, pid] : std::exchange(stale_code_, {})) tell_code(space, pid, now);
  }
  if (!recording_->can_resume()) return false;
  resume(now);
  return true;
}

void Intake::resume(model::Time now) {
  const auto alive = correlator_.address_spaces();
  recording::Gap gap{.time = now, .cause = "the disk was too slow for the recording"};
  for (const auto& [space, pid] : alive)
    gap.spaces.emplace_back(space, correlator_.calls_seen(space));
  recording_->resume(std::move(gap));
  for (const auto& [space, entry] : processes_.all()) tell_process(space, entry.pid);
}

} // namespace mlockscope::cli
