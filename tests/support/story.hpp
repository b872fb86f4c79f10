// A test told as a story: calls in, what the correlator says about them out, as lines of text.
//
//   Story story;
//   story.lock(p, 32).lock(p + 100, 32).unlock(p, 32);
//   CHECK(story.told() == Lines{"spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
//
// Lines:
//   KIND SEVERITY CONFIDENCE RANGES of CALL REQUEST [now RANGE]    a finding with a victim
//   lock-failed SEVERITY CONFIDENCE xCOUNT
//   fork SEVERITY CONFIDENCE RANGES to PID of CLAIM, CLAIM [and COUNT more] [(owner ended)]
//   swapped SEVERITY CONFIDENCE RANGES by #NUMBER of CLAIM         the finding that exposed them
//   closed NUMBER WORD BYTES                                       an exposure, by its finding
//   fault ADDRESS WHERE CAUSE [of REQUEST]
//   lost COUNT
#pragma once

#include "model/correlator.hpp"
#include "model/what_if.hpp"
#include "support/sim_kernel.hpp"

#include <functional>
#include <memory>
#include <sstream>

namespace mlockscope::test {

using Lines = std::vector<std::string>;

/// Mapped from the start: 16 pages of 64 KiB at p. Nothing is mapped at q.
inline constexpr Address p = 0x7f00'0000'0000;
inline constexpr Address q = p + 0x4000'0000;
inline constexpr std::uint64_t arena = 16 * 65536;

/// How long a child may have copies of claimed bytes, unless a story has other limits.
inline constexpr Time grace = Limits{}.fork_grace;

/// Addresses near p and q are written relative to them.
std::string text(Address);
std::string text(ByteRange);
std::string text(const Victim&);
std::string text(const Inheritance&);
std::string text(const Finding&);
std::string text(const Exposure&);
std::string text(const FaultEvent&, const FaultReading&);

/// An address space has exposures now, or none any more.
struct Exposing {
  SpaceId space{};
  std::uint32_t pid = 0;
  bool on = false;
  bool operator==(const Exposing&) const = default;
};

/// What is to be said of a page fault, and of lost events, in a story.
struct FaultKind {
  bool major = false;
  bool write = false;
  std::optional<bool> present{};
  bool from_swap = false;
};
struct LossKind {
  bool in_ring = false;
  bool harmless = false;
  std::optional<SpaceId> space{};
};

/// Keeps what the correlator gives out.
class Recorder : public Output {
public:
  void finding(const Finding& each) override {
    findings.push_back(each);
    lines.push_back(text(each));
  }
  void exposure(const Exposure& each) override {
    exposures.push_back(each);
    lines.push_back(text(each));
  }
  void call(const CallEvent&, const CallReading& reading) override { readings.push_back(reading); }
  void lost(const LostEvent& each) override {
    losses.push_back(each);
    lines.push_back("lost " + std::to_string(each.count));
  }
  void fault(const FaultEvent& event, const FaultReading& reading) override {
    faults.push_back(reading);
    lines.push_back(text(event, reading));
  }
  void exposing(SpaceId space, std::uint32_t pid, bool on) override {
    exposing_told.push_back({space, pid, on});
  }
  void snapshot_wanted(SpaceId space, std::uint32_t) override { asked.push_back(space); }

  std::vector<Finding> findings;
  std::vector<Exposure> exposures;
  std::vector<CallReading> readings;
  std::vector<FaultReading> faults;
  std::vector<LostEvent> losses;
  std::vector<SpaceId> asked;
  std::vector<Exposing> exposing_told;
  Lines lines;
};

class Story {
public:
  enum class Words { told, silent };

  /// Told to the correlator as another platform would have it.
  struct Elsewhere {
    std::string_view platform = "linux";
    std::uint64_t page = 4096; ///< there; the story itself has pages of its own
    WhatIf::Mappings mappings = WhatIf::Mappings::all;
  };

  explicit Story(std::uint64_t page = 4096, Words words = Words::told, Limits limits = {});
  explicit Story(const Elsewhere&, std::uint64_t page = 4096, Words words = Words::told);

  Story& lock(Address at, std::uint64_t len) { return send(kernel().mlock(at, len)); }
  Story& lock2(Address at, std::uint64_t len) {
    return send(kernel().mlock(at, len, Call::mlock2));
  }
  Story& unlock(Address at, std::uint64_t len) { return send(kernel().munlock(at, len)); }
  Story& lock_all(std::uint64_t flags = 1) { return send(kernel().mlockall(flags)); }
  Story& unlock_all() { return send(kernel().munlockall()); }
  Story& map(Address at, std::uint64_t len, std::uint64_t flags = 0, SimKernel::Page kind = {}) {
    return send(kernel().mmap(at, len, flags, kind));
  }
  Story& unmap(Address at, std::uint64_t len) { return send(kernel().munmap(at, len)); }
  Story& remap(Address at, std::uint64_t len, std::uint64_t new_len, Address to,
               std::uint64_t flags = 1) {
    return send(kernel().mremap(at, len, new_len, flags, to));
  }
  Story& brk(Address end) { return send(kernel().brk(end)); }
  /// Forks; the story goes on in the parent.
  Story& fork();
  /// The story goes on in the address space made last by fork, or in the first.
  Story& in_child() { return in_process(first_pid + kernels_.size() - 1); }
  Story& in_parent() { return in_process(first_pid); }
  /// The first process has the pid 100, those that are forked the next ones.
  Story& in_process(std::size_t pid) {
    current_ = pid - first_pid;
    return *this;
  }
  Story& end();
  Story& snapshot(std::uint64_t lost = 0);
  Story& wait(Time nanoseconds);
  Story& tick(Time seconds) { return wait(seconds * 1'000'000'000); }
  /// The grace time of all children that were forked so far is over, and the kernel lists the
  /// mappings of this one.
  Story& outlive() { return wait(grace + 1).snapshot(); }
  Story& fault(Address at, const FaultKind& kind = {});
  /// The pages of these bytes are seen in swap.
  Story& swap(Address at, std::uint64_t len = 1) { return send_swap(at, len, false); }
  /// Nobody saw it; that they went there is concluded from where they lay when they were mapped.
  Story& swap_inferred(Address at, std::uint64_t len = 1) { return send_swap(at, len, true); }
  Story& lost(std::uint64_t count, const LossKind& kind = {});
  Story& finish();

  /// Changes the next event before it is sent.
  Story& tweak(std::function<void(CallEvent&)> change) {
    tweak_ = std::move(change);
    return *this;
  }
  Story& overlapped() {
    return tweak([](CallEvent& event) { event.overlapped = true; });
  }
  /// The next call fails with this errno, before it does anything.
  Story& refuse(std::int64_t error) {
    kernel().refuse = error;
    return *this;
  }
  /// The next event does not arrive, and the ones after it say so.
  Story& lose() {
    lose_next_ = true;
    return *this;
  }
  Story& send(CallEvent event);

  SimKernel& kernel() { return *kernels_[current_]; }
  Correlator& model() { return model_; }
  const Totals& totals() { return model_.totals(); }
  SpaceId space() { return kernel().id; }
  [[nodiscard]] std::uint32_t pid() const {
    return static_cast<std::uint32_t>(first_pid + current_);
  }
  Recorder out;
  /// What was given out since this was last asked.
  Lines told() { return std::exchange(out.lines, {}); }
  std::vector<PageRange> locked() { return model_.locked_pages(kernel().id); }

  /// What the last call returned, where the story is told.
  [[nodiscard]] std::int64_t last_ret() const { return last_ret_; }

  /// Null if the story is told where it happened.
  [[nodiscard]] const WhatIf* what_if() const { return what_if_.get(); }

  std::uint32_t tid = 100;
  Time now = 1'000'000;

private:
  static constexpr std::size_t first_pid = 100;
  void give(Event event) {
    if (what_if_) what_if_->translate(event);
    if (const auto* call = std::get_if<CallEvent>(&event)) last_ret_ = call->ret;
    model_.handle(event);
  }
  void begin(std::uint64_t page, Words);
  Story& send_swap(Address at, std::uint64_t len, bool inferred);
  [[nodiscard]] Caller caller() const { return {.pid = pid(), .tid = tid, .uid = 0, .comm = {}}; }

  struct Sent {
    std::uint64_t calls = 0;
    std::uint64_t lost = 0;
  };
  std::unique_ptr<WhatIf> what_if_;
  Correlator model_;
  std::vector<std::unique_ptr<SimKernel>> kernels_;
  std::vector<Sent> sent_;
  std::size_t current_ = 0;
  std::function<void(CallEvent&)> tweak_;
  bool lose_next_ = false;
  std::int64_t last_ret_ = 0;
};

} // namespace mlockscope::test
