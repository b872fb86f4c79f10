// Findings that somebody has looked at and found harmless.
//
// A file of entries; what begins with # is a comment:
//
//   # The buffer holds test patterns only.
//   {
//     name: memory-test
//     kind: lock-failed stacked
//     comm: memtest*
//     unlocked-by: fun:release module:libkeys.so*
//     unlocked-by: ...
//     unlocked-by: fun:"main"
//     locked-by: fun:*
//     reason: it tests memory
//   }
//
// Everything but the braces may be left out, but not all of `comm`, `unlocked-by` and `locked-by`.
//
// `unlocked-by`, or `forked-by` or `failed-by` where that reads better, is the stack of the call
// that the finding is about; `locked-by` that of the earlier lock. Each line is one frame, the
// innermost first; `...` is any number of frames. The frames follow one another from the place
// (place.hpp) on, or from a frame of the C library before it; callers beyond the last line may be
// any. A pattern with a slash is compared with the module's whole path, others with its name.
// Patterns: `*` is any text, `?` any byte; in double quotes they may hold spaces and #.
#pragma once

#include "model/finding.hpp"
#include "report/context.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mlockscope::report {

struct FramePattern {
  std::string function = "*";
  std::string module = "*";
  bool any_number = false; ///< `...`: of frames, whatever they are
};

struct Suppression {
  std::string name;               ///< empty: it has none
  std::string place;              ///< "FILE:LINE" of its opening brace
  std::string reason;             ///< as the entry gives it; may be empty
  std::vector<model::Kind> kinds; ///< empty: all
  std::string comm = "*";
  std::vector<FramePattern> call;   ///< empty: any
  std::vector<FramePattern> victim; ///< empty: any
  bool built_in = false;
  std::uint64_t uses = 0; ///< findings it has matched

  /// Its name, or its place if it has none.
  [[nodiscard]] const std::string& label() const { return name.empty() ? place : name; }
};

/// Bounds on what is read.
constexpr std::size_t suppression_file_bytes = std::size_t{1} << 20;
constexpr std::size_t suppressions_kept = 10'000;
constexpr std::size_t suppression_pattern_bytes = 1024;
constexpr std::size_t suppression_frames = 64;

/// The entries of a text. An error names `file` and the line, what is wrong, and what to do.
[[nodiscard]] util::Result<std::vector<Suppression>> parse_suppressions(std::string_view text,
                                                                        const std::string& file);

/// Whether one entry fits a finding. Reads at most 128 frames of a stack.
[[nodiscard]] bool fits(const Suppression&, const model::Finding&, const Context&);

class Suppressions {
public:
  /// Adds the entries of a file. On failure nothing is added.
  [[nodiscard]] util::Status add_file(const std::string& path);
  /// The same of a text; `file` is what errors and places call it.
  [[nodiscard]] util::Status add(std::string_view text, const std::string& file);
  /// Adds the entries that are built in.
  void add_built_in();

  /// The first entry that fits, and counts that; null if none does. The entry lives as long as
  /// this object, also when more are added.
  const Suppression* match(const model::Finding&, const Context&);

  /// Entries that fitted nothing, in the order of the files. Not those that are built in.
  [[nodiscard]] std::vector<const Suppression*> unused() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
  util::Status take(std::vector<Suppression>, bool built_in, const std::string& file);
  std::deque<Suppression> entries_;
};

/// The text of the entries that are built in, as it is installed.
[[nodiscard]] std::string_view built_in_suppressions();

/// An entry that fits this finding and its like, ready for a file: kind, program, and the first
/// frames of both stacks by function and module. No address, no offset, no folder. Where a name
/// holds what an entry cannot, it has `?` or `*` instead. Ends with a newline.
[[nodiscard]] std::string suppression_for(const model::Finding&, const Context&);

} // namespace mlockscope::report
