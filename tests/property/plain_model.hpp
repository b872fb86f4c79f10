// The semantics once more, as plainly as they can be written: an array entry for every byte that
// could matter, a loop over all of them for every rule, and no thought for speed. What the
// correlator concludes is compared with it.
//
// Bytes are kept in cells, 16 a page. The borders of cells lie at odd addresses, except that a page
// begins a cell, so nothing is aligned that a program need not align.
#pragma once

#include "support/story.hpp"

#include <bitset>
#include <optional>
#include <set>

namespace mlockscope::test {

inline constexpr int plain_pages = 24;
inline constexpr int cells_per_page = 16;
inline constexpr int plain_cells = plain_pages * cells_per_page;

/// The address of the start of a cell.
Address cell_start(PageSize, int cell);

class PlainModel {
public:
  PlainModel(PageSize page, const SimKernel& kernel, bool told)
      : page_(page), kernel_(kernel), told_(told) {}

  /// Cells [from, to) as requested; an empty request names no byte.
  struct Cells {
    int from = 0;
    int to = 0;
  };

  // Every call, after it was made: `done` if it returned success.
  void lock(Cells request, PageRange applied, bool done, bool mapping = false);
  void unlock(Cells request, PageRange applied, bool done);
  void lock_all(bool current, bool future);
  void unlock_all();
  void map(int first, int count, Cells claimed, bool lock);
  void unmap(int first, int count);
  /// `to` equal to `first`: in place. `keep`: MREMAP_DONTUNMAP.
  void remap(int first, int count, int new_count, int to, bool keep);
  void heap(int old_end, int new_end);
  /// These pages are seen in swap.
  void swap(int first, int count);

  /// This is the address space of a child that `parent` forks now.
  void inherit(const PlainModel& parent);
  /// The address space is gone.
  void end() { ended_ = true; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// What is to be said when the grace time is over; nothing for a child that kept no copy. The
  /// line has the number of claims where the correlator's names them.
  std::optional<std::string> fork_line(std::uint32_t child_pid);

  /// The lines of text that the calls so far should have given, cleared by this.
  Lines told() { return std::exchange(lines_, {}); }
  std::set<Address> locked() const;
  std::uint64_t needless = 0;
  /// Numbers of findings go on over all address spaces.
  int* findings = nullptr;

private:
  using Set = std::bitset<plain_cells>;
  using Pages = std::bitset<plain_pages>;
  struct Claim {
    Set cells;
    Cells request;
    Call call{};
    int head = 0; ///< where the first cell of the request would lie now
    bool live = true;
  };
  struct Open {
    int finding = 0;
    int claim = -1;
    Set cells;
    std::uint64_t bytes = 0;
    std::string of;
    bool open = true;
    bool seen_in_swap = false;
  };
  /// Bytes of a claim that were copied by a fork.
  struct Copy {
    const PlainModel* owner = nullptr; ///< who had them locked
    Set cells;
  };
  struct Verdict {
    std::string kind;
    std::string of;
    Set cells;
    int claim = -1;
    bool verified = false;
  };

  [[nodiscard]] Pages pages_in(PageRange) const;
  [[nodiscard]] Pages truth() const;
  [[nodiscard]] static Set cells_of(Pages);
  [[nodiscard]] static Set cells_of(Cells);
  [[nodiscard]] std::uint64_t bytes(const Set&) const;
  [[nodiscard]] std::string ranges(const Set&) const;
  [[nodiscard]] std::string victim(const Claim&, int number) const;
  /// The pages locked after a call: as the kernel says, or by the rule.
  void follow(Pages by_rule);
  void lose(const Set&, const std::string& why, int claim = -2);
  void judge(Cells request, Pages unlocked, const std::set<int>& trimmed);
  void give(const Verdict&);
  [[nodiscard]] Pages reach(int first, int count) const;

  PageSize page_;
  const SimKernel& kernel_;
  bool told_;
  std::vector<Claim> claims_;
  std::vector<Open> exposures_;
  std::vector<Copy> copies_;
  Pages locked_;
  Pages covered_;
  bool future_ = false;
  bool ended_ = false;
  Lines lines_;
};

} // namespace mlockscope::test
