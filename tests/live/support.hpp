// mlockscope itself, as a test runs it: with JSON lines into a file, which are read at its end. If
// MLOCKSCOPE_TEST_BACKEND is set in the environment, all that traces does so with that backend.
#pragma once

#include "program.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>

namespace mlockscope::live {

using Json = nlohmann::json;

/// The program under test, and a program of tests/programs.
[[nodiscard]] std::string tracer_program();
[[nodiscard]] std::string program(const std::string& name);

/// The command, with the backend that the environment wants if it traces and names none itself.
[[nodiscard]] Words with_backend(Words command);

/// Everything that one tracing gave.
struct Trace {
  std::string ending;   ///< as Program::wait() says it
  std::string out, err; ///< of mlockscope and of what it ran
  std::vector<Json> lines;

  /// Lines of one type.
  [[nodiscard]] std::vector<Json> of(const std::string& type) const;
  [[nodiscard]] std::vector<Json> findings() const { return of("finding"); }
  /// The last line; fails the test if it is no summary.
  [[nodiscard]] const Json& summary() const;
};

/// `mlockscope trace` or `mlockscope run` beside the test.
class Tracer {
public:
  /// Returns when it traces: all that is done from here on is seen.
  static std::unique_ptr<Tracer> trace(const Words& options);
  static std::unique_ptr<Tracer> run(const Words& options, const Words& command);

  [[nodiscard]] Program& process() { return *process_; }
  /// Waits for its end.
  [[nodiscard]] Trace finish();
  /// Interrupts it and waits for its end.
  [[nodiscard]] Trace stop();

private:
  void start(Words command);

  Folder folder_;
  std::unique_ptr<Program> process_;
};

/// One complete `mlockscope run`.
[[nodiscard]] Trace run(const Words& options, const Words& command);
/// mlockscope with just these arguments, to its end.
struct Outcome {
  std::string ending, out, err;
};
[[nodiscard]] Outcome execute(const Words& command);

/// Fails the test with a clear line if it does not run as root.
void need_root();
/// Fails the test unless nothing was lost and the model always agreed with the kernel.
void require_complete(const Trace&);

/// "0x7f00deadb000" as a number, and a number as that.
[[nodiscard]] std::uint64_t address(const Json&);
[[nodiscard]] std::string hex_of(const Json&);

/// A puppet (tests/programs/puppet.c) and the conversation with it.
class Puppet {
public:
  explicit Puppet(const std::string& name = "puppet", const Words& more = {});
  /// Tells it a line and waits until it is done; fails the test if it could not.
  void tell(const std::string& line);
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] std::uint64_t memory() const { return memory_; }

private:
  Program process_;
  std::size_t lines_ = 1;
  std::uint64_t memory_ = 0;
};

} // namespace mlockscope::live
