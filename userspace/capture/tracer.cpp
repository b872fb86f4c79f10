#include "capture/tracer.hpp"

#include "capture/environment.hpp"
#include "capture/iterator.hpp"
#include "capture/late_probes.hpp"
#include "capture/probes.hpp"
#include "capture/ring_fill.hpp"
#include "capture/watches.hpp"

#include <bpf/bpf.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace mlockscope::capture {
namespace {

struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

} // namespace

class Tracer::Impl {
public:
  static int forward(void* self, void* data, std::size_t size) {
    auto& impl = *static_cast<Impl*>(self);
    (*impl.receiver)(Record(static_cast<const std::byte*>(data), size));
    return ++impl.drained >= most_at_once ? -EAGAIN : 0; // a negative number ends the drain
  }
  /// Pause has the values of READER_* in bpf/maps.bpf.h.
  void announce(Pause pause) {
    std::atomic_ref(skeleton->bss->reader_state)
        .store(static_cast<std::uint32_t>(pause), std::memory_order_seq_cst);
  }

  explicit Impl(Tracefs opened) : tracefs(std::move(opened)) {}

  Tracefs tracefs;
  Plan plan;
  bool plain = false;
  Lister lister; ///< if the probes cannot list mappings
  ProbesPtr skeleton;
  std::unique_ptr<ring_buffer, FreeRing> ring;
  RingFill fill;
  Watches watches;
  std::unique_ptr<LateProbes> swap_probes, fault_probes;
  std::vector<Link> links; // last: detached first
  const std::function<void(Record)>* receiver = nullptr;
  std::size_t drained = 0;
};

Tracer::Tracer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tracer::~Tracer() = default;

namespace {

/// What was asked for, or else what this kernel offers, best first.
util::Result<std::vector<Backend>> candidates(const TracerOptions& options,
                                              const KernelOffers& offers) {
  if (options.backend) {
    const auto& trial = offers.trial(*options.backend);
    if (trial) return std::vector{*options.backend};
    const auto& error = trial.error();
    return util::Error{"cannot trace by " + std::string(name_of(*options.backend)) + " here",
                       error.what + (error.why.empty() ? "" : ": " + error.why),
                       "leave --backend out, or see mlockscope doctor"};
  }
  std::vector<Backend> all;
  for (const Backend backend : all_backends)
    if (offers.offers(backend)) all.push_back(backend);
  if (all.empty()) return offers.trial(Backend::tracepoint).error();
  return all;
}

} // namespace

util::Result<std::unique_ptr<Tracer>> Tracer::start(const TracerOptions& options) {
  if (auto possible = check_possible(); !possible) return possible.error();
  set_libbpf_log(options.verbose);
  auto tracefs = Tracefs::open();
  if (!tracefs) return tracefs.error();
  const KernelOffers offers(tracefs.value());
  auto backends = candidates(options, offers);
  if (!backends) return backends.error();
  // A kernel may offer a way and yet refuse what is needed of it: then the next one is taken.
  for (std::size_t i = 0;; ++i) {
    auto tracer = start_by(backends.value()[i], options, offers, tracefs.value());
    if (tracer || i + 1 == backends.value().size()) return tracer;
    if (options.verbose)
      std::fprintf(stderr, "not by %s: %s\n", name_of(backends.value()[i]).data(),
                   tracer.error().message().c_str());
  }
}

util::Result<std::unique_ptr<Tracer>> Tracer::start_by(Backend backend,
                                                       const TracerOptions& options,
                                                       const KernelOffers& offers,
                                                       const Tracefs& tracefs) {
  auto loaded = load_probes(options, backend, offers);
  if (!loaded) return loaded.error();
  std::unique_ptr<Tracer> tracer(new Tracer(std::make_unique<Impl>(tracefs.again())));
  auto& impl = *tracer->impl_;
  impl.skeleton = std::move(loaded.value().skeleton);
  impl.plan = std::move(loaded.value().plan);
  impl.plain = loaded.value().plain;
  if (impl.plain) impl.lister = options.lister;
  if (auto filled = fill_filters(*impl.skeleton, options.filters); !filled) return filled.error();
  const int events = bpf_map__fd(impl.skeleton->maps.events);
  impl.ring.reset(ring_buffer__new(events, Impl::forward, &impl, nullptr));
  if (!impl.ring) return util::system_error("cannot map the ring buffer", errno);
  auto fill = RingFill::of(events);
  if (!fill) return fill.error();
  impl.fill = fill.take();
  auto watches = Watches::of(*impl.skeleton);
  if (!watches) return watches.error();
  impl.watches = watches.take();
  const auto late = [&impl](Phase phase) {
    return std::make_unique<LateProbes>(hooks_of(impl.plan, phase), impl.tracefs);
  };
  impl.swap_probes = late(Phase::swap);
  if (!options.faults) impl.fault_probes = late(Phase::fault);
  // Before anything attaches: what follows speaks of process ids.
  auto self = read_processes(*impl.skeleton, static_cast<std::uint32_t>(::getpid()));
  if (!self) return self.error();
  if (!self.value().empty()) impl.skeleton->bss->pid_level = self.value().front().level;
  // Attaching takes the kernel a second: nothing is looked at before all of it is there, or locks
  // would be seen whose unlocking is not.
  tracer->mute(true);
  std::vector<Phase> phases{Phase::lifetime, Phase::exit, Phase::enter};
  if (options.faults) phases.push_back(Phase::fault);
  auto links = attach_hooks(impl.plan, phases, impl.tracefs);
  if (!links) return links.error();
  impl.links = links.take();
  tracer->mute(false);
  return tracer;
}

int Tracer::ring_fd() const { return bpf_map__fd(impl_->skeleton->maps.events); }

std::size_t Tracer::drain(const std::function<void(Record)>& receiver, Pause next) {
  impl_->announce(next); // first: a record sent from here on wakes, one sent before is found
  impl_->receiver = &receiver;
  impl_->drained = 0;
  ring_buffer__consume(impl_->ring.get());
  return impl_->drained;
}

bool Tracer::record_underway() const {
  pollfd ring{ring_fd(), POLLIN, 0};
  return ::poll(&ring, 1, 0) > 0;
}

util::Result<std::vector<std::byte>> Tracer::mappings(std::optional<std::uint32_t> pid) {
  impl_->skeleton->bss->snapshot_adopts = 0;
  return read_mappings(*impl_->skeleton, pid, impl_->lister);
}

util::Result<std::vector<std::byte>> Tracer::adopt_all() {
  impl_->skeleton->bss->snapshot_adopts = 1;
  auto records = read_mappings(*impl_->skeleton, std::nullopt, impl_->lister);
  impl_->skeleton->bss->snapshot_adopts = 0;
  return records;
}

util::Result<std::vector<std::uint32_t>> Tracer::matching() {
  auto processes = read_processes(*impl_->skeleton, std::nullopt);
  if (!processes) return processes.error();
  std::vector<std::uint32_t> pids;
  for (const Process& process : processes.value())
    if (process.passes) pids.push_back(process.pid);
  return pids;
}

void Tracer::follow(const std::vector<std::uint32_t>& pids) {
  const std::uint8_t followed = 0x2; // FOLLOWED of bpf/filter.bpf.h
  for (const std::uint32_t pid : pids)
    bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.descent), &pid, &followed, BPF_NOEXIST);
}

void Tracer::set_idle(std::uint64_t space, std::uint64_t calls) {
  // A full map means only that more is sent than needed.
  bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.idle_since), &space, &calls, BPF_ANY);
}

/// The slot of a number is found as told_slot() in bpf/stack_records.bpf.h finds it.
void Tracer::tell_again(std::uint64_t stack) {
  const auto* told = impl_->skeleton->maps.told_stacks;
  const auto slot = static_cast<std::uint32_t>(stack >> 1) & (bpf_map__max_entries(told) - 1);
  const std::uint64_t nothing = 0;
  bpf_map_update_elem(bpf_map__fd(told), &slot, &nothing, BPF_ANY);
}

void Tracer::set_exposing(std::uint64_t space, bool exposing) {
  impl_->watches.set_exposing(space, exposing);
}
void Tracer::looked_at_swap(std::uint64_t space) { impl_->watches.looked(space); }
void Tracer::watch_swap(bool on) { impl_->swap_probes->want(on); }
bool Tracer::swap_watched() const { return impl_->swap_probes->attached(); }
void Tracer::watch_faults() {
  if (impl_->fault_probes) impl_->fault_probes->want(true);
}
util::Status Tracer::tell_last_faults() { return read_last_faults(*impl_->skeleton); }

void Tracer::mute(bool muted) { std::atomic_ref(impl_->skeleton->bss->muted).store(muted); }

std::unordered_map<std::uint64_t, Tracer::Live> Tracer::live_spaces() const {
  // struct space of bpf/maps.bpf.h
  struct Space {
    std::uint64_t id, mm, started, finished, quiet_started, quiet_finished, moves_started,
        moves_finished, lost;
    std::uint32_t pid, flags, sequence, pad;
  };
  std::unordered_map<std::uint64_t, Live> live;
  const int ids = bpf_map__fd(impl_->skeleton->maps.space_ids);
  const int spaces = bpf_map__fd(impl_->skeleton->maps.spaces);
  const std::uint32_t slots = bpf_map__max_entries(impl_->skeleton->maps.spaces);
  std::uint64_t mm = 0, id = 0;
  // An entry that goes while its key is held starts the walk again; ids make that harmless, and
  // the number of steps bounds it.
  int failed = bpf_map_get_next_key(ids, nullptr, &mm);
  for (std::uint32_t i = 0; failed == 0 && i < 2 * slots; ++i) {
    if (bpf_map_lookup_elem(ids, &mm, &id) == 0) {
      Space space{};
      const auto slot = static_cast<std::uint32_t>(id % slots);
      if (bpf_map_lookup_elem(spaces, &slot, &space) == 0 && space.id == id)
        live[id] = {space.pid, space.lost};
    }
    failed = bpf_map_get_next_key(ids, &mm, &mm);
  }
  return live;
}

std::uint64_t Tracer::ring_used() const { return impl_->fill.used(); }

std::uint64_t Tracer::ring_size() const {
  return bpf_map__max_entries(impl_->skeleton->maps.events);
}

Tracer::ProbeCount Tracer::probes() const {
  ProbeCount count;
  count.attached = impl_->links.size();
  for (const auto* late : {impl_->swap_probes.get(), impl_->fault_probes.get()})
    if (late) (late->attached() ? count.attached : count.waiting) += late->size();
  count.missing = impl_->plan.missing_calls.size() + impl_->plan.missing_events.size();
  return count;
}

std::vector<std::string> Tracer::missing_calls() const { return impl_->plan.missing_calls; }
std::vector<std::string> Tracer::missing_events() const { return impl_->plan.missing_events; }
Backend Tracer::backend() const { return impl_->plan.backend; }
bool Tracer::reads_mappings() const { return !impl_->plain; }
bool Tracer::under_lock() const { return impl_->plan.under_lock; }
bool Tracer::sees_32_bit() const { return impl_->plan.sees_32_bit; }

Counters Tracer::counters() const {
  const auto& bss = *impl_->skeleton->bss;
  return {bss.records_lost, bss.lifetimes_lost,  bss.faults_lost,    bss.spaces_refused,
          bss.stacks_lost,  bss.stacks_recycled, bss.stacks_skipped, bss.code_lost};
}

} // namespace mlockscope::capture
