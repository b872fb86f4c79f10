#include "cli/stack_names.hpp"

#include <utility>

namespace mlockscope::cli {

namespace {

std::size_t size_of(const model::Stack& frames) {
  std::size_t bytes = 0;
  for (const model::Frame& frame : frames)
    bytes += sizeof(frame) + frame.build_id.size() + (frame.symbol ? frame.symbol->size() : 0) +
             (frame.module ? frame.module->size() : 0) + (frame.file ? frame.file->size() : 0);
  return bytes;
}

} // namespace

model::Stack StackName::frames() const {
  if (!named.empty()) return named;
  model::Stack frames;
  for (const model::Address addr : addresses)
    frames.push_back({.addr = addr,
                      .symbol = {},
                      .offset = 0,
                      .module = {},
                      .module_offset = 0,
                      .build_id = {},
                      .file = {},
                      .line = 0});
  return frames;
}

void StackNames::add(model::StackId stack, const std::vector<model::Address>& addresses) {
  if (stack == model::StackId::none || names_.contains(stack)) return;
  auto name = std::make_shared<StackName>(StackName{stack, false, addresses, {}});
  names_.emplace(stack, name);
  order_.push_back(std::move(name));
  if (order_.size() > most) forget_oldest();
}

void StackNames::forget_oldest() {
  const auto oldest = order_.front();
  bytes_ -= size_of(oldest->named);
  names_.erase(oldest->stack);
  order_.pop_front();
  if (std::exchange(oldest->decided, true)) return;
  if (on_decided_) on_decided_(); // nobody will name it any more
}

std::shared_ptr<const StackName> StackNames::find(model::StackId stack) const {
  const auto found = names_.find(stack);
  return found == names_.end() ? nullptr : found->second;
}

void StackNames::decide(model::StackId stack, model::Stack frames) {
  const auto found = names_.find(stack);
  if (found == names_.end() || found->second->decided) return;
  found->second->decided = true;
  bytes_ += size_of(frames);
  found->second->named = std::move(frames);
  while (bytes_ > most_bytes) forget_oldest();
  if (on_decided_) on_decided_();
}

bool StackNames::undecided(model::StackId stack) const {
  const auto found = names_.find(stack);
  return found != names_.end() && !found->second->decided;
}

} // namespace mlockscope::cli
