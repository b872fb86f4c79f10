#include "cli/waiting_sink.hpp"

#include <utility>

namespace mlockscope::cli {
namespace {

/// Of a call, or of the lock before it.
std::shared_ptr<const StackName> name_of(const StackNames& names, model::StackId stack) {
  return stack == model::StackId::none ? nullptr : names.find(stack);
}

void take_frames(const std::shared_ptr<const StackName>& name, model::Stack& frames) {
  if (name != nullptr) frames = name->frames();
}

} // namespace

WaitingSink::WaitingSink(report::Sink& next, StackNames& names, Hooks hooks)
    : next_(next), names_(names), hooks_(std::move(hooks)) {
  names_.on_decided([this] { release(); });
}

void WaitingSink::start(const report::Start& start) { next_.start(start); }

void WaitingSink::finding(const model::Finding& finding, const report::Context& context) {
  Held held{finding, context, name_of(names_, finding.call.stack), nullptr, 0};
  if (finding.victim) held.victim = name_of(names_, finding.victim->stack);
  if (hooks_.now) held.since = hooks_.now();
  want(held.call);
  want(held.victim);
  wait(std::move(held));
}

void WaitingSink::exposure(const model::Exposure& exposure) {
  if (queue_.empty()) return next_.exposure(exposure);
  wait(exposure);
}

void WaitingSink::call(const model::CallEvent& event, const model::CallReading& reading) {
  if (queue_.empty()) return next_.call(event, reading);
  wait(Call(event, reading));
}

void WaitingSink::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  if (queue_.empty()) return next_.fault(event, reading);
  wait(Fault(event, reading));
}

void WaitingSink::lost(const model::LostEvent& event) {
  if (queue_.empty()) return next_.lost(event);
  wait(event);
}

void WaitingSink::summary(const report::Summary& summary) {
  release_all();
  next_.summary(summary);
}

void WaitingSink::flush() { next_.flush(); }

void WaitingSink::want(const std::shared_ptr<const StackName>& name) const {
  if (name != nullptr && !name->decided && hooks_.want) hooks_.want(name->stack);
}

void WaitingSink::wait(Item item) {
  queue_.push_back(std::move(item));
  release();
  if (queue_.size() < most) return;
  give_up(*waiting_first());
  release();
}

const WaitingSink::Held* WaitingSink::waiting_first() const {
  return queue_.empty() ? nullptr : std::get_if<Held>(&queue_.front());
}

void WaitingSink::release() {
  if (releasing_) return; // a decision was made on the way
  releasing_ = true;
  while (!queue_.empty()) {
    const Held* const held = waiting_first();
    if (held != nullptr && !held->ready()) break;
    hand_on(queue_.front());
    queue_.pop_front();
  }
  releasing_ = false;
}

void WaitingSink::release_older(model::Time time) {
  release();
  while (const Held* const held = waiting_first()) {
    if (held->since >= time) return;
    give_up(*held);
    release();
  }
}

void WaitingSink::release_all() {
  while (const Held* const held = waiting_first()) {
    give_up(*held);
    release();
  }
}

/// A stack that is forgotten meanwhile is decided by nobody any more.
void WaitingSink::give_up(const Held& first) const {
  const auto call = first.call, victim = first.victim;
  for (const auto& name : {call, victim}) {
    if (name == nullptr || name->decided) continue;
    if (hooks_.give_up) hooks_.give_up(name->stack);
    names_.decide(name->stack, {});
  }
}

void WaitingSink::hand_on(const Item& item) {
  struct Visitor {
    report::Sink& next;
    void operator()(const Held& held) const {
      report::Context context = held.context;
      take_frames(held.call, context.call_stack);
      take_frames(held.victim, context.victim_stack);
      next.finding(held.finding, context);
    }
    void operator()(const model::Exposure& exposure) const { next.exposure(exposure); }
    void operator()(const Call& call) const { next.call(call.first, call.second); }
    void operator()(const Fault& fault) const { next.fault(fault.first, fault.second); }
    void operator()(const model::LostEvent& lost) const { next.lost(lost); }
  };
  std::visit(Visitor{next_}, item);
}

} // namespace mlockscope::cli
