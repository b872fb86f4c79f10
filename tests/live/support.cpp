#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <unistd.h>

namespace mlockscope::live {
namespace {

Words joined(Words first, const Words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::vector<Json> parse_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

} // namespace

std::string tracer_program() { return MLOCKSCOPE_PROGRAM; }
std::string program(const std::string& name) { return MLOCKSCOPE_PROGRAMS "/" + name; }

Words with_backend(Words command) {
  const char* const backend = std::getenv("MLOCKSCOPE_TEST_BACKEND");
  const auto tracer = std::find(command.begin(), command.end(), tracer_program());
  if (backend == nullptr || *backend == '\0' || command.end() - tracer < 2) return command;
  const auto verb = tracer + 1, end = std::find(verb, command.end(), "--");
  const bool traces = *verb == "trace" || *verb == "run";
  if (!traces || std::find(verb, end, "--backend") != end) return command;
  const Words option{"--backend", backend};
  command.insert(verb + 1, option.begin(), option.end());
  return command;
}

std::vector<Json> Trace::of(const std::string& type) const {
  std::vector<Json> found;
  for (const Json& line : lines)
    if (line.at("type") == type) found.push_back(line);
  return found;
}

const Json& Trace::summary() const {
  INFO(ending << "\n" << err);
  REQUIRE_FALSE(lines.empty());
  REQUIRE(lines.back().at("type") == "summary");
  return lines.back();
}

std::unique_ptr<Tracer> Tracer::trace(const Words& options) {
  auto tracer = std::make_unique<Tracer>();
  tracer->start(joined({tracer_program(), "trace"}, options));
  return tracer;
}

std::unique_ptr<Tracer> Tracer::run(const Words& options, const Words& command) {
  auto tracer = std::make_unique<Tracer>();
  tracer->start(joined(joined(joined({tracer_program(), "run"}, options), {"--"}), command));
  return tracer;
}

/// Its first line, written when the probes are attached, tells that it traces.
void Tracer::start(Words command) {
  need_root();
  const std::string file = folder_.path("lines");
  const Words outputs{"--format", "json", "-o", file};
  command.insert(command.begin() + 2, outputs.begin(), outputs.end());
  process_ = std::make_unique<Program>(with_backend(command));
  wait_until("start of the tracer", [&] {
    const bool ended = !process_->running();
    return read_file(file).find('\n') != std::string::npos || ended;
  });
}

Trace Tracer::finish() {
  Trace trace;
  trace.ending = process_->wait();
  trace.out = process_->out();
  trace.err = process_->err();
  trace.lines = parse_lines(read_file(folder_.path("lines")));
  return trace;
}

Trace Tracer::stop() {
  process_->kill(SIGINT);
  return finish();
}

Trace run(const Words& options, const Words& command) {
  return Tracer::run(options, command)->finish();
}

Outcome execute(const Words& command) {
  Program process(with_backend(command));
  const std::string ending = process.wait();
  return {ending, process.out(), process.err()};
}

void need_root() {
  if (::geteuid() != 0) FAIL("the live tests trace the running kernel: run them as root");
}

void require_complete(const Trace& trace) {
  const Json& summary = trace.summary();
  INFO(summary.dump());
  REQUIRE(summary.at("lost") == 0);
  REQUIRE(summary.at("divergences") == 0);
  REQUIRE(trace.of("lost").empty());
}

std::uint64_t address(const Json& text) {
  return std::stoull(text.get<std::string>(), nullptr, 16);
}

std::string hex_of(const Json& number) {
  std::ostringstream text;
  text << "0x" << std::hex << number.get<std::uint64_t>();
  return text.str();
}

Puppet::Puppet(const std::string& name, const Words& more)
    : process_(joined({program("puppet"), name}, more)) {
  memory_ = address(Json::parse(process_.line(1)).at("memory"));
}

void Puppet::tell(const std::string& line) {
  process_.say(line + "\n");
  const std::string answer = process_.line(++lines_);
  INFO(line << " -> " << answer);
  REQUIRE(Json::parse(answer).at("ret") == 0);
}

} // namespace mlockscope::live
