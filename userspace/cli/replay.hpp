// What the ways of replaying have in common.
#pragma once

#include "cli/options.hpp"
#include "cli/player.hpp"
#include "util/parallel.hpp"

#include <memory>
#include <string>

namespace mlockscope::cli {

/// Opens a file as what the user says it is.
[[nodiscard]] util::Result<std::unique_ptr<recording::Source>> open_source(const ReplayOptions&,
                                                                           const std::string& file);

/// After play(): what the user should know about how far it came; empty if all is well.
[[nodiscard]] std::string remark_of(const recording::Source&, const Player&,
                                    const std::string& file);

/// How many files are judged at a time.
[[nodiscard]] inline std::size_t jobs_of(const ReplayOptions& options) {
  return options.jobs != 0 ? options.jobs : util::processors();
}

/// All platforms and page sizes side by side. Returns the exit status.
[[nodiscard]] int replay_matrix(const ReplayOptions&, const Selection&);

} // namespace mlockscope::cli
