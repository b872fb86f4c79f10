// Any bytes as a log of strace: no crash, bounded work, and entries that keep what they promise, by
// the correlator's own books.
#include "model/correlator.hpp"
#include "strace/log.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <set>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlockscope;

namespace {

class Silence : public model::Output {
  void finding(const model::Finding&) override {}
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {}
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}
};

void require(bool holds) {
  if (!holds) std::abort();
}

/// What must be true of the entries of any log.
class Checker {
public:
  explicit Checker(model::PageSize page) : model_(page, silence_) {}

  void take(const recording::Entry& entry) {
    require(!ended_);
    if (const auto* seen = std::get_if<recording::ProcessSeen>(&entry)) {
      require(told_.insert(seen->space).second);
      alive_.insert(seen->space);
    }
    if (const auto* event = std::get_if<model::Event>(&entry)) {
      std::visit([this](const auto& each) { check(each); }, *event);
      model_.handle(*event);
      // No log can contradict itself: what is listed follows from the calls.
      require(model_.totals().divergences == 0);
    }
    if (const auto* ended = std::get_if<recording::Ended>(&entry)) {
      require(ended->time >= now_);
      ended_ = true;
      model_.finish(ended->time);
    }
  }

private:
  void pass(model::Time time) {
    require(time >= now_);
    now_ = time;
  }
  void known(model::SpaceId space) { require(alive_.contains(space)); }

  void check(const model::CallEvent& call) {
    known(call.space);
    require(call.enter <= call.exit);
    pass(call.exit);
  }
  void check(const model::ForkEvent& fork) {
    known(fork.parent);
    known(fork.child);
    pass(fork.time);
  }
  void check(const model::EndEvent& end) {
    known(end.space);
    alive_.erase(end.space);
    pass(end.time);
  }
  void check(const model::SnapshotEvent& list) {
    known(list.space);
    require(list.calls_before == model_.calls_seen(list.space));
    pass(list.time);
  }
  void check(const model::LostEvent& lost) {
    if (lost.space) known(*lost.space);
    pass(lost.time);
  }
  void check(const model::TickEvent& tick) { pass(tick.time); }
  void check(const model::FaultEvent&) { require(false); }
  void check(const model::SwapEvent&) { require(false); }

  Silence silence_;
  model::Correlator model_;
  std::set<model::SpaceId> alive_;
  std::set<model::SpaceId> told_; ///< all that ever were: no number is given twice
  model::Time now_ = 0;
  bool ended_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const model::PageSize page(data[0] % 2 == 0 ? 4096 : 65536);
  const int fd = ::memfd_create("log", 0);
  require(fd >= 0 && ::write(fd, data + 1, size - 1) == static_cast<ssize_t>(size - 1));
  ::lseek(fd, 0, SEEK_SET);
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  auto log = strace::Log::open(path, page);
  Checker checker(page);
  while (log) {
    const auto entry = log.value()->next();
    if (!entry || entry.value() == nullptr) break;
    checker.take(*entry.value());
  }
  if (log) static_cast<void>(log.value()->remark());
  ::close(fd);
  return 0;
}
