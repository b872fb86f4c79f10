#include "report/summary.hpp"

#include "samples.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using report::Colour;
using report::summary_text;

TEST_CASE("nothing found is said plainly") {
  CHECK(summary_text(samples::summary(), Colour::off, samples::clock) ==
        "No findings in 12.5 s.\n"
        "  calls        12 mlock, 11 munlock\n"
        "  events       1234 seen, 0 lost, by fentry; 2 address spaces alive\n");
}

TEST_CASE("findings are counted by kind and severity, exposures by process") {
  report::Summary summary = samples::summary();
  summary.totals.findings = {{model::Kind::spill, 2}, {model::Kind::lock_failed, 1}};
  summary.totals.possible = 4;
  summary.totals.unlocks_without_lock = 3;
  summary.hidden = 1;
  model::Finding finding = samples::spill();
  summary.tally.finding(finding);
  summary.tally.finding(finding);
  finding.severity = model::Severity::low;
  summary.tally.finding(finding);
  summary.tally.exposure(samples::exposure());
  summary.tally.exposure(samples::exposure(model::Closed::open));
  CHECK(summary_text(summary, Colour::off, samples::clock) ==
        "3 findings in 12.5 s (2 high, 1 low).\n"
        "  findings     2 spill, 1 lock-failed\n"
        "               1 of them not shown, by your choice\n"
        "  possible     4\n"
        "  exposed      demo (pid 4242): 2 exposures of 64 B, the longest 1.2 s, 1 still open\n"
        "  calls        12 mlock, 11 munlock\n"
        "               3 unlocks of nothing locked\n"
        "  events       1234 seen, 0 lost, by fentry; 2 address spaces alive\n"
        "mlockscope explain spill tells what it means, and what helps.\n");
}

TEST_CASE("what is critical is named first, in its colour") {
  report::Summary summary = samples::summary();
  summary.totals.findings = {
      {model::Kind::spill, 1}, {model::Kind::fork, 1}, {model::Kind::swapped, 1}};
  for (const model::Finding& finding : {samples::spill(), samples::forked(), samples::swapped()})
    summary.tally.finding(finding);
  const std::string text = summary_text(summary, Colour::off, samples::clock);
  CHECK(text.substr(0, text.find("  calls")) ==
        "3 findings in 12.5 s (1 critical, 1 high, 1 medium).\n"
        "  findings     1 spill, 1 fork, 1 swapped\n");
  CHECK(summary_text(summary, Colour::on, samples::clock).find("(1 \033[1;31mcritical\033[0m, ") !=
        std::string::npos);
}

TEST_CASE("the backend is named as a person says it") {
  report::Summary summary = samples::summary();
  report::Start start = samples::start();
  summary.backend = start.backend = "tracepoint";
  CHECK(summary_text(summary, Colour::off, samples::clock).find("0 lost, by tracepoints; 2") !=
        std::string::npos);
  CHECK(report::start_text(start) ==
        "mlockscope 0.1.0: tracing by tracepoints; Linux 6.12.9, x86_64, pages of 4 KiB\n");
  start.backend = "kprobe";
  CHECK(report::start_text(start).find("tracing by kprobes; ") != std::string::npos);
}

TEST_CASE("refused locks are counted") {
  report::Summary summary = samples::summary();
  summary.totals.lock_failures = 1;
  CHECK(summary_text(summary, Colour::off, samples::clock)
            .find("   1 call was refused locked memory\n") != std::string::npos);
  summary.totals.lock_failures = 250;
  CHECK(summary_text(summary, Colour::off, samples::clock)
            .find("   250 calls were refused locked memory\n") != std::string::npos);
}

TEST_CASE("whatever makes the view incomplete is a warning") {
  report::Summary summary = samples::summary();
  summary.totals.lost = 12;
  summary.totals.claims_dropped = 1;
  summary.totals.findings_dropped = 2;
  summary.totals.divergences = 3;
  const std::string text = summary_text(summary, Colour::off, samples::clock);
  CHECK(text.substr(text.find("WARNING")) ==
        "WARNING: 12 events lost, the view is incomplete: findings may be missing.\n"
        "WARNING: 1 lock not followed, because there were too many at once.\n"
        "WARNING: 2 findings not shown, because one call had too many.\n"
        "WARNING: model and kernel disagreed 3 times; the kernel was believed.\n");
}

TEST_CASE("a blind run is not called clean") {
  report::Summary summary = samples::summary();
  summary.totals.lost = 12;
  CHECK(summary_text(summary, Colour::off, samples::clock).substr(0, 57) ==
        "No findings in what was seen of 12.5 s, which is not all.");
}

TEST_CASE("of many processes the worst are named and the others counted") {
  report::Summary summary = samples::summary();
  model::Exposure exposure = samples::exposure();
  for (std::uint32_t i = 0; i < 12; ++i) {
    exposure.space = model::SpaceId{i};
    exposure.pid = i;
    exposure.bytes = i + 1;
    exposure.comm = samples::comm("\x1b[2J");
    summary.tally.exposure(exposure);
  }
  const std::string text = summary_text(summary, Colour::off, samples::clock);
  CHECK(text.find("  exposed      \\x1b[2J (pid 11): 1 exposure of 12 B") != text.npos);
  CHECK(text.find("               and 2 more address spaces\n") != text.npos);
  CHECK(text.find("pid 1)") == text.npos);
  CHECK(text.find('\x1b') == text.npos);
}

TEST_CASE("no calls at all is a count too") {
  report::Summary summary = samples::summary();
  summary.totals.calls.clear();
  CHECK(summary_text(summary, Colour::off, samples::clock).find("  calls        none\n") !=
        std::string::npos);
}
