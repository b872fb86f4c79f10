// One tracing from its first line to its summary: what `trace` and `run` have in common.
#pragma once

#include "cli/complain.hpp"
#include "cli/exporter.hpp"
#include "cli/options.hpp"
#include "cli/outlets.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "recording/writer.hpp"
#include "report/clock.hpp"
#include "report/writer.hpp"

#include <memory>

namespace mlockscope::cli {

class Tracing {
public:
  /// What can be done, and can go wrong, before anything is traced.
  struct Preparations {
    capture::Filters filters{};
    report::Suppressions suppressions{};
    std::unique_ptr<symbols::Resolver> resolver{}; ///< null: nobody wants stacks
    std::unique_ptr<Exporter> exporter{};          ///< null: nobody wants metrics
  };
  /// Before any thread is started, and before any signal is blocked.
  [[nodiscard]] static util::Result<Preparations> prepare(const CommonOptions&);

  /// Listens, opens the output, attaches the probes, takes in what is locked already, prints the
  /// first line.
  [[nodiscard]] static util::Result<std::unique_ptr<Tracing>> begin(const CommonOptions&,
                                                                    Preparations, const Signals&);

  /// What the loop does about a signal; true ends it.
  using OnSignal = std::function<bool(const signalfd_siginfo&)>;
  /// Traces until `on_signal` says so or the duration is over. What cannot be written any more is
  /// judged all the same, unless `need_output`.
  void loop(Signals&, const OnSignal&, bool need_output);
  /// Goes on until the children that have copies of locked bytes have had their grace time. Any
  /// signal but SIGCHLD ends it.
  void wait_for_forks(Signals&);
  /// Handles what is left and prints the summary. Once.
  void end();

  [[nodiscard]] bool output_failed() const { return output_error().has_value(); }
  /// Of the output, or of a file for CI.
  [[nodiscard]] std::optional<util::Error> output_error() const;
  [[nodiscard]] std::optional<model::Severity> worst() const { return outlets_->worst(); }
  [[nodiscard]] std::uint64_t lost() const;
  /// What is wrong with the recording, if anything is.
  [[nodiscard]] std::optional<util::Error> recording_error() const;

private:
  Tracing(const CommonOptions&, Preparations, std::unique_ptr<capture::Tracer>, report::Writer out,
          report::Writer notes);
  [[nodiscard]] util::Status open_outlets();
  [[nodiscard]] util::Status begin_recording();
  void begin_session();
  void tell_if_recording_failed();
  [[nodiscard]] util::Status follow_descendants();
  void print_start();
  void begin_serving();
  std::size_t turn(capture::Pause);
  [[nodiscard]] metrics::Snapshot metrics_now();
  [[nodiscard]] metrics::Health health() const;
  [[nodiscard]] int pause(capture::Pause) const;
  [[nodiscard]] model::Time patience() const;

  CommonOptions options_;
  mutable report::Writer out_, notes_;
  report::Clock clock_ = report::Clock::of_this_system();
  model::PageSize page_;
  model::Time began_ = 0;
  Preparations prepared_; ///< the suppressions have gone to the outlets
  std::unique_ptr<Outlets> outlets_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<capture::Tracer> tracer_;
  std::optional<recording::Writer> recording_; ///< nothing: nobody asked for one
  bool recording_failed_ = false;              ///< and that was told
  CodeLists code_;
  std::optional<Namer> namer_; ///< nothing: nobody wants stacks
  std::unique_ptr<Session> session_;
};

} // namespace mlockscope::cli
