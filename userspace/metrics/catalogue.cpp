#include "metrics/catalogue.hpp"

#include <array>

namespace mlockscope::metrics {
namespace {

using enum prometheus::MetricType;

constexpr auto table = std::to_array<MetricInfo>({
    {Metric::build_info, Gauge, "mlockscope_build_info", "version,revision,backend,kernel",
     "Always 1. The build, how its probes are attached, and the kernel it traces."},
    {Metric::calls, Counter, "mlockscope_calls_total", "call,result",
     "Traced system calls by result: ok or the name of the errno. Calls that only move mappings "
     "are traced in address spaces that have locks."},
    {Metric::call_seconds, Counter, "mlockscope_call_seconds_total", "call",
     "Time spent inside traced system calls."},
    {Metric::requested_bytes, Counter, "mlockscope_requested_bytes_total", "call",
     "Bytes that lock and unlock calls named, if they succeeded; mmap: with MAP_LOCKED only."},
    {Metric::applied_bytes, Counter, "mlockscope_applied_bytes_total", "call",
     "Bytes of the whole pages the kernel acted on in the same calls. What is more than was "
     "requested is rounding."},
    {Metric::findings, Counter, "mlockscope_findings_total", "kind,severity,comm",
     "Findings, by the name of the thread that made the call."},
    {Metric::possible_findings, Counter, "mlockscope_possible_findings_total", "",
     "Findings about locks older than the tracing, of which nobody knows what was asked for. Not "
     "among mlockscope_findings_total."},
    {Metric::last_finding_timestamp, Gauge, "mlockscope_last_finding_timestamp_seconds",
     "kind,severity", "When the latest finding of this kind happened, since 1970; 0: none yet."},
    {Metric::exposures, Gauge, "mlockscope_exposures", "comm",
     "Exposures that are open: bytes of a live lock request lie on unlocked pages."},
    {Metric::exposed_bytes, Gauge, "mlockscope_exposed_bytes", "comm",
     "Bytes that a live lock request covers and the kernel does not hold locked. What two requests "
     "cover counts twice."},
    {Metric::exposure_seconds, Histogram, "mlockscope_exposure_seconds", "closed",
     "How long exposures lasted, by what closed them."},
    {Metric::claims, Gauge, "mlockscope_claims", "comm",
     "Live claims: lock requests whose bytes their caller believes to be locked."},
    {Metric::claimed_bytes, Gauge, "mlockscope_claimed_bytes", "comm",
     "Bytes of live claims, as requested. What two claims cover counts twice."},
    {Metric::locked_bytes, Gauge, "mlockscope_locked_bytes", "comm",
     "Bytes of the pages that the model holds locked."},
    {Metric::faults, Counter, "mlockscope_faults_total", "where,type",
     "Page faults on locked and on exposed pages; major: the kernel had to wait for a disk."},
    {Metric::swapped_exposures, Counter, "mlockscope_swapped_exposures_total", "comm",
     "Exposures of which a page was seen in swap: their bytes may be on the disk."},
    {Metric::unlocks_without_lock, Counter, "mlockscope_unlocks_without_lock_total", "",
     "munlock calls on pages of which none was locked or claimed."},
    {Metric::address_spaces, Gauge, "mlockscope_address_spaces", "",
     "Address spaces that are followed."},
    {Metric::address_spaces_incomplete, Gauge, "mlockscope_address_spaces_incomplete", "",
     "Of these, those whose model waits for the kernel's list of mappings."},
    {Metric::events, Counter, "mlockscope_events_total", "", "Events of the kernel handled."},
    {Metric::events_lost, Counter, "mlockscope_events_lost_total", "",
     "Events that could not be sent or read. Findings may be missing."},
    {Metric::divergences, Counter, "mlockscope_model_divergences_total", "",
     "Times the kernel's word on locked pages contradicted the model. A bug of mlockscope, or a "
     "way to lock that it does not see."},
    {Metric::resynchronisations, Counter, "mlockscope_resynchronisations_total", "",
     "Times the model of an address space was compared with the kernel's list of mappings: where "
     "locks are older than the tracing, after mlockall, for verdicts on forks, after losses."},
    {Metric::last_resynchronisation_timestamp, Gauge,
     "mlockscope_last_resynchronisation_timestamp_seconds", "",
     "When that happened last, since 1970; 0: not yet."},
    {Metric::claims_dropped, Counter, "mlockscope_claims_dropped_total", "",
     "Lock requests not recorded as claims because a bound was met."},
    {Metric::findings_dropped, Counter, "mlockscope_findings_dropped_total", "",
     "Findings of one call beyond the bound on them."},
    {Metric::findings_suppressed, Counter, "mlockscope_findings_suppressed_total", "",
     "Findings that a suppression fits: in no other metric of findings."},
    {Metric::stacks_missing, Counter, "mlockscope_stacks_missing_total", "cause",
     "Lock calls whose place in the code is not known, or in part: lost (no room in the ring "
     "buffer), skipped (too many new ones that second), forgotten (too many others since)."},
    {Metric::ring_size, Gauge, "mlockscope_ring_buffer_size_bytes", "",
     "Size of the buffer between the probes and the reader."},
    {Metric::ring_used, Gauge, "mlockscope_ring_buffer_used_bytes", "",
     "How much of it was used when the reader last came."},
    {Metric::ring_peak, Gauge, "mlockscope_ring_buffer_peak_bytes", "",
     "The most the reader found used within the last one to two minutes."},
    {Metric::probes, Gauge, "mlockscope_probes", "state",
     "Probes by state: attached, waiting (attached on demand: not needed now, or not yet there), "
     "missing (the kernel "
     "has no such hook)."},
    {Metric::comms, Gauge, "mlockscope_comms", "", "Names that have series of their own."},
    {Metric::comms_limit, Gauge, "mlockscope_comms_limit", "",
     "The most there can be of them; --metrics-comms."},
    {Metric::comms_folded, Gauge, "mlockscope_comms_folded", "",
     "Names with live address spaces that are counted as other now."},
    {Metric::comm_folds, Counter, "mlockscope_comm_folds_total", "",
     "Times a name lost its series: its processes had ended, or others were busier."},
    {Metric::collected_timestamp, Gauge, "mlockscope_collected_timestamp_seconds", "",
     "When the tracer gave these numbers, since 1970. It does so for every scrape unless it is "
     "stuck."},
    {Metric::scrape_duration, Gauge, "mlockscope_scrape_duration_seconds", "",
     "How long collecting the numbers for this scrape took."},
    {Metric::process_cpu_seconds, Counter, "process_cpu_seconds_total", "",
     "Processor time this process has used, in user and kernel mode."},
    {Metric::process_max_fds, Gauge, "process_max_fds", "",
     "How many files this process may have open."},
    {Metric::process_open_fds, Gauge, "process_open_fds", "",
     "How many files this process has open."},
    {Metric::process_resident_memory, Gauge, "process_resident_memory_bytes", "",
     "Memory of this process that is in RAM."},
    {Metric::process_start_time, Gauge, "process_start_time_seconds", "",
     "When this process began, since 1970."},
    {Metric::process_virtual_memory, Gauge, "process_virtual_memory_bytes", "",
     "Address space this process has mapped."},
    {Metric::process_virtual_memory_max, Gauge, "process_virtual_memory_max_bytes", "",
     "How much it may map; -1: no limit."},
});

constexpr bool in_order() {
  for (std::size_t at = 0; at < table.size(); ++at)
    if (table[at].metric != static_cast<Metric>(at)) return false;
  return true;
}
static_assert(in_order());

} // namespace

std::span<const MetricInfo> catalogue() { return table; }

const MetricInfo& info(Metric metric) { return table[static_cast<std::size_t>(metric)]; }

} // namespace mlockscope::metrics
