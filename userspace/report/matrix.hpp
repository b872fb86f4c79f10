// What a replay by all rules comes to, for people and for programs.
#pragma once

#include "model/platforms.hpp"
#include "report/sink.hpp"

#include <string>
#include <vector>

namespace mlockscope::report {

/// The verdicts by one platform's rules on pages of one size.
struct Cell {
  const model::Platform* platform = nullptr;
  std::uint64_t page_size = 0;
  std::map<model::Kind, std::uint64_t> findings{};
  Refused refused{};

  [[nodiscard]] bool agrees_with(const Cell& other) const {
    return findings == other.findings && refused == other.refused;
  }
};

/// A table for each page size; platforms with the same verdicts share a line.
[[nodiscard]] std::string matrix_text(const std::vector<Cell>&);
/// An object a line and cell, "type":"matrix".
[[nodiscard]] std::string matrix_json(const std::vector<Cell>&);

} // namespace mlockscope::report
