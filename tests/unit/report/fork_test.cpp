// What is said of a child that lives on with unlocked copies of locked bytes.
#include "outputs.hpp"
#include "report/json_value.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using namespace outputs;

namespace {

/// As many claims and ranges as a process can have, of which the model lists some.
model::Finding forked_with_many() {
  model::Finding finding = samples::forked();
  const std::vector<model::Victim> claims(model::Inheritance::claims_listed, *finding.victim);
  finding.inherited->claims = claims;
  finding.inherited->claims_in_all = 100'000;
  finding.exposed.clear();
  for (model::Address i = 0; i < 100'000; ++i)
    finding.exposed.push_back({samples::page + 64 * i, samples::page + 64 * i + 32});
  return finding;
}

} // namespace

TEST_CASE("a fork finding tells whose bytes the child has, and when they can be swapped") {
  CHECK(report_text(samples::forked()) ==
        R"(#3 fork, medium: demo (pid 4242) has a child with an unlocked copy of locked bytes
  It forked process 4711, which lives on without having started another program
  and has an unlocked copy of 48 B of 2 locks:
    0x7f00deadb064-0x7f00deadb084
    0x7f00deadb0c8-0x7f00deadb0d8
    of mlock(0x7f00deadb064, 32), 1.2 ms before the fork, by the same thread
    of mlock(0x7f00deadb0c8, 16), 1.2 ms before the fork, by thread 7
  A child of fork has the bytes of its parent, but none of its locks. The two
  share each page until one of them writes to it or its lock ends; from then on
  the child's can be written to swap.
  Verified: the kernel's list of the child's mappings has these bytes as a
  private copy that is not locked.
  What helps: keep secrets from children with madvise(MADV_WIPEONFORK) or
  MADV_DONTFORK, or lock them after the fork. A child that needs them must lock
  its copy itself.
  At 23:59:59.123 UTC by /usr/bin/demo, thread 4243, uid 1000, cgroup
  /user.slice.

)");
}

TEST_CASE("a daemon that locked before it forked is told that nothing is locked any more") {
  CHECK(report_text(samples::forked(true)) ==
        R"(#3 fork, high: demo (pid 4242) left its child bytes that nobody has locked any more
  It forked process 4711, which lives on without having started another program
  and has an unlocked copy of 48 B of 2 locks:
    0x7f00deadb064-0x7f00deadb084
    0x7f00deadb0c8-0x7f00deadb0d8
    of mlock(0x7f00deadb064, 32), 1.2 ms before the fork, by the same thread
    of mlock(0x7f00deadb0c8, 16), 1.2 ms before the fork, by thread 7
  A child of fork has the bytes of its parent, but none of its locks. The
  process that locked them has ended or started another program, so nobody has
  them locked any more: they can be written to swap now, and for the rest of
  the child's life.
  Verified: the kernel's list of the child's mappings has these bytes as a
  private copy that is not locked.
  What helps: lock secrets after the last fork, in the process that stays
  (daemon(3) forks as well). From a child that does not need them,
  madvise(MADV_WIPEONFORK) or MADV_DONTFORK keeps them away.
  At 23:59:59.123 UTC by /usr/bin/demo, thread 4243, uid 1000, cgroup
  /user.slice.

)");
}

TEST_CASE("a fork finding as NDJSON: a call without arguments, the child, and its claims") {
  CHECK(json_text(samples::forked(true)) ==
        R"({"type":"finding","id":3,"time":"2026-01-31T23:59:59.123456789Z","kind":"fork",)"
        R"("severity":"high","confidence":"verified","pid":4242,"tid":4243,"comm":"demo",)"
        R"("exe":null,"uid":1000,"cgroup":null,"container":null,)"
        R"("page_size":4096,"call":{"name":"fork","addr":null,"len":null,"ret":4711,)"
        R"("applied":null,"stack":null},)"
        R"("victim":{"addr":"0x7f00deadb064","len":32,)"
        R"("locked_at":"2026-01-31T23:59:59.122256789Z","name":"mlock","tid":4243,"stack":null},)"
        R"("exposed":[["0x7f00deadb064","0x7f00deadb084"],["0x7f00deadb0c8","0x7f00deadb0d8"]],)"
        R"("exposed_bytes":48,"group":null,"child":4711,"parent_ended":true,)"
        R"("claims":[{"addr":"0x7f00deadb064","len":32,)"
        R"("locked_at":"2026-01-31T23:59:59.122256789Z","name":"mlock","tid":4243},)"
        R"({"addr":"0x7f00deadb0c8","len":16,)"
        R"("locked_at":"2026-01-31T23:59:59.122256789Z","name":"mlock","tid":7}],)"
        R"("claims_in_all":2,"ranges_in_all":2})"
        "\n");
  CHECK(json_of(samples::forked()).at("parent_ended") == false);
}

TEST_CASE("a claim that mremap moved before the fork has both places") {
  model::Finding finding = samples::forked();
  finding.inherited->claims[1].now = model::ByteRange{0x1000, 0x1010};
  const Json claims = json_of(finding).at("claims");
  CHECK_FALSE(claims[0].contains("now"));
  CHECK(claims[1].at("addr") == "0x7f00deadb0c8");
  CHECK(claims[1].at("now") == Json::array({"0x1000", "0x1010"}));
  CHECK(has(unwrapped(report_text(finding)), "; mremap has moved it to 0x1000-0x1010 "));
}

TEST_CASE("one lock is a lock") {
  model::Finding finding = samples::forked();
  finding.inherited->claims.pop_back();
  finding.inherited->claims_in_all = 1;
  CHECK(has(report_text(finding), "copy of 48 B of a lock:\n"));
  CHECK_FALSE(has(report_text(finding), "more lock"));
}

TEST_CASE("a child of a process with many locks does not fill the screen, or the line") {
  const std::string text = report_text(forked_with_many());
  CHECK(has(text, " of 100000 locks:\n"));
  CHECK(has(text, "    and 99996 more ranges\n"));
  CHECK(has(text, "    and of 99996 more locks\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') < 35);
  const Json json = json_of(forked_with_many());
  CHECK(json.at("claims").size() == 64);
  CHECK(json.at("claims_in_all") == 100'000);
  CHECK(json.at("exposed").size() == report::inherited_ranges_listed);
  CHECK(json.at("ranges_in_all") == 100'000);
}

TEST_CASE("the ranges of other findings are all listed") {
  model::Finding finding = forked_with_many();
  finding.kind = model::Kind::spill;
  const Json json = report::json_finding(finding, {}, std::nullopt, samples::clock);
  CHECK(json.at("exposed").size() == 100'000);
}

TEST_CASE("what is not known of a fork finding is null, and its text stands") {
  model::Finding finding = samples::forked();
  finding.inherited.reset();
  for (const char* name : {"child", "parent_ended", "claims", "claims_in_all"})
    CHECK(json_of(finding).at(name).is_null());
  CHECK(has(report_text(finding), "  It forked process 4711, "));
}

TEST_CASE("how sure a fork finding is has sentences of its own") {
  model::Finding finding = samples::forked();
  finding.confidence = model::Confidence::modelled;
  CHECK(has(unwrapped(report_text(finding)), "Modelled: that the parent had these bytes locked is "
                                             "concluded from the calls."));
  finding.confidence = model::Confidence::possible;
  CHECK(has(report_text(finding), "Possible: "));
}
