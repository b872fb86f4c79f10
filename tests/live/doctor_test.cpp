// What doctor says is what then happens: of each backend, of the one that is taken, and of what it
// can and cannot see.
#include "support.hpp"

#include "support/catch.hpp"

#include <map>
#include <sstream>

using namespace mlockscope::live;

namespace {

/// Doctor's lines by what they are about: mark and text.
struct Line {
  std::string mark, text;
};

std::map<std::string, Line> lines_of(const std::string& out) {
  constexpr std::size_t mark_width = 8, name_width = 14;
  std::map<std::string, Line> lines;
  std::istringstream in(out);
  for (std::string line; std::getline(in, line) && !line.empty();) {
    if (line.size() <= mark_width + name_width) continue;
    const auto trimmed = [](std::string text) {
      text.erase(text.find_last_not_of(' ') + 1);
      return text.substr(std::min(text.size(), text.find_first_not_of(' ')));
    };
    lines[trimmed(line.substr(mark_width, name_width))] = {
        trimmed(line.substr(0, mark_width)), trimmed(line.substr(mark_width + name_width))};
  }
  return lines;
}

/// The word after "attached by ".
std::string backend_in(const std::string& text) {
  const std::string before = "attached by ";
  const auto begin = text.find(before);
  REQUIRE(begin != std::string::npos);
  return text.substr(begin + before.size(),
                     text.find_first_of(", ", begin + before.size()) - begin - before.size());
}

Outcome run_by(const std::string& backend) {
  return execute({tracer_program(), "run", "--backend", backend, "--format", "json", "--",
                  tracer_program(), "demo", "spill"});
}

/// Of the last line that mlockscope wrote to standard output.
Json last_line(const std::string& out) {
  std::istringstream in(out);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("{")) last = line;
  REQUIRE_FALSE(last.empty());
  return Json::parse(last);
}

} // namespace

TEST_CASE("each backend that doctor calls attachable traces, and each other one is refused") {
  need_root();
  const Outcome doctor = execute({tracer_program(), "doctor"});
  INFO(doctor.out << doctor.err);
  REQUIRE(doctor.ending == "exit 0");
  const auto lines = lines_of(doctor.out);
  for (const char* backend : {"fentry", "kprobe", "tracepoint"}) {
    INFO(backend);
    REQUIRE(lines.contains(backend));
    const Outcome run = run_by(backend);
    INFO(run.out << run.err);
    if (lines.at(backend).mark == "ok") {
      CHECK(run.ending == "exit 0");
      const Json summary = last_line(run.out);
      CHECK(summary.at("backend") == backend);
      CHECK(summary.at("findings").at("spill") == 1);
    } else {
      CHECK(lines.at(backend).text.starts_with("not here: "));
      CHECK(run.ending == "exit 3");
      CHECK(run.err.find("cannot trace by " + std::string(backend)) != std::string::npos);
    }
  }
}

TEST_CASE("doctor names the backend that is taken, and how sure it makes findings") {
  need_root();
  const auto lines = lines_of(execute({tracer_program(), "doctor"}).out);
  const std::string taken = backend_in(lines.at("probes").text);
  const Outcome run = run_by("auto");
  INFO(run.out << run.err);
  REQUIRE(run.ending == "exit 0");
  CHECK(last_line(run.out).at("backend") == taken);
  CHECK(lines.at(taken).mark == "ok");
  for (const char* better : {"fentry", "kprobe"}) { // nothing better was to be had
    if (taken == better) break;
    CHECK(lines.at(better).mark != "ok");
  }
  const bool modelled = lines.at("kernel's word").text.find("modelled") != std::string::npos;
  std::istringstream in(run.out);
  std::size_t findings = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("{\"type\":\"finding\"")) continue;
    ++findings;
    CHECK(Json::parse(line).at("confidence") == (modelled ? "modelled" : "verified"));
  }
  CHECK(findings == 1);
}

#if defined(__x86_64__) // elsewhere there are none
TEST_CASE(
    "the probes for old kernels find the same, and do not call it verified without the word") {
  need_root();
  const Outcome run = execute({tracer_program(), "run", "--backend", "tracepoint", "--plain-probes",
                               "--format", "json", "--", tracer_program(), "demo", "spill"});
  INFO(run.out << run.err);
  REQUIRE(run.ending == "exit 0");
  CHECK(last_line(run.out).at("findings").at("spill") == 1);
  CHECK(last_line(run.out).at("divergences") == 0);
  CHECK(run.out.find("\"confidence\":\"modelled\"") != std::string::npos);
  CHECK(run.out.find("\"confidence\":\"verified\"") == std::string::npos);
}
#endif
