// Exposed bytes that reach the disk. The tests look into the swap file themselves: what it has, and
// only that, was to be found; and what the kernel says about page faults is told right.
#include "support.hpp"
#include "swapfile.hpp"
#include "watching.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace mlockscope::live;

namespace {

/// tests/programs/secrets.c, and the conversation with it.
class Secrets {
public:
  explicit Secrets(std::size_t pages = 1, const std::string& form = "beside")
      : number_(fresh_number()),
        process_({program("secrets"), std::to_string(number_), std::to_string(pages), form}),
        hello_(Json::parse(process_.line(1))) {}

  /// Its answer; fails the test if a call failed that was to succeed.
  Json tell(const std::string& words) {
    process_.say(words + "\n");
    Json answer = Json::parse(process_.line(++lines_));
    INFO(words << " -> " << answer.dump());
    REQUIRE(answer.value("failed", 0) == 0);
    return answer;
  }
  /// As tell(), and all its memory went to swap.
  void push_out(const std::string& words) {
    const Json answer = tell(words);
    INFO(words << " -> " << answer.dump());
    REQUIRE(answer.at("in_swap") == hello_.at("pages"));
  }
  void wait() { CHECK(process_.wait() == "exit 0"); }
  [[nodiscard]] Json pid() const { return hello_.at("pid"); }
  [[nodiscard]] Json memory() const { return hello_.at("memory"); }
  [[nodiscard]] std::string secret() const { return marker(number_); }

private:
  std::uint64_t number_;
  Program process_;
  Json hello_;
  std::size_t lines_ = 1;
};

/// A tracer of these.
std::unique_ptr<Tracer> watch(const std::vector<const Secrets*>& all, Words options = {}) {
  for (const Secrets* each : all) options.insert(options.end(), {"--pid", each->pid().dump()});
  return Tracer::trace(options);
}

/// Returns when the tracer is ready to see what becomes of what is exposed.
void expose(Tracer& tracer, Secrets& secrets, std::size_t pages) {
  const std::size_t spills = of_kind(lines_so_far(tracer), "spill").size();
  secrets.tell("lock unlock");
  wait_for_findings(tracer, "spill", spills + pages);
  wait_for_late_probes(tracer);
}

/// What a `swapped` finding repeats of the one that opened the exposure.
void check_same(const Json& swapped, const Json& opener) {
  for (const char* field : {"pid", "tid", "comm", "call", "victim", "exposed", "exposed_bytes"}) {
    INFO(field);
    CHECK(swapped.at(field) == opener.at(field));
  }
}

/// Each `spill` is followed by one `swapped` that names it, and there are no other findings.
void check_all_swapped(const std::vector<Json>& findings, std::size_t count,
                       const std::set<std::string>& confidences = {"verified"}) {
  std::map<Json, Json> openers;
  std::set<Json> named;
  for (const Json& finding : findings) {
    if (finding.at("kind") == "spill") openers[finding.at("id")] = finding;
    if (finding.at("kind") != "swapped") continue;
    INFO(finding.dump());
    CHECK(finding.at("severity") == "critical");
    CHECK(confidences.contains(finding.at("confidence")));
    REQUIRE(openers.contains(finding.at("finding"))); // which was told before
    CHECK(named.insert(finding.at("finding")).second);
    const Json& opener = openers.at(finding.at("finding"));
    check_same(finding, opener);
    CHECK(finding.at("seen") > opener.at("time")); // one clock, one format: text compares as time
  }
  CHECK(openers.size() == count);
  CHECK(named.size() == count);
  CHECK(findings.size() == 2 * count);
}

std::map<std::string, std::size_t> closings(const Trace& trace, const Json& pid) {
  std::map<std::string, std::size_t> count;
  for (const Json& line : of_pid(trace.of("exposure"), pid))
    ++count[line.at("closed").get<std::string>()];
  return count;
}

using Closings = std::map<std::string, std::size_t>;

/// The kernel may still be writing.
void check_reached(const SwapFile& swap, const std::string& secret) {
  wait_until("secret in the swap file", [&] { return swap.contains(secret); });
}

} // namespace

TEST_CASE("an exposed secret that goes to swap is one finding, however often; anew, another") {
  need_root();
  const SwapFile swap;
  Secrets secrets;
  const auto tracer = watch({&secrets});
  expose(*tracer, secrets, 1);
  CHECK_FALSE(swap.contains(secrets.secret()));
  secrets.push_out("pageout");
  wait_for_findings(*tracer, "swapped", 1);
  secrets.push_out("read pageout");
  secrets.tell("relock unlock");
  wait_for_findings(*tracer, "spill", 2);
  secrets.push_out("pageout");
  wait_for_findings(*tracer, "swapped", 2);
  secrets.tell("release");
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(text_of(trace.lines));
  check_all_swapped(trace.of("finding"), 2);
  CHECK(trace.summary().at("findings").at("swapped") == 2);
  CHECK(closings(trace, secrets.pid()) == Closings{{"relocked", 1}, {"released", 1}});
  check_reached(swap, secrets.secret());
}

TEST_CASE("pages that come back from swap at once are seen, each") {
  need_root();
  constexpr std::size_t pages = 50;
  const SwapFile swap;
  Secrets secrets(pages);
  const auto tracer = watch({&secrets});
  expose(*tracer, secrets, pages);
  secrets.push_out("pageout read");
  wait_for_findings(*tracer, "swapped", pages);
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(text_of(trace.of("finding")));
  check_all_swapped(trace.of("finding"), pages);
  check_reached(swap, secrets.secret());
}

TEST_CASE("a program that ends right after its pages went to swap is found out") {
  need_root();
  constexpr std::size_t pages = 50;
  const SwapFile swap;
  Secrets secrets(pages);
  const auto tracer = watch({&secrets});
  expose(*tracer, secrets, pages);
  secrets.push_out("pageout exit");
  secrets.wait();
  wait_for_findings(*tracer, "swapped", pages);
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(text_of(trace.lines));
  // Which page it was that was written is only inferred if nobody could look at it any more.
  check_all_swapped(trace.of("finding"), pages, {"verified", "modelled"});
  CHECK(closings(trace, secrets.pid()) == Closings{{"ended", pages}});
  check_reached(swap, secrets.secret());
}

TEST_CASE("what stays locked, is locked again or gone, does not reach the swap and is no finding") {
  need_root();
  const SwapFile swap;
  Secrets correct(1, "apart"), relocked, executed, control;
  const auto tracer = watch({&correct, &relocked, &executed, &control});
  // Nothing is in swap before all others are done: what the tracer says of the last, it says when
  // it has looked at them, too.
  expose(*tracer, relocked, 1);
  expose(*tracer, executed, 1);
  expose(*tracer, control, 1);
  correct.tell("lock unlock");
  relocked.tell("relock");
  const Json again = executed.tell("exec");
  REQUIRE(again.at("pid") == executed.pid());
  REQUIRE(again.at("memory") == executed.memory());

  const Json kept = correct.tell("pageout");
  CHECK(kept.at("in_swap") == 1); // the page of the secret that was given up and wiped
  CHECK(kept.at("refused") == 1);
  CHECK(relocked.tell("pageout").at("refused") == 1);
  executed.push_out("fill pageout");
  control.push_out("pageout");
  wait_for_findings(*tracer, "swapped", 1);
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(text_of(trace.lines));

  const auto findings = trace.of("finding");
  check_all_swapped(of_pid(findings, control.pid()), 1);
  CHECK(of_pid(findings, correct.pid()).empty());
  for (const Secrets* each : {&relocked, &executed}) {
    CHECK(of_pid(findings, each->pid()).size() == 1); // its spill
    CHECK(of_kind(of_pid(findings, each->pid()), "swapped").empty());
  }
  CHECK(closings(trace, relocked.pid()) == Closings{{"relocked", 1}});
  CHECK(closings(trace, executed.pid()) == Closings{{"ended", 1}});
  check_reached(swap, control.secret());
  for (const Secrets* each : {&correct, &relocked, &executed})
    CHECK_FALSE(swap.contains(each->secret()));
}

TEST_CASE("ten thousand exposures at once that all go to swap are ten thousand findings") {
  need_root();
  constexpr std::size_t pages = 10000;
  const SwapFile swap;
  Secrets secrets(pages);
  const auto tracer = watch({&secrets}, {"--buffer", "64M"});
  expose(*tracer, secrets, pages);
  secrets.push_out("pageout");
  wait_for_findings(*tracer, "swapped", pages);
  secrets.tell("exit");
  secrets.wait();
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(trace.summary().dump());
  check_all_swapped(trace.of("finding"), pages);
  CHECK(trace.summary().at("findings").at("spill") == pages);
  CHECK(trace.summary().at("findings").at("swapped") == pages);
  CHECK(trace.summary().at("findings_dropped") == 0);
  CHECK(closings(trace, secrets.pid()) == Closings{{"ended", pages}});
}

TEST_CASE("the demo of a key that reaches the swap gives what it promises") {
  need_root();
  const SwapFile swap;
  const Trace trace = run({}, {tracer_program(), "demo", "swapped"});
  INFO(text_of(trace.lines) << trace.err);
  CHECK(trace.ending == "exit 0");
  require_complete(trace);
  check_all_swapped(trace.of("finding"), 1);
}

namespace {

/// The counts of the summary are those of the records.
void check_counted(const Trace& trace) {
  Json counted = {{"locked", {{"minor", 0}, {"major", 0}}},
                  {"exposed", {{"minor", 0}, {"major", 0}}}};
  for (const Json& fault : trace.of("fault")) {
    Json& count =
        counted[fault.at("where").get<std::string>()][fault.at("fault").get<std::string>()];
    count = count.get<int>() + 1;
  }
  CHECK(trace.summary().at("faults") == counted);
}

/// The one record of a fault on the page of that address.
Json fault_at(const std::vector<Json>& faults, std::uint64_t addr, std::uint64_t page_size) {
  const auto on_page = [&](const Json& fault) {
    return address(fault.at("addr")) / page_size == addr / page_size;
  };
  REQUIRE(std::count_if(faults.begin(), faults.end(), on_page) == 1);
  return *std::find_if(faults.begin(), faults.end(), on_page);
}

/// `addr` is that of a claim of 32 bytes, and what was accessed.
void check_locked_fault(const Json& fault, const Json& addr, std::uint64_t page_size,
                        const std::string& cause) {
  INFO(fault.dump());
  const std::uint64_t at = address(addr), page = at / page_size * page_size;
  CHECK(fault.at("addr") == addr);
  CHECK(fault.at("where") == "locked");
  CHECK(fault.at("fault") == "minor");
  CHECK(fault.at("cause") == cause);
  CHECK(fault.at("requested") == Json{hex_of(at), hex_of(at + 32)});
  CHECK(fault.at("applied") == Json{hex_of(page), hex_of(page + page_size)});
  CHECK(fault.at("comm") == "faults");
}

} // namespace

TEST_CASE(
    "faults on locked pages are told with their cause, those of a program without locks not") {
  need_root();
  const Trace trace =
      run({"--calls"}, {"sh", "-c", program("faults") + "; " + program("faults") + " unlocked"});
  require_complete(trace);
  INFO(trace.out << text_of(trace.of("fault")));
  const Json account = Json::parse(trace.out.substr(0, trace.out.find('\n')));
  const auto faults = trace.of("fault");
  CHECK(faults.size() == 2);
  const std::uint64_t page_size = account.at("page_size");
  for (const auto& [name, cause] :
       {std::pair("first_touch", "first-touch"), std::pair("copy_on_write", "copy-on-write")}) {
    const Json& addr = account.at(name);
    const Json fault = fault_at(faults, address(addr), page_size);
    CHECK(fault.at("pid") == account.at("pid"));
    check_locked_fault(fault, addr, page_size, cause);
  }
  check_counted(trace);
}

TEST_CASE("reading exposed pages back from swap is told with its cause") {
  need_root();
  constexpr std::size_t pages = 5;
  const SwapFile swap;
  Secrets secrets(pages);
  const auto tracer = watch({&secrets}, {"--calls"});
  expose(*tracer, secrets, pages);
  secrets.push_out("pageout");
  wait_for_findings(*tracer, "swapped", pages);
  secrets.tell("read");
  secrets.tell("read"); // they are there now: no fault
  const Trace trace = tracer->stop();
  require_complete(trace);
  INFO(text_of(trace.of("fault")));
  const auto faults = trace.of("fault");
  CHECK(faults.size() == pages);
  for (const Json& fault : faults) {
    CHECK(fault.at("pid") == secrets.pid());
    CHECK(fault.at("where") == "exposed");
    CHECK(fault.at("cause") == "swap-in"); // minor: the page was not dropped after it was written
    CHECK(address(fault.at("requested")[1]) - address(fault.at("requested")[0]) == 32);
  }
  check_counted(trace);
}
