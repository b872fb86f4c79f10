// A source of entries that a test has put together, and who listens.
#pragma once

#include "cli/player.hpp"

#include <deque>

namespace mlockscope::cli {

class Tape final : public recording::Source {
public:
  Tape() {
    origin_.page_size = 4096;
    origin_.fork_grace = model::Limits{}.fork_grace;
    origin_.began = 1000;
  }
  [[nodiscard]] const recording::Origin& origin() const override { return origin_; }
  [[nodiscard]] util::Result<const recording::Entry*> next() override {
    if (at_ < entries_.size()) return static_cast<const recording::Entry*>(&entries_[at_++]);
    if (damaged) return util::Error{"tape", "torn", ""};
    return static_cast<const recording::Entry*>(nullptr);
  }

  Tape& put(recording::Entry entry) {
    entries_.push_back(std::move(entry));
    return *this;
  }
  Tape& call(std::uint64_t space, model::Call call, model::Address addr, std::uint64_t len,
             const char* comm = "demo", std::uint32_t uid = 0) {
    model::CallEvent event;
    event.space = model::SpaceId{space};
    event.call = call;
    event.caller.pid = event.caller.tid = static_cast<std::uint32_t>(space);
    event.caller.uid = uid;
    std::copy_n(comm, std::min<std::size_t>(std::char_traits<char>::length(comm), 15),
                event.caller.comm.bytes.begin());
    event.enter = time_ + 1;
    event.exit = time_ += 1000;
    event.addr = addr;
    event.len = len;
    event.born_clean = true;
    if (call == model::Call::mmap) event.ret = static_cast<std::int64_t>(addr);
    return put(model::Event(event));
  }
  /// Two locks on a page, and an unlock that takes both: one spill.
  Tape& spill(std::uint64_t space, const char* comm = "demo", std::uint32_t uid = 0) {
    return call(space, model::Call::mlock, page, 32, comm, uid)
        .call(space, model::Call::mlock, page + 100, 32, comm, uid)
        .call(space, model::Call::munlock, page, 32, comm, uid);
  }
  [[nodiscard]] model::Time now() const { return time_; }

  static constexpr model::Address page = 0x7f0000003000; ///< no multiple of 16 KiB
  bool damaged = false;
  recording::Origin origin_;

private:
  std::deque<recording::Entry> entries_;
  std::size_t at_ = 0;
  model::Time time_ = 2000;
};

class Heard final : public model::Output {
public:
  void finding(const model::Finding& each) override { findings.push_back(each); }
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent& each) override { losses.push_back(each); }
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}

  std::vector<model::Finding> findings;
  std::vector<model::LostEvent> losses;
};

/// What is heard of a tape by these rules.
struct Played {
  explicit Played(Tape& tape, const Selection& selection = {}, const Rules& rules = {})
      : player(tape, heard, &processes, selection, rules), status(player.play()) {}
  Heard heard;
  ProcessBook processes;
  Player player;
  util::Status status;
};

} // namespace mlockscope::cli
