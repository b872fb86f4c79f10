// A swap file of a test's own, and a look at what the kernel wrote into it.
#pragma once

#include "util/fd.hpp"

#include <cstdint>
#include <string>

namespace mlockscope::live {

/// Swap in use from here to the end of the object, before any other swap of this machine, and
/// without zswap in front of it. What an earlier run left behind, because it was killed, is
/// cleared away first; another run that uses its own is waited for.
class SwapFile {
public:
  /// Throws with the reasons if there is no folder where a swap file can be made and used.
  SwapFile();
  ~SwapFile();
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;

  /// Whether the text is on the disk by now, wherever in the file. The kernel keeps what it wrote
  /// there until it needs the place again, also when the page was read back or its process ended.
  [[nodiscard]] bool contains(const std::string& text) const;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string make_in(const std::string& folder);

  util::Fd turn_; ///< one at a time: the kernel would use those of all in turns
  std::string path_;
  util::Fd file_; ///< holds the lock that tells that this file is not a leftover
  bool zswap_ = false;
};

/// The secret that tests/programs/secrets.c makes of a number.
[[nodiscard]] std::string marker(std::uint64_t number);
/// A number that no other test run has had, so that its marker can only be this run's.
[[nodiscard]] std::uint64_t fresh_number();

} // namespace mlockscope::live
