#include "cli/intake.hpp"

#include "cli/session.hpp"

#include <utility>

namespace mlockscope::cli {
namespace {

/// For names at the end: then a person waits.
constexpr std::chrono::seconds patience{5};

} // namespace

void Intake::handle(const model::Event& event) {
  if (recording_ != nullptr) recording_->put(event);
  correlator_.handle(event);
  const auto* ended = std::get_if<model::EndEvent>(&event);
  if (ended == nullptr) return;
  if (code_ != nullptr) code_->ended(ended->space);
  if (namer_ != nullptr)
    namer_->forget(ended->space);
  else if (code_ != nullptr)
    code_->forget(ended->space);
}

void Intake::handle(const model::CallEvent& call) {
  if (recording_ != nullptr) recording_->put(call);
  if (code_ != nullptr) code_->note(call);
  correlator_.handle(call);
}

void Intake::stack(const model::UserStack& stack) {
  if (namer_ != nullptr) namer_->seen(stack, monotonic_now());
}

void Intake::code(const decode::Code& code) {
  if (code_ != nullptr) code_->told(code.space, code.pid, code.mapping);
}

void Intake::finish(model::Time time, const model::StackCounts& stacks) {
  if (namer_ != nullptr) namer_->finish(patience);
  if (namer_ != nullptr && recording_ != nullptr)
    namer_->give_up_rest(); // behind the end nothing is read
  if (recording_ != nullptr) {
    if (recording_->behind()) resume(time); // it makes room, so that the gap is told
    recording_->put(recording::Ended{time, stacks});
  }
  correlator_.finish(time);
  if (namer_ != nullptr) namer_->finish(patience); // of the last findings
}

void Intake::born(const decode::Birth& birth) {
  processes_.born(birth);
  if (recording_ != nullptr) tell_process(birth.space, birth.pid);
  if (code_ == nullptr) return;
  const model::Address last = birth.end_code == 0 ? 0 : birth.end_code - 1;
  code_->born(birth.space, birth.pid, last, monotonic_now());
}

bool Intake::see(model::SpaceId space, std::uint32_t pid) {
  const bool fresh = processes_.see(space, pid);
  if (fresh && recording_ != nullptr) tell_process(space, pid);
  if (fresh && code_ != nullptr) code_->see(space, pid);
  return fresh;
}

void Intake::tell_process(model::SpaceId space, std::uint32_t pid) {
  recording_->put(recording::ProcessSeen{space, pid, processes_.of(space)});
}

bool Intake::tend(model::Time now) {
  if (code_ != nullptr) code_->tend(now);
  if (namer_ != nullptr) namer_->collect();
  if (recording_ == nullptr) return false;
  recording_->flush_if_due(now);
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
  if (code_ != nullptr) code_->tell_again();
  if (namer_ != nullptr) namer_->record_again();
}

} // namespace mlockscope::cli
