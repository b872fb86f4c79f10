// Calls a second of the correlator with 10, 1 000 and 1 000 000 live claims in one address space,
// beside the same calls with Boost.ICL. Two kinds of work, a lock and an unlock each turn:
//
//   alone      on a page with no other claim: the common, correct use
//   neighbour  on a page with another claim: every unlock gives a spill, every lock heals one
//
// Locked keys lie on every second page, and a turn's page is chosen at random.
#include "icl_yardstick.hpp"
#include "model/correlator.hpp"

#include <benchmark/benchmark.h>
#include <random>

namespace {

using namespace mlockscope;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t base = 0x7f0000000000;
constexpr std::uint64_t key_bytes = 32;

/// Where claim `i` of the standing ones is. The page behind it has none.
std::uint64_t standing(std::uint64_t i) { return base + i * 2 * page; }

struct Ignore final : model::Output {
  void finding(const model::Finding&) override { ++findings; }
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}
  void lost(const model::LostEvent&) override {}
  void snapshot_wanted(model::SpaceId, std::uint32_t) override { ++snapshots_wanted; }
  std::uint64_t findings = 0;
  std::uint64_t snapshots_wanted = 0;
};

/// The correlator with a kernel that says of each call what Linux would.
class Ours {
public:
  void lock(std::uint64_t addr, bool locked_before) {
    call(model::Call::mlock, addr, locked_before, true);
  }
  void unlock(std::uint64_t addr, bool locked_before) {
    call(model::Call::munlock, addr, locked_before, false);
  }
  [[nodiscard]] const Ignore& output() const { return output_; }
  [[nodiscard]] std::uint64_t divergences() const { return correlator_.totals().divergences; }

private:
  void call(model::Call name, std::uint64_t addr, bool before, bool after) {
    event_.call = name;
    event_.addr = addr;
    event_.enter = ++time_;
    event_.exit = ++time_;
    event_.before = word(addr, before);
    event_.after = word(addr, after);
    correlator_.handle(event_);
    event_.born_clean = false;
  }

  static model::KernelWord word(std::uint64_t addr, bool locked) {
    using Locked = model::KernelWord::Locked;
    const std::uint64_t start = addr & ~(page - 1);
    model::KernelWord word;
    word.locked = locked ? Locked::all : Locked::none;
    word.walked = {start, start + page};
    return word;
  }

  static model::CallEvent first_event() {
    model::CallEvent event;
    event.space = model::SpaceId{1};
    event.caller.pid = event.caller.tid = 1;
    event.len = key_bytes;
    event.born_clean = true;
    return event;
  }

  Ignore output_;
  model::Correlator correlator_{model::PageSize(page), output_};
  model::CallEvent event_ = first_event();
  model::Time time_ = 0;
};

class Icl {
public:
  void lock(std::uint64_t addr, bool /*locked_before*/) { yardstick_.lock(addr, key_bytes); }
  void unlock(std::uint64_t addr, bool /*locked_before*/) {
    benchmark::DoNotOptimize(yardstick_.unlock(addr, key_bytes));
  }

private:
  bench::IclYardstick yardstick_;
};

/// A bookkeeper with so many standing claims, made once for each.
template <class Keeper> Keeper& with_claims(std::uint64_t claims) {
  static std::uint64_t held = 0;
  static std::unique_ptr<Keeper> keeper;
  if (keeper == nullptr || held != claims) {
    keeper = std::make_unique<Keeper>();
    for (std::uint64_t i = 0; i < claims; ++i) keeper->lock(standing(i), false);
    held = claims;
  }
  return *keeper;
}

template <class Keeper> void turn(Keeper& keeper, std::uint64_t claim, bool neighbour) {
  const std::uint64_t key = standing(claim) + (neighbour ? 100 : page);
  keeper.lock(key, neighbour);
  keeper.unlock(key, true);
  if (!neighbour) return;
  // The neighbour locks its key again, having let go of it: one standing claim, as before.
  keeper.unlock(standing(claim), false);
  keeper.lock(standing(claim), false);
}

template <class Keeper> void run(benchmark::State& state, bool neighbour) {
  const auto claims = static_cast<std::uint64_t>(state.range(0));
  Keeper& keeper = with_claims<Keeper>(claims);
  std::mt19937_64 chance(1);
  for (auto _ : state) turn(keeper, chance() % claims, neighbour);
  state.SetItemsProcessed(state.iterations() * (neighbour ? 4 : 2)); // calls
  if constexpr (std::is_same_v<Keeper, Ours>) {
    if (keeper.divergences() != 0 || keeper.output().snapshots_wanted != 0) {
      state.SkipWithError("the correlator disagrees with the made-up kernel");
    }
  }
}

void correlator_alone(benchmark::State& state) { run<Ours>(state, false); }
void icl_alone(benchmark::State& state) { run<Icl>(state, false); }
void correlator_neighbour(benchmark::State& state) { run<Ours>(state, true); }
void icl_neighbour(benchmark::State& state) { run<Icl>(state, true); }

BENCHMARK(correlator_alone)->Arg(10)->Arg(1000)->Arg(1000000);
BENCHMARK(icl_alone)->Arg(10)->Arg(1000)->Arg(1000000);
BENCHMARK(correlator_neighbour)->Arg(10)->Arg(1000)->Arg(1000000);
BENCHMARK(icl_neighbour)->Arg(10)->Arg(1000)->Arg(1000000);

} // namespace

BENCHMARK_MAIN();
