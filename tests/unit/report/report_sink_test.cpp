#include "outputs.hpp"
#include "report/lock_failure.hpp"
#include "report/picture.hpp"
#include "report/prose.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using outputs::has;
using outputs::report_text;
using outputs::unwrapped;
using report::Colour;
using report::FailureCause;

namespace {

FailureCause cause(int number, std::uint64_t len = 8192) {
  model::Finding finding = samples::lock_failed();
  finding.call.ret = -number;
  finding.call.len = len;
  return report::cause_of(finding, model::PageSize(4096));
}

} // namespace

TEST_CASE("a spill is told so that anybody understands it") {
  CHECK(report_text(samples::spill()) ==
        R"(#1 spill, high: demo (pid 4242) unlocked bytes of another lock on the same page
  munlock(0x7f00deadb000, 32) asked to unlock 32 B. The kernel works on whole
  pages of 4 KiB, so it unlocked 0x7f00deadb000-0x7f00deadc000 (4 KiB).
  32 B that an earlier lock still covers can be written to swap now:
    0x7f00deadb064-0x7f00deadb084
    of mlock(0x7f00deadb064, 32), 1.2 ms before, by the same thread

    asked for |=                                               | 32 B
     unlocked |------------------------------------------------| 4 KiB
      exposed | #                                              | 32 B

  Memory is locked and unlocked by whole pages only. Both locks are on one
  page, so unlocking the one unlocked the other.
  Verified: the kernel had these pages locked before the call and not after it.
  What helps: give each secret pages of its own (mmap, or a library that does
  so), or count the locks of each page and unlock it with the last.
  At 23:59:59.123 UTC by /usr/bin/demo, thread 4243, uid 1000, cgroup
  /user.slice.

)");
}

TEST_CASE("a lock that failed comes with its reason and what helps") {
  CHECK(
      report_text(samples::lock_failed(), {}) ==
      R"(#2 lock-failed, high: demo (pid 4242) asked for locked memory and did not get it, 117 times
  mlock(0x7f00deadb000, 8192) = ENOMEM (Cannot allocate memory)
  RLIMIT_MEMLOCK was 64 KiB (hard limit 128 KiB), 60 KiB locked, no
  CAP_IPC_LOCK.
  The limit left no room for it.
  What is not locked works like any memory, and can be written to swap.
  What helps: raise the limit: `ulimit -l` in a shell, LimitMEMLOCK= in a
  systemd unit, `--ulimit memlock=` of docker and podman; or grant
  CAP_IPC_LOCK. The program itself may raise its soft limit up to the hard one:
  setrlimit(2).
  At 23:59:59.123 UTC by an unknown program, thread 4243, uid 1000.

)");
}

TEST_CASE("the evidence tells the causes of one errno apart") {
  CHECK(cause(ENOMEM) == FailureCause::limit);
  CHECK(cause(ENOMEM, 4096) == FailureCause::memory); // there was room for one page
  CHECK(cause(ENOMEM, 4097) == FailureCause::limit);  // but not for a byte on the next
  CHECK(cause(EAGAIN) == FailureCause::limit);
  CHECK(cause(EPERM) == FailureCause::forbidden);
  CHECK(cause(EINVAL) == FailureCause::arguments);
  CHECK(cause(EINTR) == FailureCause::unknown);
  model::Finding finding = samples::lock_failed();
  finding.failure->cap_ipc_lock = true;
  CHECK(report::cause_of(finding, model::PageSize(4096)) == FailureCause::memory);
  finding.failure->cap_ipc_lock = false;
  finding.failure->limit_soft = UINT64_MAX;
  CHECK(report::cause_of(finding, model::PageSize(4096)) == FailureCause::memory);
  finding.failure.reset();
  CHECK(report::cause_of(finding, model::PageSize(4096)) == FailureCause::unknown);
}

TEST_CASE("no advice about limits where limits were not the reason") {
  model::Finding finding = samples::lock_failed();
  finding.call.ret = -EINVAL;
  CHECK_FALSE(has(report_text(finding), "ulimit"));
  CHECK_FALSE(has(report_text(finding), "written to swap"));
  finding.failure->limit_soft = finding.failure->limit_hard = UINT64_MAX;
  finding.call.ret = -ENOMEM;
  CHECK(has(report_text(finding), "RLIMIT_MEMLOCK was unlimited (hard limit unlimited)"));
  CHECK(has(report_text(finding), "The limit was not the reason"));
}

TEST_CASE("a lock that failed and yet is there is not called unlocked") {
  model::Finding finding = samples::lock_failed();
  finding.call.len = 4096; // there was room for it
  finding.locked_after = model::KernelWord::Locked::all;
  std::string text = unwrapped(report_text(finding));
  CHECK(has(text, "was refused a lock on memory that is locked, 117 times "));
  CHECK(has(text, "The range is locked, but not all of it could be read in (PROT_NONE, past the "
                  "end of a file)."));
  CHECK_FALSE(has(text, "swap"));
  CHECK_FALSE(has(text, "did not get it"));
  CHECK_FALSE(has(text, "not mapped"));
  finding.call.len = 8192; // over the limit: an earlier lock is what is there
  text = unwrapped(report_text(finding));
  CHECK(has(text, "The limit left no room for it. The range is locked all the same."));
  CHECK_FALSE(has(text, "swap"));
  finding.call.ret = -EINVAL;
  CHECK(has(unwrapped(report_text(finding)), "The range is locked all the same."));
}

TEST_CASE("a lock that failed half way is locked in part") {
  model::Finding finding = samples::lock_failed();
  finding.locked_after = model::KernelWord::Locked::some;
  CHECK(has(unwrapped(report_text(finding)), "The range is locked in part. The rest works like any "
                                             "memory, and can be written to swap."));
}

TEST_CASE("a failed munlock that unlocked pages says that it did") {
  model::Finding finding = samples::spill();
  finding.call.ret = -ENOMEM;
  CHECK(has(unwrapped(report_text(finding)), "The call failed with ENOMEM, but only after that."));
}

TEST_CASE("a victim is described by what is known of it") {
  model::Finding finding = samples::spill();
  finding.victim->tid = 7;
  finding.victim->now = model::ByteRange{0x1000, 0x1020};
  CHECK(has(report_text(finding), ", by thread 7;"));
  CHECK(has(unwrapped(report_text(finding)), "mremap has moved it to 0x1000-0x1020"));
  finding.victim = model::Victim{};
  CHECK(has(report_text(finding), "    of a lock\n"));
  finding.victim.reset();
  CHECK_FALSE(has(report_text(finding), " of a lock\n"));
}

TEST_CASE("many ranges are shortened") {
  model::Finding finding = samples::spill();
  for (model::Address i = 1; i < 7; ++i)
    finding.exposed.push_back({samples::page + i * 300, samples::page + i * 300 + 8});
  CHECK(has(report_text(finding), "    and 3 more ranges\n"));
}

TEST_CASE("every kind and confidence has its words") {
  model::Finding finding = samples::spill();
  for (int kind = 0; kind <= static_cast<int>(model::Kind::swapped); ++kind) {
    CHECK_FALSE(report::what_happened(static_cast<model::Kind>(kind)).empty());
    finding.kind = static_cast<model::Kind>(kind);
    CHECK(has(report_text(finding), "#1 "));
  }
  finding.confidence = model::Confidence::modelled;
  CHECK(has(report_text(finding), "Modelled: "));
  finding.confidence = model::Confidence::possible;
  CHECK(has(report_text(finding), "Possible: "));
}

TEST_CASE("hostile names cannot reach the terminal") {
  model::Finding finding = samples::spill();
  finding.call.caller.comm = samples::comm("\x1b]0;x\x07\n#2 spill");
  const std::string text =
      report_text(finding, {.exe = "/\x1b[2J", .cgroup = "/\u202e", .container = std::nullopt});
  CHECK(has(text, "demo") == false);
  CHECK(has(text, "\\x1b]0;x\\x07\\x0a#2 spil"));
  CHECK(has(text, "/\\x1b[2J"));
  CHECK(has(text, "/\\u{202e}"));
  CHECK(std::none_of(text.begin(), text.end(), [](char c) { return c == '\x1b' || c == '\x07'; }));
}

TEST_CASE("a container is named as its runtime shortens it") {
  const model::ProcessInfo process{
      .exe = std::nullopt, .cgroup = "/docker/x", .container = "0123456789abcdef"};
  CHECK(has(unwrapped(report_text(samples::spill(), process)), "container 0123456789ab."));
}

TEST_CASE("only the title is coloured") {
  const std::string text =
      report_text([](report::ReportSink& sink) { sink.finding(samples::spill(), {}); }, Colour::on);
  CHECK(text.substr(0, 25) == "#1 \033[31mspill, high\033[0m: ");
  CHECK(std::count(text.begin(), text.end(), '\033') == 2);
}

TEST_CASE("how an exposure ended is a sentence") {
  const auto closed = [](model::Closed how) {
    return report_text([&](report::ReportSink& sink) { sink.exposure(samples::exposure(how)); });
  };
  CHECK(closed(model::Closed::relocked) == "#1: its 32 B were locked again, after 1.2 s\n\n");
  CHECK(closed(model::Closed::open) ==
        "#1: its 32 B were still exposed when tracing ended, after 1.2 s\n\n");
}

TEST_CASE("calls can be watched") {
  CHECK(report_text([](report::ReportSink& sink) {
          sink.call(samples::munlock_event(), samples::munlock_reading());
        }) == "23:59:59.000 demo (pid 4242) munlock(0x7f00deadb000, 32) = 0, rounded by 4064 B\n");
}

TEST_CASE("a picture is to scale, and what is small can still be seen") {
  model::Finding finding = samples::spill();
  finding.call.addr = samples::page + 4000;
  finding.call.len = 200;
  finding.call.applied = model::PageRange{samples::page, samples::page + 8192};
  finding.exposed = {{samples::page + 8191, samples::page + 8192}};
  finding.exposed_bytes = 1;
  CHECK(report::picture(finding) ==
        "    asked for |                       ==                       | 200 B\n"
        "     unlocked |------------------------------------------------| 8 KiB\n"
        "      exposed |                                               #| 1 B\n");
}

TEST_CASE("a request of no byte has an empty bar, a range without pages no picture") {
  model::Finding finding = samples::spill();
  finding.call.addr = samples::page + 100;
  finding.call.len = 0;
  CHECK(has(report::picture(finding), "asked for |" + std::string(48, ' ') + "| 0 B\n"));
  finding.call.len = UINT64_MAX; // wraps
  CHECK(has(report::picture(finding), "asked for |" + std::string(48, ' ') + "|"));
  finding.call.applied.reset();
  CHECK(report::picture(finding).empty());
}

TEST_CASE("paragraphs are broken at spaces and at nothing else") {
  CHECK(report::wrapped("aa bb cc", 2, 1, 7) == "  aa bb\n   cc\n");
  CHECK(report::wrapped("a-very-long-word b", 2, 0, 7) == "  a-very-long-word\n  b\n");
  CHECK(report::wrapped("", 2) == "  \n");
}
