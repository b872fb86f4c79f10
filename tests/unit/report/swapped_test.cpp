// What is said when bytes that should be locked have been seen in swap.
#include "outputs.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using namespace outputs;

TEST_CASE("a swapped finding says what to fear, why, and what to do now") {
  CHECK(report_text(samples::swapped()) ==
        R"(#2 swapped, critical: demo (pid 4242) has bytes in swap that it believes to be locked
  munlock(0x7f00deadb000, 32) unlocked the bytes (finding #1), and 1.5 s later
  the kernel had their memory in swap. 32 B that should have stayed locked may
  be on the disk now:
    0x7f00deadb064-0x7f00deadb084
    of mlock(0x7f00deadb064, 32), 1.2 ms before the unlock, by the same thread
  The kernel may write an unlocked page to swap at any time. What it wrote
  stays on the disk, even after the program has ended, until something else is
  written there; locking or wiping the memory does not change that.
  Verified: the kernel's page table had these pages in swap, or a page fault
  read them back from there.
  What helps: treat what these bytes held as disclosed, and replace it: the
  key, the password; then see to finding #1. Encrypted swap, or none, limits
  the damage of the next mistake of this kind.
  Seen in swap at 00:00:00.623 UTC; unlocked at 23:59:59.123 UTC by
  /usr/bin/demo, thread 4243, uid 1000, cgroup /user.slice.

)");
}

TEST_CASE("a swapped finding as NDJSON: when it was seen, and which finding opened the way") {
  CHECK(json_text(samples::swapped()) ==
        R"({"type":"finding","id":2,"time":"2026-02-01T00:00:00.623456789Z","kind":"swapped",)"
        R"("severity":"critical","confidence":"verified","pid":4242,"tid":4243,"comm":"demo",)"
        R"("exe":null,"uid":1000,"cgroup":null,"container":null,)"
        R"("page_size":4096,"call":{"name":"munlock","addr":"0x7f00deadb000","len":32,"ret":0,)"
        R"("applied":["0x7f00deadb000","0x7f00deadc000"],"stack":null},)"
        R"("victim":{"addr":"0x7f00deadb064","len":32,)"
        R"("locked_at":"2026-01-31T23:59:59.122256789Z","name":"mlock","tid":4243,"stack":null},)"
        R"("exposed":[["0x7f00deadb064","0x7f00deadb084"]],"exposed_bytes":32,"group":null,)"
        R"("finding":1,"seen":"2026-02-01T00:00:00.623456789Z"})"
        "\n");
}

TEST_CASE("what is not known of a swapped finding is left out, or null") {
  model::Finding finding = samples::swapped();
  finding.opener.reset();
  finding.seen_in_swap.reset();
  finding.victim.reset();
  CHECK(json_of(finding).at("finding").is_null());
  CHECK(json_of(finding).at("seen").is_null());
  CHECK(json_of(finding).at("time") == "2026-01-31T23:59:59.123456789Z");
  const std::string text = unwrapped(report_text(finding));
  CHECK(has(text, "munlock(0x7f00deadb000, 32) unlocked the bytes, and later the kernel had "));
  CHECK(has(text, "What helps: treat what these bytes held as disclosed, and replace it: the key, "
                  "the password. Encrypted swap"));
  CHECK(has(text, "At 23:59:59.123 UTC by /usr/bin/demo"));
  CHECK_FALSE(has(text, "before the unlock"));
  finding.seen_in_swap = finding.call.time - 1; // never a time that wraps around
  CHECK(has(unwrapped(report_text(finding)), "and later the kernel"));
}

TEST_CASE("mlockall is named where it had locked what was swapped") {
  model::Finding finding = samples::swapped();
  finding.victim->request.reset();
  finding.victim->call = model::Call::mlockall;
  CHECK(
      has(report_text(finding), "    of mlockall, 1.2 ms before the unlock, by the same thread\n"));
}

TEST_CASE("how sure a swapped finding is has sentences of its own") {
  model::Finding finding = samples::swapped();
  finding.confidence = model::Confidence::modelled;
  CHECK(has(unwrapped(report_text(finding)),
            "Modelled: the kernel wrote the page that belongs at this address to swap; its page "
            "table could not be looked at in time."));
  finding.confidence = model::Confidence::possible;
  CHECK(has(report_text(finding), "Possible: "));
}

TEST_CASE("of many swapped ranges four are shown") {
  model::Finding finding = samples::swapped();
  for (model::Address i = 1; i < 9; ++i)
    finding.exposed.push_back({samples::page + i * 300, samples::page + i * 300 + 8});
  CHECK(has(report_text(finding), "    and 5 more ranges\n"));
}

TEST_CASE("critical has a colour of its own") {
  const std::string text = report_text(
      [](report::ReportSink& sink) { sink.finding(samples::swapped(), {}); }, report::Colour::on);
  CHECK(text.substr(0, 36) == "#2 \033[1;31mswapped, critical\033[0m: dem");
}

TEST_CASE("how its exposure ended is told under the number that the swapped finding names") {
  CHECK(has(report_text([](report::ReportSink& sink) {
              sink.finding(samples::swapped(), {});
              sink.exposure(samples::exposure(model::Closed::ended));
            }),
            "\n\n#1: its 32 B went with the process, after 1.2 s\n\n"));
}
