// What a recording costs: nanoseconds on the thread that traces for each call that is put, and
// entries a second when it is read again. Two processes lock and unlock a page in turn, as the
// program `hammer` of the tests does; "bytes" are those of the file for each call.
//
//   put      the calling thread alone; the thread that writes has its own time
//   put_all  from the first call to the end of close()
//   read     from the file, in the page cache, to entries
#include "recording/reader.hpp"
#include "recording/writer.hpp"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <unistd.h>

namespace {

using namespace mlockscope;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t calls = 1'000'000;

/// mlock and munlock by two processes; times as if each made 200,000 calls a second.
std::vector<model::CallEvent> hammer() {
  std::vector<model::CallEvent> events(calls);
  std::mt19937_64 chance(1);
  model::Time now = 1'000'000'000'000;
  for (std::uint64_t n = 0; n < calls; ++n) {
    using Locked = model::KernelWord::Locked;
    model::CallEvent& event = events[n];
    const bool lock = n / 2 % 2 == 0;
    const auto process = static_cast<std::uint32_t>(n % 2);
    event.space = model::SpaceId{0x1000 + process};
    event.call = lock ? model::Call::mlock : model::Call::munlock;
    event.caller = {4242 + process, 4242 + process, 1000, {{'h', 'a', 'm', 'm', 'e', 'r'}}};
    now += 1'500 + chance() % 2000;
    event.exit = now;
    event.enter = now - 700 - chance() % 600;
    event.addr = 0x7f0000000000 + process * 0x12345000;
    event.len = page;
    event.before.locked = lock ? Locked::none : Locked::all;
    event.after.locked = lock ? Locked::all : Locked::none;
    event.before.walked = event.after.walked = {event.addr, event.addr + page};
  }
  return events;
}

const std::vector<model::CallEvent>& events() {
  static const std::vector<model::CallEvent> all = hammer();
  return all;
}

class File {
public:
  File() { ::close(::mkstemp(name_)); }
  File(const File&) = delete;
  ~File() { std::filesystem::remove(name_); }
  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] recording::Writer writer() const {
    recording::Origin origin;
    origin.page_size = page;
    // Nothing shall be dropped here, however slow the disk is.
    auto writer = recording::Writer::create(name_, origin, {.queue_bytes = ~std::size_t{0}});
    if (!writer) std::abort();
    return writer.take();
  }

private:
  char name_[32] = "/tmp/recording-bench-XXXXXX";
};

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double process_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void tell(benchmark::State& state, const recording::Writer::Statistics& statistics) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls));
  state.counters["bytes"] =
      static_cast<double>(statistics.written) / static_cast<double>(statistics.entries);
  state.counters["raw_bytes"] =
      static_cast<double>(statistics.raw_bytes) / static_cast<double>(statistics.entries);
}

/// Manual time: the CPU time of this thread.
void put(benchmark::State& state) {
  const File file;
  recording::Writer::Statistics statistics;
  (void)events();
  for (auto _ : state) {
    auto writer = file.writer();
    const double before = thread_seconds();
    for (const model::CallEvent& event : events()) writer.put(event);
    state.SetIterationTime(thread_seconds() - before);
    if (!writer.close()) std::abort();
    statistics = writer.statistics();
  }
  tell(state, statistics);
}

/// Manual time: the CPU time of both threads.
void put_all(benchmark::State& state) {
  const File file;
  recording::Writer::Statistics statistics;
  (void)events();
  for (auto _ : state) {
    const double before = process_seconds();
    auto writer = file.writer();
    for (const model::CallEvent& event : events()) writer.put(event);
    if (!writer.close()) std::abort();
    state.SetIterationTime(process_seconds() - before);
    statistics = writer.statistics();
  }
  tell(state, statistics);
}

void read(benchmark::State& state) {
  const File file;
  auto writer = file.writer();
  for (const model::CallEvent& event : events()) writer.put(event);
  if (!writer.close()) std::abort();
  for (auto _ : state) {
    auto reader = recording::Reader::open(file.name());
    std::uint64_t count = 0;
    if (!reader) std::abort();
    for (auto next = reader.value().next(); next && next.value() != nullptr;
         next = reader.value().next())
      ++count;
    if (count != calls) state.SkipWithError("not all calls were read");
  }
  tell(state, writer.statistics());
}

BENCHMARK(put)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(put_all)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(read)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
