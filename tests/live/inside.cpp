#include "inside.hpp"

#include "backend.hpp"

#include "model/words.hpp"
#include "procfs/smaps.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace mlockscope::live {
namespace {

std::string text_of(model::PageRange pages) {
  std::ostringstream text;
  text << std::hex << "0x" << pages.start << "-0x" << pages.end;
  return text.str();
}

/// The pages of `range` that are locked; both ascending and merged.
std::vector<model::PageRange> parts_in(model::PageRange range,
                                       const std::vector<model::PageRange>& locked) {
  std::vector<model::PageRange> parts;
  for (const auto& each : locked)
    if (each.meets(range)) parts.push_back(each.intersect(range));
  return parts;
}

/// [vsyscall] is in smaps, and not in the address space.
bool belongs_to_kernel(const model::SnapshotEvent::Mapping& mapping) {
  return mapping.pages.start >= 1ull << 63;
}

constexpr std::size_t calls_kept = 60;

/// "7 mremap 0x7f00deadb000 4096 8192 0x3 0x0 = 0x7f00deada000, locked before: none after: all".
std::string text_of(const model::CallEvent& call, const model::CallReading& reading) {
  std::ostringstream text;
  text << call.caller.pid << "/" << call.caller.tid << " " << model::word(call.call) << std::hex
       << " 0x" << call.addr << std::dec << " " << call.len << " " << call.new_len << std::hex
       << " 0x" << call.flags << " 0x" << call.new_addr << " = " << (call.ret < 0 ? "-" : "0x")
       << (call.ret < 0 ? -call.ret : call.ret)
       << ", locked before: " << model::word(reading.before)
       << " after: " << model::word(reading.after) << (call.overlapped ? ", overlapped" : "");
  if (!call.extent.empty()) text << ", extent 0x" << call.extent.start << "-0x" << call.extent.end;
  return text.str();
}

} // namespace

void Notes::call(const model::CallEvent& call, const model::CallReading& reading) {
  space_of[call.caller.pid] = call.space;
  recent.push_back(text_of(call, reading));
  if (recent.size() > calls_kept) recent.pop_front();
}

Inside::Inside(const capture::Filters& filters, std::size_t ring_bytes, bool adopt)
    : page_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {
  options_.calls = true;
  options_.show_possible = true;
  pipeline_ = std::make_unique<cli::Pipeline>(notes_, options_, nullptr);
  capture::TracerOptions how;
  how.page_size = page_.bytes();
  how.ring_bytes = ring_bytes;
  how.filters = filters;
  how.backend = wanted_backend();
  auto tracer = capture::Tracer::start(how);
  if (!tracer) throw std::runtime_error(tracer.error().message());
  tracer_ = tracer.take();
  session_ = std::make_unique<cli::Session>(*tracer_, *pipeline_, page_);
  if (!adopt) return;
  if (auto adopted = session_->adopt(); !adopted)
    throw std::runtime_error(adopted.error().message());
}

void Inside::turn() {
  while (session_->turn(capture::Pause::doze) != 0) {
  }
}

void Inside::finish() {
  tracer_->mute();
  session_->finish();
}

/// The address space of the pid's last call, or one that is said to be its own; a process that
/// never locked anything has none.
std::vector<model::PageRange> Inside::locked(std::uint32_t pid) const {
  const auto& correlator = session_->correlator();
  const auto alive = correlator.address_spaces();
  const auto last = notes_.space_of.find(pid);
  for (const auto& [space, its_pid] : alive)
    if (last != notes_.space_of.end() && space == last->second)
      return correlator.locked_pages(space);
  for (const auto& [space, its_pid] : alive)
    if (its_pid == pid) return correlator.locked_pages(space);
  return {};
}

std::string Inside::difference(std::uint32_t pid) const {
  const auto mappings = procfs::read_smaps("/proc", pid);
  if (!mappings) return mappings.error().message();
  if (mappings.value().empty()) return "smaps is empty";
  const auto model = locked(pid);
  std::string text;
  for (const auto& mapping : mappings.value()) {
    if (mapping.special || belongs_to_kernel(mapping)) continue;
    const auto parts = parts_in(mapping.pages, model);
    const std::vector<model::PageRange> kernel =
        mapping.locked ? std::vector{mapping.pages} : std::vector<model::PageRange>{};
    if (parts == kernel) continue;
    text += "mapping " + text_of(mapping.pages) +
            (mapping.locked ? " is locked" : " is not locked") + ", the model has";
    for (const auto& part : parts) text += " " + text_of(part);
    text += parts.empty() ? " none of it\n" : "\n";
  }
  if (!text.empty())
    for (const auto& call : notes_.recent) text += call + "\n";
  return text;
}

} // namespace mlockscope::live
