// All that findings come out of: the format on the screen, the files for CI, and what stands before
// them. One for each tracing, and for each recording that is judged again.
#pragma once

#include "cli/fan_out.hpp"
#include "cli/options.hpp"
#include "cli/waiting_sink.hpp"
#include "report/clock.hpp"
#include "report/writer.hpp"

#include <memory>
#include <optional>

namespace mlockscope::cli {

/// The entries of the files that the user names, and those that are built in.
[[nodiscard]] util::Result<report::Suppressions> suppressions_of(const ViewOptions&);

/// Fails if two of the files that are to be written are one. `record` may be empty.
[[nodiscard]] util::Status check_files(const ViewOptions&, const std::string& record);

class Outlets {
public:
  /// The writers outlive it. Opens the files for CI. `notes` get what is not a finding.
  [[nodiscard]] static util::Result<std::unique_ptr<Outlets>>
  open(const ViewOptions&, report::Suppressions, report::Writer& out, report::Writer& notes,
       const report::Clock&, WaitingSink::Hooks);

  /// Where findings go in.
  [[nodiscard]] WaitingSink& sink() { return *waiting_; }
  [[nodiscard]] StackNames& names() { return names_; }
  void on_finding(FanOut::OnFinding listener) { fan_out_.on_finding(std::move(listener)); }
  void on_exposure(FanOut::OnExposure listener) { fan_out_.on_exposure(std::move(listener)); }

  /// The worst finding that was shown.
  [[nodiscard]] std::optional<model::Severity> worst() const { return fan_out_.worst(); }
  [[nodiscard]] std::uint64_t suppressed() const { return fan_out_.suppressed(); }
  /// After the summary: entries of suppressions that have fitted nothing, a line each.
  void tell_unused(report::Writer& notes) const;
  /// The first file for CI that could not be written.
  [[nodiscard]] std::optional<util::Error> error() const;

private:
  explicit Outlets(report::Suppressions suppressions) : fan_out_(std::move(suppressions)) {}
  [[nodiscard]] util::Status open_files(const ViewOptions&, const report::Clock&);

  std::unique_ptr<report::Writer> sarif_, junit_; ///< null: not asked for
  StackNames names_;
  FanOut fan_out_;
  std::unique_ptr<WaitingSink> waiting_;
};

} // namespace mlockscope::cli
