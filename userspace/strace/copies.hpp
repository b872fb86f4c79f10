// What a forked child has copies of, as far as a log can tell: the stand-in for the kernel's list
// of mappings, by which the model concludes what a child inherited.
//
// A log does not say what is mapped, so everything is, but for what the log itself shows: pages
// that are shared with the parent, or left out of the child by madvise, hold no copies. Pages that
// the child locked are not spoken of: they are no finding, and what is locked there the model knows
// as well from the same calls.
#pragma once

#include "model/event.hpp"
#include "strace/page_set.hpp"

namespace mlockscope::strace {

class Copies {
public:
  /// One call that has returned.
  void follow(const model::CallEvent&, model::PageSize);
  /// A madvise that succeeded.
  void advise(std::uint64_t advice, model::PageRange);
  /// Something happened that nobody can tell the effect of: no list is given any more.
  void doubt() { doubtful_ = true; }
  /// The same, and all is forgotten.
  void give_up() {
    *this = Copies();
    doubt();
  }

  /// What a child begins with.
  [[nodiscard]] Copies in_child() const;
  /// False if the list would be wrong.
  [[nodiscard]] bool known() const;
  [[nodiscard]] bool locks_future() const { return future_; }
  [[nodiscard]] std::vector<model::SnapshotEvent::Mapping> mappings(model::PageSize) const;
  /// Runs that it keeps, for those who must bound the sum.
  [[nodiscard]] std::size_t size() const;

private:
  void map(model::PageRange, bool locked, bool shared);
  void unmap(model::PageRange);
  void remap(const model::CallEvent&, model::PageSize);
  void lock_all(const model::CallEvent&, model::PageSize);

  PageSet shared_;
  PageSet not_forked_;
  PageSet wiped_;
  PageSet held_;    ///< locked by a call, or perhaps
  PageSet missing_; ///< in a child: what it did not get
  bool future_ = false;
  bool doubtful_ = false;
};

} // namespace mlockscope::strace
