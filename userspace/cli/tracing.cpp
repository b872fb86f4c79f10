#include "cli/tracing.hpp"

#include "cli/mapping_list.hpp"
#include "cli/origin.hpp"
#include "cli/scope.hpp"
#include "cli/sinks.hpp"
#include "cli/version.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/utsname.h>

namespace mlockscope::cli {
namespace {

constexpr int doze_milliseconds = 5; // half of what a finding may wait
/// Drains without a record after which the reader asks to be woken instead of looking again.
constexpr int quiet_turns = 4;
constexpr std::int64_t longest_wait = 3'600'000;
constexpr model::Time millisecond = 1'000'000;
/// A finding without names is better than one that comes too late. Of a command that is tested, no
/// name is too late.
constexpr model::Time patience_of_host = 5'000 * millisecond;
constexpr model::Time patience_of_command = 60'000 * millisecond;

model::Limits limits_of(const CommonOptions& options) {
  model::Limits limits;
  limits.fork_grace = static_cast<model::Time>(options.fork_grace * 1e6);
  return limits;
}

/// A command is recorded with every mapping from its first instruction on: where mappings begin
/// decides what shares a larger page. Of a whole system this would be too much.
bool records_all_mappings(const CommonOptions& options, const capture::Filters& filters) {
  return !options.record.empty() && filters.family.has_value();
}

capture::Stacks stacks_of(StacksChoice choice) {
  switch (choice) {
  case StacksChoice::off:
    return capture::Stacks::off;
  case StacksChoice::on:
    return capture::Stacks::on;
  case StacksChoice::automatic:
    break;
  }
  return capture::Stacks::automatic;
}

std::optional<capture::Backend> backend_of(Backend choice) {
  switch (choice) {
  case Backend::fentry:
    return capture::Backend::fentry;
  case Backend::kprobe:
    return capture::Backend::kprobe;
  case Backend::tracepoint:
    return capture::Backend::tracepoint;
  case Backend::automatic:
    break;
  }
  return std::nullopt;
}

capture::TracerOptions tracer_options(const CommonOptions& options, model::PageSize page,
                                      const capture::Filters& filters) {
  // A command of its own has its first fault watched; for a whole system, the first lock decides.
  const bool faults = filters.family.has_value();
  return {.page_size = page.bytes(),
          .ring_bytes = options.buffer,
          .simulate_loss = options.simulate_loss,
          .faults = faults,
          .all_calls = faults || options.all_calls,
          .all_mappings = records_all_mappings(options, filters),
          .stacks = stacks_of(options.stacks),
          .backend = backend_of(options.backend),
          .plain = options.plain_probes,
          .lister = mappings_in_smaps,
          .verbose = options.verbose,
          .filters = filters};
}

/// What can be waited for; edge-triggered, because records are there long before the probes wake.
util::Result<util::Fd> watch(int ring, std::initializer_list<int> others) {
  util::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event on_ring{EPOLLIN | EPOLLET, {}}, on_other{EPOLLIN, {}};
  bool watched = epoll && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ring, &on_ring) == 0;
  for (const int other : others)
    if (other >= 0)
      watched = watched && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, other, &on_other) == 0;
  if (!watched) return util::system_error("cannot wait for events", errno);
  return epoll;
}

} // namespace

util::Result<Tracing::Preparations> Tracing::prepare(const CommonOptions& options) {
  Preparations prepared;
  if (auto files = check_files(options.view, options.record); !files) return files.error();
  if (options.stacks != StacksChoice::off) {
    auto resolver = symbols::Resolver::start({.verbose = options.verbose});
    if (!resolver) return resolver.error();
    prepared.resolver = resolver.take();
  }
  auto filters = filters_of(options.processes);
  if (!filters) return filters.error();
  prepared.filters = filters.take();
  auto suppressions = suppressions_of(options.view);
  if (!suppressions) return suppressions.error();
  prepared.suppressions = suppressions.take();
  auto exporter = Exporter::prepare(options.metrics);
  if (!exporter) return exporter.error();
  prepared.exporter = exporter.take();
  return prepared;
}

Tracing::Tracing(const CommonOptions& options, Preparations prepared,
                 std::unique_ptr<capture::Tracer> tracer, report::Writer out, report::Writer notes)
    : options_(options), out_(std::move(out)), notes_(std::move(notes)),
      page_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))), prepared_(std::move(prepared)),
      tracer_(std::move(tracer)) {
  began_ = monotonic_now();
}

util::Status Tracing::open_outlets() {
  auto outlets =
      Outlets::open(options_.view, std::move(prepared_.suppressions), out_, notes_, clock_,
                    {.want =
                         [this](model::StackId stack) {
                           if (namer_) namer_->want(stack);
                         },
                     .give_up =
                         [this](model::StackId stack) {
                           if (namer_) namer_->give_up(stack);
                         },
                     .now = monotonic_now});
  if (!outlets) return outlets.error();
  outlets_ = outlets.take();
  auto* const recorder = prepared_.exporter ? &prepared_.exporter->recorder() : nullptr;
  pipeline_ = std::make_unique<Pipeline>(outlets_->sink(), options_.view, recorder);
  if (recorder == nullptr) return util::success();
  outlets_->on_finding([recorder](const model::Finding& finding, const report::Context& context) {
    recorder->finding(finding, context.process);
  });
  outlets_->on_exposure(
      [recorder](const model::Exposure& exposure) { recorder->exposure(exposure); });
  return util::success();
}

/// After the output is known to be good: a file is not emptied for nothing.
util::Status Tracing::begin_recording() {
  if (options_.record.empty()) return util::success();
  recording::Origin origin = origin_of_this_host(page_, clock_);
  origin.backend = std::string(capture::name_of(tracer_->backend()));
  origin.began = began_;
  origin.fork_grace = limits_of(options_).fork_grace;
  origin.misses_32_bit_calls = !tracer_->sees_32_bit();
  origin.all_mappings = records_all_mappings(options_, prepared_.filters);
  if (options_.record == "-")
    return util::Error{"cannot record to -", "a recording is no text for standard output",
                       "give it a file of its own"};
  auto writer = recording::Writer::create(options_.record, origin);
  if (!writer) return writer.error();
  recording_.emplace(writer.take());
  code_.tell([this](const CodeLists::List& list) {
    recording_->put(recording::CodeMappings{list.space, list.pid, list.time, list.code});
  });
  return util::success();
}

/// A command is over soon, and what is recorded has to be whole: then every stack is named. Of a
/// whole system those that findings name.
void Tracing::begin_session() {
  recording::Writer* const recording = recording_ ? &*recording_ : nullptr;
  const bool all = recording != nullptr || prepared_.filters.family.has_value();
  if (prepared_.resolver)
    namer_.emplace(*prepared_.resolver, outlets_->names(), code_, recording,
                   all ? Namer::When::seen : Namer::When::wanted);
  session_ = std::make_unique<Session>(
      *tracer_, *pipeline_, page_, limits_of(options_),
      Keepers{recording, code_.wanted() ? &code_ : nullptr, namer_ ? &*namer_ : nullptr});
}

util::Result<std::unique_ptr<Tracing>>
Tracing::begin(const CommonOptions& options, Preparations prepared, const Signals& signals) {
  // Before the probes: a port in use is told at once, and whoever waits can ask if it is ready.
  if (prepared.exporter)
    if (auto listening = prepared.exporter->listen(); !listening) return listening.error();
  const model::PageSize page(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  auto tracer = capture::Tracer::start(tracer_options(options, page, prepared.filters));
  if (!tracer) return tracer.error();
  auto out = open_output(options.view.output); // only now: a file is not emptied for nothing
  if (!out) return out.error();
  auto notes = report::Writer::to_descriptor(STDERR_FILENO, "standard error");
  if (!notes) return notes.error();
  std::unique_ptr<Tracing> tracing(
      new Tracing(options, std::move(prepared), tracer.take(), out.take(), notes.take()));
  tracing->out_.interruptible_by(signals.fd());
  if (auto opened = tracing->open_outlets(); !opened) return opened.error();
  if (auto recording = tracing->begin_recording(); !recording) return recording.error();
  tracing->begin_session();
  // Before the first line: whoever waits for it counts on their being traced.
  if (auto followed = tracing->follow_descendants(); !followed) return followed.error();
  tracing->print_start();
  if (!tracing->prepared_.filters.family)
    if (auto adopted = tracing->session_->adopt(); !adopted) return adopted.error();
  tracing->begin_serving();
  return tracing;
}

/// Those that were there before the tracing. Later ones follow by themselves.
util::Status Tracing::follow_descendants() {
  const capture::Filters& filters = prepared_.filters;
  if (filters.family || !filters.follow) return util::success();
  auto matching = tracer_->matching();
  if (!matching) return matching.error();
  const procfs::Proc proc;
  for (const std::uint32_t pid : matching.value()) tracer_->follow(proc.descendants(pid));
  return util::success();
}

void Tracing::print_start() {
  utsname names{};
  ::uname(&names);
  outlets_->sink().start({.version = version_text,
                          .kernel = names.release,
                          .machine = names.machine,
                          .page_size = page_,
                          .backend = std::string(capture::name_of(tracer_->backend())),
                          .time = began_,
                          .sees_32_bit = tracer_->sees_32_bit()});
  if (!tracer_->sees_32_bit())
    std::fprintf(stderr, "mlockscope: locks made by 32-bit system calls go unseen%s\n",
                 capture::way_to_32_bit);
}

void Tracing::begin_serving() {
  if (prepared_.exporter) {
    prepared_.exporter->ready();
    for (const std::string& url : prepared_.exporter->urls())
      std::fprintf(stderr, "mlockscope: metrics on %s%s/metrics\n", report::escape(url).c_str(),
                   url.starts_with("unix:") ? ", path " : "");
  }
}

/// One turn of the session, and the answer to those who wait for metrics.
std::size_t Tracing::turn(capture::Pause next) {
  if (prepared_.exporter)
    prepared_.exporter->recorder().ring(tracer_->ring_used(), monotonic_now());
  const std::size_t count = session_->turn(next);
  const model::Time now = monotonic_now();
  outlets_->sink().release_older(now - std::min(now, patience()));
  if (namer_)
    if (const auto trouble = namer_->trouble()) complain(*trouble);
  tell_if_recording_failed();
  if (prepared_.exporter) prepared_.exporter->answer_if_asked([this] { return metrics_now(); });
  return count;
}

/// The tracing goes on: what is found is shown all the same.
void Tracing::tell_if_recording_failed() {
  if (!recording_ || recording_failed_ || !recording_->failed()) return;
  recording_failed_ = true;
  complain(recording_->error());
}

std::optional<util::Error> Tracing::recording_error() const {
  if (!recording_) return std::nullopt;
  if (recording_->failed()) return recording_->error();
  const std::uint64_t dropped = recording_->statistics().dropped;
  if (dropped == 0) return std::nullopt;
  return util::Error{options_.record + " is not complete",
                     std::to_string(dropped) + " events could not be recorded",
                     "record to a faster disk"};
}

metrics::Snapshot Tracing::metrics_now() {
  const auto process_of = [this](model::SpaceId space) -> const model::ProcessInfo& {
    return pipeline_->processes().of(space);
  };
  return prepared_.exporter->recorder().take(session_->correlator(), process_of, health(),
                                             monotonic_now());
}

metrics::Health Tracing::health() const {
  utsname names{};
  ::uname(&names);
  const auto probes = tracer_->probes();
  return {.version = version_number,
          .revision = version_revision,
          .backend = std::string(capture::name_of(tracer_->backend())),
          .kernel = names.release,
          .ring_size = tracer_->ring_size(),
          .probes_attached = probes.attached,
          .probes_waiting = probes.waiting,
          .probes_missing = probes.missing,
          .stacks = session_->stacks(),
          .suppressed = outlets_->suppressed()};
}

void Tracing::loop(Signals& signals, const OnSignal& on_signal, bool need_output) {
  auto epoll =
      watch(tracer_->ring_fd(), {signals.fd(), prepared_.exporter ? prepared_.exporter->fd() : -1,
                                 namer_ ? namer_->fd() : -1});
  if (!epoll) return complain(epoll.error());
  const model::Time end =
      options_.duration > 0 ? began_ + static_cast<model::Time>(options_.duration * 1e9) : 0;
  int quiet = 0;
  while (!need_output || !output_failed()) {
    const auto next = quiet >= quiet_turns ? capture::Pause::sleep : capture::Pause::doze;
    quiet = turn(next) != 0 ? 0 : std::min(quiet + 1, quiet_turns);
    outlets_->sink().flush();
    while (const auto signal = signals.next()) {
      if (!on_signal(*signal)) continue;
      if (signal->ssi_signo != SIGCHLD) out_.hurry(); // somebody wants it to end
      return;
    }
    const model::Time now = monotonic_now();
    if (end != 0 && now >= end) return;
    std::int64_t wait = quiet == 0 ? doze_milliseconds : pause(next);
    if (end != 0) {
      const auto left = static_cast<std::int64_t>((end - now) / millisecond + 1);
      wait = wait < 0 ? left : std::min(wait, left);
    }
    epoll_event event{};
    const int bounded = static_cast<int>(std::min<std::int64_t>(wait, longest_wait));
    if (::epoll_wait(epoll.value().get(), &event, 1, bounded) > 0) quiet = 0;
  }
}

void Tracing::wait_for_forks(Signals& signals) {
  // Children that are forked meanwhile do not prolong it. A verdict takes a little more: the list
  // of the child's mappings.
  model::Time end = monotonic_now() + limits_of(options_).fork_grace + 500 * millisecond;
  if (options_.duration > 0)
    end = std::min(end, began_ + static_cast<model::Time>(options_.duration * 1e9));
  turn(capture::Pause::none);
  while (session_->correlator().forks_pending() && monotonic_now() < end) {
    pollfd ready{signals.fd(), POLLIN, 0};
    ::poll(&ready, 1, doze_milliseconds);
    while (const auto signal = signals.next())
      if (signal->ssi_signo != SIGCHLD) return out_.hurry();
    turn(capture::Pause::none);
    outlets_->sink().flush();
  }
}

/// How long a finding waits for names.
model::Time Tracing::patience() const {
  return prepared_.filters.family ? patience_of_command : patience_of_host;
}

/// How long to wait for news, in milliseconds; -1: for ever.
int Tracing::pause(capture::Pause next) const {
  if (next != capture::Pause::sleep || tracer_->record_underway()) return doze_milliseconds;
  auto due = session_->next_due();
  // A finding that waits for names does not wait for ever.
  if (!outlets_->sink().empty()) due = std::min(due.value_or(patience()), patience());
  return due ? static_cast<int>(*due / millisecond) : -1;
}

void Tracing::end() {
  if (prepared_.exporter) prepared_.exporter->close();
  tracer_->mute();
  const model::Time ended = session_->finish();
  outlets_->sink().summary({.totals = session_->correlator().totals(),
                            .tally = pipeline_->tally(),
                            .seconds = static_cast<double>(ended - began_) / 1e9,
                            .backend = std::string(capture::name_of(tracer_->backend())),
                            .time = ended,
                            .hidden = pipeline_->hidden(),
                            .stacks = session_->stacks(),
                            .sees_32_bit = tracer_->sees_32_bit()});
  outlets_->sink().flush();
  outlets_->tell_unused(notes_);
  if (recording_) static_cast<void>(recording_->close()); // recording_error() tells
  prepared_.exporter.reset();                             // last: its clients may take their time
}

std::optional<util::Error> Tracing::output_error() const {
  return out_.ok() ? outlets_->error() : out_.error();
}

std::uint64_t Tracing::lost() const { return session_->correlator().totals().lost; }

} // namespace mlockscope::cli
