// Everything that an entry holds, as text: two entries are the same if their texts are. Takes the
// structs apart by number of members, so a new member that is forgotten here does not compile.
#pragma once

#include "recording/entry.hpp"

#include <sstream>
#include <string>
#include <string_view>

namespace telling {

using namespace mlockscope;

class Text {
public:
  template <class... Things> explicit Text(const Things&... things) { add_all(things...); }
  [[nodiscard]] std::string str() const { return out_.str(); }

private:
  template <class... Things> void add_all(const Things&... things) {
    out_ << "(";
    (add_next(things), ...);
    out_ << ")";
  }
  template <class Thing> void add_next(const Thing& thing) {
    add(thing);
    out_ << ' ';
  }

  void add(std::uint64_t number) { out_ << number; }
  void add(std::uint32_t number) { out_ << number; }
  void add(std::int64_t number) { out_ << number; }
  void add(bool yes) { out_ << (yes ? "yes" : "no"); }
  void add(const char* name) { out_ << name; }
  void add(model::StackId stack) { out_ << static_cast<std::uint64_t>(stack); }
  void add(model::SpaceId space) { out_ << static_cast<std::uint64_t>(space); }
  void add(std::string_view text) { out_ << '"' << text << '"'; }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(const model::Comm& comm) { add(comm.view()); }
  template <class Tag> void add(model::Range<Tag> range) { add_all(range.start, range.end); }
  template <class Thing> void add(const std::optional<Thing>& thing) {
    if (thing)
      add(*thing);
    else
      out_ << '-';
  }
  template <class Thing> void add(const std::vector<Thing>& things) {
    out_ << '[';
    for (const Thing& thing : things) add_next(thing);
    out_ << ']';
  }
  template <class First, class Second> void add(const std::pair<First, Second>& both) {
    add_all(both.first, both.second);
  }
  void add(const model::Caller& caller) {
    const auto& [pid, tid, uid, comm] = caller;
    add_all(pid, tid, uid, comm);
  }
  void add(const model::KernelWord& word) {
    const auto& [locked, walked, hole, grows_down, runs] = word;
    add_all(static_cast<std::uint32_t>(locked), walked, hole, grows_down, runs);
  }
  void add(const model::LockFailure& failure) {
    const auto& [soft, hard, bytes, capable, secret, place] = failure;
    add_all(soft, hard, bytes, capable, secret, place);
  }
  /// `sequence` and `settled` are not recorded: what they are for is done by then.
  void add(const model::CallEvent& event) {
    const auto& [space, call, caller, enter, exit, addr, len, flags, new_len, new_addr, ret, extent,
                 before, after, old_after, overlapped, sequence, settled, born_clean, lost, failure,
                 imagined, applied, stack] = event;
    add_all("call", space, static_cast<std::uint32_t>(call), caller, enter, exit, addr, len, flags,
            new_len, new_addr, ret, extent, before, after, old_after, overlapped, born_clean, lost,
            failure, imagined, applied, stack);
  }
  void add(const model::ForkEvent& event) {
    const auto& [parent, child, caller, child_pid, time, lost, stack] = event;
    add_all("fork", parent, child, caller, child_pid, time, lost, stack);
  }
  void add(const model::EndEvent& event) {
    const auto& [space, time, lost] = event;
    add_all("end", space, time, lost);
  }
  void add(const model::SnapshotEvent::Mapping& mapping) {
    const auto& [pages, locked, special, grows_down, shared, wiped] = mapping;
    add_all(pages, locked, special, grows_down, shared, wiped);
  }
  void add(const model::SnapshotEvent& event) {
    const auto& [space, pid, comm, time, calls_before, lost, locks_future, mappings] = event;
    add_all("snapshot", space, pid, comm, time, calls_before, lost, locks_future, mappings);
  }
  void add(const model::FaultEvent& event) {
    const auto& [space, caller, time, addr, major, write, present, from_swap] = event;
    add_all("fault", space, caller, time, addr, major, write, present, from_swap);
  }
  void add(const model::SwapEvent& event) {
    const auto& [space, time, pages, inferred] = event;
    add_all("swap", space, time, pages, inferred);
  }
  void add(const model::LostEvent& event) {
    const auto& [count, time, cause, in_ring, harmless, space] = event;
    add_all("lost", count, time, cause, in_ring, harmless, space);
  }
  void add(const model::TickEvent& event) { add_all("tick", event.time); }
  void add(const model::Event& event) {
    std::visit([this](const auto& what) { add(what); }, event);
  }
  void add(const model::ProcessInfo& info) {
    const auto& [exe, cgroup, container, pod, unit, comm] = info;
    add_all(exe, cgroup, container, pod, unit, comm);
  }
  void add(const recording::ProcessSeen& seen) {
    const auto& [space, pid, info] = seen;
    add_all("process", space, pid, info);
  }
  void add(const recording::CodeMappings::File& file) {
    const auto& [pages, offset, inode, device, path, build_id] = file;
    add_all(pages, offset, inode, device, path, build_id);
  }
  void add(const recording::CodeMappings& code) {
    const auto& [space, pid, time, files] = code;
    add_all("code", space, pid, time, files);
  }
  void add(const recording::Gap& gap) {
    const auto& [entries, time, cause, spaces] = gap;
    add_all("gap", entries, time, cause, spaces);
  }
  void add(const recording::StackSeen& seen) {
    const auto& [stack, space, pid, time, addresses] = seen;
    add_all("stack", stack, space, pid, time, addresses);
  }
  void add(const model::Frame& frame) {
    const auto& [addr, symbol, offset, module, module_offset, build_id, file, line] = frame;
    add_all(addr, symbol, offset, module, module_offset, build_id, file, line);
  }
  void add(const recording::StackNamed& named) {
    const auto& [stack, frames] = named;
    add_all("names", stack, frames);
  }
  void add(const recording::Ended& ended) {
    const auto& [lost, skipped, recycled, forgotten, unnamed] = ended.stacks;
    add_all("ended", ended.time, lost, skipped, recycled, forgotten, unnamed);
  }
  void add(const recording::Entry& entry) {
    std::visit([this](const auto& what) { add(what); }, entry);
  }

  std::ostringstream out_;
};

inline std::string text(const recording::Entry& entry) { return Text(entry).str(); }

inline std::vector<std::string> texts(const std::vector<recording::Entry>& entries) {
  std::vector<std::string> all;
  for (const auto& entry : entries) all.push_back(text(entry));
  return all;
}

} // namespace telling
