#include "cli/namer.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::cli {

Namer::Namer(symbols::Resolver& resolver, StackNames& names, CodeLists& code,
             recording::Writer* recording, When when)
    : resolver_(resolver), names_(names), code_(code), recording_(recording), when_(when) {
  code_.read_at_birth(when == When::seen ? CodeLists::AtBirth::at_once : CodeLists::AtBirth::later);
  code_.tell([this](const CodeLists::List& list) {
    resolver_.describe({list.space, list.version}, list.code, list.pid);
  });
}

/// Numbers count up from 1: small ones take less room in a recording than those of the probes.
void Namer::seen(const model::UserStack& told, model::Time now) {
  if (const auto known = numbers_.find(told.id); known != numbers_.end())
    return seen_again(known->second, told);
  Waiting fresh{told, {told.space, code_.version_for(told.space, told.pid, told.addresses, now)}};
  fresh.stack.id = model::StackId{++last_};
  numbers_.emplace(told.id, fresh.stack.id);
  told_.push_back(told.id);
  if (told_.size() > StackNames::most) {
    numbers_.erase(told_.front());
    told_.pop_front();
  }
  record_seen(fresh.stack);
  names_.add(fresh.stack.id, fresh.stack.addresses);
  const model::StackId stack = fresh.stack.id;
  keep(std::move(fresh));
  if (when_ == When::wanted) return;
  backlog_.push_back(stack);
  submit_backlog();
}

/// What the resolver has no room for has to wait: refused, it would have no names.
void Namer::submit_backlog() {
  for (; !backlog_.empty() && under_way_ < most_under_way; backlog_.pop_front())
    want(backlog_.front());
}

/// Its place there had become somebody else's, or the bytes of the stack did not fit the first
/// time.
void Namer::seen_again(model::StackId stack, const model::UserStack& told) {
  const auto found = waiting_.find(stack);
  if (found == waiting_.end() || found->second.stack.copy || !told.copy) return;
  found->second.stack.copy = told.copy;
  note_copy(stack);
}

void Namer::record_seen(const model::UserStack& stack) {
  if (recording_ == nullptr) return;
  recording_->put(
      recording::StackSeen{stack.id, stack.space, stack.pid, stack.time, stack.addresses});
}

/// Without the bytes of its stack the oldest can still be named, not so far up.
void Namer::note_copy(model::StackId stack) {
  copies_.push_back(stack);
  if (copies_.size() <= (when_ == When::seen ? most_copies_seen : most_copies)) return;
  const auto oldest = waiting_.find(copies_.front());
  if (oldest != waiting_.end()) oldest->second.stack.copy.reset();
  copies_.pop_front();
}

void Namer::keep(Waiting fresh) {
  const model::StackId stack = fresh.stack.id;
  kept_.push_back(stack);
  const bool copied = fresh.stack.copy.has_value();
  waiting_.emplace(stack, std::move(fresh));
  if (copied) note_copy(stack);
  if (kept_.size() > StackNames::most) {
    waiting_.erase(kept_.front());
    kept_.pop_front();
  }
}

model::StackId Namer::number(model::StackId told) {
  if (told == model::StackId::none) return told;
  const auto found = numbers_.find(told);
  if (found != numbers_.end()) return found->second;
  ++forgotten_;
  if (!std::ranges::count(missed_, told)) missed_.push_back(told);
  return model::StackId::none;
}

std::vector<model::StackId> Namer::take_forgotten() { return std::exchange(missed_, {}); }

void Namer::want(model::StackId stack) {
  if (auto found = waiting_.extract(stack)) submit(std::move(found.mapped()));
}

void Namer::submit(Waiting waiting) {
  model::UserStack& stack = waiting.stack;
  if (waiting.code.version == 0) return decide(stack.id, {});
  ++under_way_;
  resolver_.submit({.id = static_cast<std::uint64_t>(stack.id),
                    .code = waiting.code,
                    .addresses = std::move(stack.addresses),
                    .copy = std::move(stack.copy)});
}

/// Findings of an address space can come after its end: of the copies its children have.
void Namer::forget(model::SpaceId space) {
  ended_.push_back(space);
  if (ended_.size() <= most_ended) return;
  code_.forget(ended_.front());
  resolver_.forget(ended_.front());
  ended_.pop_front();
}

void Namer::decide(model::StackId stack, model::Stack frames) {
  if (!names_.undecided(stack)) return;
  if (frames.empty()) ++unnamed_;
  if (recording_ != nullptr) recording_->put(recording::StackNamed{stack, frames});
  names_.decide(stack, std::move(frames));
}

void Namer::take(std::vector<symbols::Answer> answers) {
  under_way_ -= std::min(under_way_, answers.size());
  for (symbols::Answer& answer : answers)
    decide(model::StackId{answer.id}, std::move(answer.stack));
  submit_backlog();
}

void Namer::collect() {
  std::vector<symbols::Answer> answers;
  resolver_.collect(answers);
  take(std::move(answers));
}

void Namer::finish(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    std::vector<symbols::Answer> answers;
    resolver_.finish(std::max(left, std::chrono::milliseconds(0)), answers);
    take(std::move(answers));
  } while (under_way_ != 0 && std::chrono::steady_clock::now() < end);
}

void Namer::give_up_rest() {
  std::vector<model::StackId> rest;
  names_.each([&](const StackName& name) {
    if (!name.decided) rest.push_back(name.stack);
  });
  for (const model::StackId stack : rest) decide(stack, {});
}

std::optional<util::Error> Namer::trouble() {
  if (resolver_.counters().broker_lost == 0 || std::exchange(told_trouble_, true))
    return std::nullopt;
  return util::Error{"places in the code have no names any more",
                     "the process that reads the files of traced programs has died", ""};
}

void Namer::record_again() {
  if (recording_ == nullptr) return;
  names_.each([this](const StackName& name) {
    recording_->put(recording::StackSeen{name.stack, {}, 0, 0, name.addresses});
    if (name.decided) recording_->put(recording::StackNamed{name.stack, name.named});
  });
}

} // namespace mlockscope::cli
