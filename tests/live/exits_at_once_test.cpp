// A program that locks and is gone at once (tests/programs/brief.c): nobody had the time to look
// into its /proc, and every place of its findings has a name all the same.
#include "support.hpp"

#include "support/catch.hpp"

#include <string>

using namespace mlockscope::live;

namespace {

constexpr std::size_t times = 200;

using Symbols = std::vector<std::string>;

/// Of all frames, innermost first; "?" where there is none.
Symbols symbols_of(const Json& stack) {
  Symbols symbols;
  for (const Json& frame : stack)
    symbols.push_back(frame.value("symbol", Json()).is_string() ? frame.at("symbol") : "?");
  return symbols;
}

/// What the program calls, from main() inwards.
Symbols path_to(const std::string& call, const std::string& place, bool library) {
  Symbols path{call, place, "main"};
  if (library) path.insert(path.begin() + 1, call == "mlock" ? "brief_lock" : "brief_unlock");
  return path;
}

/// The first symbols, as many as are expected: what called main() is not ours.
Symbols first_of(Symbols symbols, std::size_t count) {
  if (symbols.size() > count) symbols.resize(count);
  return symbols;
}

void check_findings(const Trace& trace, std::size_t count, bool library) {
  INFO(trace.err);
  REQUIRE(trace.ending == "exit 0");
  require_complete(trace);
  const Symbols unlocks = path_to("munlock", "unlock_first", library);
  const Symbols locks = path_to("mlock", "lock_second", library);
  const auto findings = trace.findings();
  REQUIRE(findings.size() == count);
  for (const Json& finding : findings) {
    INFO(finding.dump());
    REQUIRE(first_of(symbols_of(finding.at("call").at("stack")), unlocks.size()) == unlocks);
    REQUIRE(first_of(symbols_of(finding.at("victim").at("stack")), locks.size()) == locks);
  }
}

Words again_and_again(bool library) {
  const std::string command = program("brief") + (library ? " library" : "");
  return {"sh", "-c", "for i in $(seq " + std::to_string(times) + "); do " + command + "; done"};
}

Words once(bool library) {
  Words command{program("brief")};
  if (library) command.push_back("library");
  return command;
}

/// Keeps every processor busy for as long as it lives.
class Load {
public:
  Load() {
    for (int i = 0; i < 4; ++i)
      loops_.push_back(std::make_unique<Program>(Words{"sh", "-c", "while :; do :; done"}));
  }

private:
  std::vector<std::unique_ptr<Program>> loops_;
};

} // namespace

TEST_CASE("both places of each finding have their names, of the program and of a library") {
  for (const bool library : {false, true})
    check_findings(run({"--every"}, again_and_again(library)), times, library);
}

TEST_CASE("the same on a machine that is busy") {
  const Load load;
  for (const bool library : {false, true})
    check_findings(run({"--every"}, again_and_again(library)), times, library);
}

TEST_CASE("the same if the command itself is what ends at once") {
  const Load load;
  for (int i = 0; i < 2; ++i)
    for (const bool library : {false, true}) check_findings(run({}, once(library)), 1, library);
}
