#include "host.hpp"

#include "support/catch.hpp"

#include <sys/mman.h>

using namespace mlockscope;
using namespace mlockscope::test;
using model::Call;

namespace {

using Series = std::map<std::string, double>;

double sum_of(const Series& all, const std::string& name) {
  double sum = 0;
  for (const auto& [series, value] : all)
    if (series.starts_with(name + "{")) sum += value;
  return sum;
}

} // namespace

TEST_CASE("the base series are there at 0 before anything is traced") {
  Host host;
  const Series all = series_of(host.recorder.before_tracing(host.now));
  for (const char* zero : {
           "mlockscope_calls_total{call=mlock,result=ok}",
           "mlockscope_calls_total{call=shmdt,result=ok}",
           "mlockscope_calls_total{call=mlock2,result=EPERM}",
           "mlockscope_requested_bytes_total{call=munlock}",
           "mlockscope_findings_total{kind=spill,severity=high,comm=other}",
           "mlockscope_findings_total{kind=swapped,severity=critical,comm=other}",
           "mlockscope_last_finding_timestamp_seconds{kind=fork,severity=medium}",
           "mlockscope_exposures{comm=other}",
           "mlockscope_exposure_seconds{closed=unlocked-all}",
           "mlockscope_locked_bytes{comm=other}",
           "mlockscope_faults_total{where=exposed,type=major}",
           "mlockscope_swapped_exposures_total{comm=other}",
           "mlockscope_events_lost_total",
           "mlockscope_model_divergences_total",
           "mlockscope_comms",
       }) {
    INFO(zero);
    REQUIRE(all.count(zero) == 1);
    CHECK(all.at(zero) == 0);
  }
}

TEST_CASE("a spill shows in every series it concerns") {
  Host host;
  host.in(1, "gpg").spill();
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_findings_total{kind=spill,severity=high,comm=gpg}") == 1);
  CHECK(all.at("mlockscope_findings_total{kind=spill,severity=high,comm=other}") == 0);
  CHECK(all.at("mlockscope_exposures{comm=gpg}") == 1);
  CHECK(all.at("mlockscope_exposed_bytes{comm=gpg}") == 32);
  CHECK(all.at("mlockscope_claims{comm=gpg}") == 1);
  CHECK(all.at("mlockscope_claimed_bytes{comm=gpg}") == 32);
  CHECK(all.at("mlockscope_locked_bytes{comm=gpg}") == 0);
  CHECK(all.at("mlockscope_calls_total{call=mlock,result=ok}") == 2);
  CHECK(all.at("mlockscope_call_seconds_total{call=mlock}") == Approx(2e-6));
  CHECK(all.at("mlockscope_requested_bytes_total{call=mlock}") == 64);
  CHECK(all.at("mlockscope_applied_bytes_total{call=mlock}") == 2 * page);
  CHECK(all.at("mlockscope_events_total") == 3);
  CHECK(all.at("mlockscope_last_finding_timestamp_seconds{kind=spill,severity=high}") ==
        Approx(1'000'001.000003));
}

TEST_CASE("locked bytes follow the pages") {
  Host host;
  host.lock(p + 1, 1).lock(p + 3 * page, 2 * page);
  CHECK(series_of(host.snapshot()).at("mlockscope_locked_bytes{comm=demo}") == 3 * page);
  host.unlock(p + 4 * page, 1);
  CHECK(series_of(host.snapshot()).at("mlockscope_locked_bytes{comm=demo}") == 2 * page);
  host.call(Call::munmap, p, page);
  CHECK(series_of(host.snapshot()).at("mlockscope_locked_bytes{comm=demo}") == page);
  host.call(Call::munlockall, 0, 0);
  CHECK(series_of(host.snapshot()).at("mlockscope_locked_bytes{comm=other}") == 0);
}

TEST_CASE("what mlockall locked counts when the kernel's list has told what there is") {
  Host host;
  host.call(Call::mlockall, 0, 0, 0, MCL_CURRENT);
  CHECK(series_of(host.snapshot()).count("mlockscope_locked_bytes{comm=demo}") == 0);
  model::SnapshotEvent list;
  list.space = model::SpaceId{1};
  list.pid = 1;
  list.comm = comm("demo");
  list.time = host.now;
  list.calls_before = 1;
  list.mappings = {{{p, p + 5 * page}, true, false, false, false, false},
                   {{p + 9 * page, p + 10 * page}, false, false, false, false, false}};
  host.correlator.handle(model::Event(list));
  CHECK(series_of(host.snapshot()).at("mlockscope_locked_bytes{comm=demo}") == 5 * page);
}

TEST_CASE("failed calls count by errno, and their bytes do not") {
  Host host;
  host.call(Call::mlock, p, 100, -ENOMEM).call(Call::mlock, p, 100, -EPERM).lock(p, 100);
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_calls_total{call=mlock,result=ENOMEM}") == 1);
  CHECK(all.at("mlockscope_calls_total{call=mlock,result=EPERM}") == 1);
  CHECK(all.at("mlockscope_calls_total{call=mlock,result=ok}") == 1);
  CHECK(all.at("mlockscope_requested_bytes_total{call=mlock}") == 100);
}

TEST_CASE("of mmap only the bytes of MAP_LOCKED count") {
  Host host;
  host.lock(p, 1);
  host.call(Call::mmap, 0, 100, p + 16 * page).call(Call::mmap, 0, 100, p + 32 * page, MAP_LOCKED);
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_calls_total{call=mmap,result=ok}") == 2);
  CHECK(all.at("mlockscope_requested_bytes_total{call=mmap}") == 100);
  CHECK(all.at("mlockscope_applied_bytes_total{call=mmap}") == page);
}

TEST_CASE("an exposure that closes goes into the histogram of how it closed") {
  Host host;
  host.spill().wait(3 * second).unlock(p + 100, 32);
  const auto snapshot = host.snapshot();
  const auto& released = snapshot.durations[static_cast<std::size_t>(model::Closed::released)];
  CHECK(released.counts[7] == 1); // from one to five seconds
  CHECK(released.seconds == Approx(3).epsilon(0.001));
  CHECK(series_of(snapshot).at("mlockscope_exposure_seconds{closed=released}") == 1);
  CHECK(series_of(snapshot).at("mlockscope_exposures{comm=other}") == 0);
}

TEST_CASE("the gauges of an ended process go, its counters stay until its name is folded") {
  Host host;
  host.in(1, "gpg").spill().end();
  const Series after = series_of(host.snapshot());
  CHECK(after.count("mlockscope_claims{comm=gpg}") == 0);
  CHECK(after.at("mlockscope_findings_total{kind=spill,severity=high,comm=gpg}") == 1);
  host.wait(metrics::Names::quiet_time);
  const Series later = series_of(host.snapshot());
  CHECK(later.count("mlockscope_findings_total{kind=spill,severity=high,comm=gpg}") == 0);
  CHECK(later.at("mlockscope_findings_total{kind=spill,severity=high,comm=other}") == 1);
  CHECK(later.at("mlockscope_comm_folds_total") == 1);
}

TEST_CASE("more names than there is room for are other, and how many is told") {
  Host host(2);
  host.in(1, "small").lock(p, 1);
  for (std::uint64_t space = 2; space < 12; ++space) host.in(space, "big").lock(p, 10);
  host.in(20, "large").lock(p, 5).in(21, "large").lock(p, 5);
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_claims{comm=big}") == 10);
  CHECK(all.at("mlockscope_claims{comm=large}") == 2);
  CHECK(all.at("mlockscope_claims{comm=other}") == 1);
  CHECK(all.at("mlockscope_comms") == 2);
  CHECK(all.at("mlockscope_comms_limit") == 2);
  CHECK(all.at("mlockscope_comms_folded") == 1);
}

TEST_CASE("a process that calls itself other is counted there") {
  Host host;
  host.in(1, "other").spill();
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_findings_total{kind=spill,severity=high,comm=other}") == 1);
  CHECK(all.at("mlockscope_exposures{comm=other}") == 1);
  CHECK(all.at("mlockscope_comms_folded") == 0);
}

TEST_CASE("hostile names are escaped, and stay different from each other") {
  Host host;
  host.in(1, "a\nb\"}\x1b[2J")
      .lock(p, 1)
      .in(2, "\xff\xfe")
      .lock(p, 1)
      .in(3, "\\xff\\xfe")
      .lock(p, 1);
  const Series all = series_of(host.snapshot());
  CHECK(all.count("mlockscope_claims{comm=a\\x0ab\"}\\x1b[2J}") == 1);
  CHECK(all.count("mlockscope_claims{comm=\\xff\\xfe}") == 1);
  CHECK(all.count("mlockscope_claims{comm=\\\\xff\\\\xfe}") == 1);
}

TEST_CASE("a process without a name has one here") {
  Host host;
  host.in(1, "").lock(p, 1);
  CHECK(series_of(host.snapshot()).at("mlockscope_claims{comm=(unnamed)}") == 1);
}

TEST_CASE("times are those of the system's clock when it happened, however it is set later") {
  Host host;
  host.spill();
  const char* found = "mlockscope_last_finding_timestamp_seconds{kind=spill,severity=high}";
  const Series before = series_of(host.snapshot());
  host.clock.offset += 7200 * static_cast<std::int64_t>(second);
  const Series after = series_of(host.snapshot());
  CHECK(after.at(found) == before.at(found));
  CHECK(after.at("mlockscope_collected_timestamp_seconds") ==
        Approx(before.at("mlockscope_collected_timestamp_seconds") + 7200));
  host.in(2, "later").spill();
  CHECK(series_of(host.snapshot()).at(found) == Approx(before.at(found) + 7200));
}

TEST_CASE("how full the ring was is told as the reader found it") {
  Host host;
  host.recorder.ring(5000, host.now);
  host.recorder.ring(70, host.now);
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_ring_buffer_used_bytes") == 70);
  CHECK(all.at("mlockscope_ring_buffer_peak_bytes") == 5000);
}

TEST_CASE("before the tracing there is no build info that would change later") {
  Host host;
  const Series all = series_of(host.recorder.before_tracing(host.now));
  for (const auto& [name, value] : all) CHECK_FALSE(name.starts_with("mlockscope_build_info"));
}

TEST_CASE("labels that were asked for stand behind comm") {
  Host host(100, {metrics::NameLabel::unit, metrics::NameLabel::container});
  host.processes[model::SpaceId{1}].unit = "gpg-agent.service";
  host.processes[model::SpaceId{2}].container = std::string(64, 'a');
  host.in(1, "gpg").spill().in(2, "gpg").lock(p, 1);
  const Series all = series_of(host.snapshot());
  CHECK(all.at("mlockscope_findings_total{kind=spill,severity=high,comm=gpg,unit=gpg-agent.service,"
               "container=}") == 1);
  CHECK(all.at("mlockscope_claims{comm=gpg,unit=,container=" + std::string(64, 'a') + "}") == 1);
  CHECK(all.at("mlockscope_claims{comm=other,unit=,container=}") == 0);
}

TEST_CASE("long labels that differ only beyond the bound are one series") {
  Host host(100, {metrics::NameLabel::unit});
  host.processes[model::SpaceId{1}].unit = std::string(250, 'u') + "1";
  host.processes[model::SpaceId{2}].unit = std::string(250, 'u') + "2";
  host.in(1, "x").lock(p, 1).in(2, "x").lock(p, 1);
  CHECK(series_of(host.snapshot())
            .at("mlockscope_claims{comm=x,unit=" + std::string(200, 'u') + "}") == 2);
}

TEST_CASE("a hundred thousand short processes leave the series where they were") {
  Host host(50);
  std::size_t most = 0;
  for (std::uint64_t space = 1; space <= 100'000; ++space) {
    host.in(space, "n" + std::to_string(space)).spill();
    if (space % 3 != 0) host.end();
    if (space >= 300) host.in(space - 299, "n" + std::to_string(space - 299)).end();
    host.now += second / 10;
    if (space % 1000 != 0) continue;
    const Series all = series_of(host.snapshot());
    CHECK(sum_of(all, "mlockscope_findings_total") == static_cast<double>(space));
    CHECK(all.at("mlockscope_comms") <= 50);
    if (most == 0) most = all.size() + 250; // every name has at most six series
    CHECK(all.size() <= most);
  }
}
