// From what the user wants to see to where it goes.
#pragma once

#include "cli/options.hpp"
#include "report/clock.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <memory>

namespace mlockscope::cli {

/// The file that --output names, or standard output.
[[nodiscard]] util::Result<report::Writer> open_output(const std::string& path);

/// Two names of one file that is there; false for empty names.
[[nodiscard]] bool same_file(const std::string& one, const std::string& other);

/// The writers outlive the sink. `notes` are for what is not a finding, in formats for people.
[[nodiscard]] std::unique_ptr<report::Sink> make_sink(const ViewOptions&, report::Writer& out,
                                                      report::Writer& notes, const report::Clock&);

} // namespace mlockscope::cli
