#include "watched.hpp"

#include <algorithm>
#include <stdexcept>
#include <unistd.h>

namespace mlockscope::live {
namespace {

model::PageSize page() {
  return model::PageSize(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

bool told_code(const Seen& seen, model::SpaceId space, model::Address addr) {
  return std::ranges::any_of(seen.code, [&](const decode::Code& each) {
    return each.space == space && each.mapping.pages.contains(addr);
  });
}

void note(Seen& seen, capture::Tracer::Record record) {
  if (auto stack = decode::decode_stack(record)) {
    for (const model::Address addr : stack->addresses)
      seen.bare += !told_code(seen, stack->space, addr);
    seen.told.push_back(*stack);
    seen.stacks[stack->id] = *stack;
    return;
  }
  if (decode::decode_birth(record)) return;
  if (auto code = decode::decode_code(record, page())) return seen.code.push_back(*code);
  auto event = decode::decode(record, page());
  if (!event) throw std::runtime_error(event.error().message());
  const auto* call = std::get_if<model::CallEvent>(&event.value());
  if (call == nullptr || call->call > model::Call::munlockall) return;
  seen.calls.push_back(*call);
  if (call->stack != model::StackId::none) seen.untold += !seen.stacks.contains(call->stack);
}

class Watch {
public:
  explicit Watch(const capture::TracerOptions& options) {
    auto tracer = capture::Tracer::start(options);
    if (!tracer) throw std::runtime_error(tracer.error().message());
    tracer_ = tracer.take();
  }
  void read() {
    while (tracer_->drain([this](auto record) { note(seen_, record); }, capture::Pause::none) !=
           0) {
    }
  }
  Seen finish() {
    tracer_->mute();
    read();
    seen_.counters = tracer_->counters();
    return std::move(seen_);
  }

private:
  std::unique_ptr<capture::Tracer> tracer_;
  Seen seen_;
};

} // namespace

Watched watch(const std::vector<capture::TracerOptions>& options, const Words& command, bool late) {
  need_root();
  Settings held;
  held.held = true;
  Program program(command, held);
  std::vector<std::unique_ptr<Watch>> watches;
  for (capture::TracerOptions each : options) {
    each.page_size = page().bytes();
    each.filters.pids = {static_cast<std::uint32_t>(program.pid())};
    watches.push_back(std::make_unique<Watch>(each));
  }
  program.release();
  while (program.running())
    if (!late)
      for (const auto& each : watches) each->read();
  Watched watched;
  for (const auto& each : watches) watched.seen.push_back(each->finish());
  if (const std::string ending = program.wait(); ending != "exit 0")
    throw std::runtime_error(command[0] + ": " + ending);
  watched.account = Json::parse(program.out());
  return watched;
}

} // namespace mlockscope::live
