#include "twins.hpp"

#include "model/words.hpp"

#include <algorithm>

namespace mlockscope::test {
namespace {

constexpr int heap_page = 18; ///< the heap may grow from here to the end

std::string joined(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) all += "\n  " + line;
  return all;
}

/// One address space in both worlds.
class Twin {
public:
  Twin(Story& story, int& findings, const Setting& setting)
      : story_(story), page_(setting.page), plain_(page_, story.kernel(), setting.told),
        told_(setting.told), translated_(setting.translated) {
    plain_.findings = &findings;
    SimKernel& kernel = story.kernel();
    kernel.pages.clear();
    kernel.put(p, 16 * setting.page);
    kernel.pages[at(13)].special = true;
    kernel.pages[at(14)].no_access = true;
    kernel.pages[at(3)].wiped_on_fork = true;
    kernel.pages[at(5)].shared = true;
    kernel.heap_end = at(heap_page);
  }
  /// A child that was forked just now: its kernel has its parent's pages already.
  Twin(Story& story, int& findings, const Setting& setting, const Twin& parent)
      : story_(story), page_(setting.page), plain_(page_, story.kernel(), setting.told),
        told_(setting.told), translated_(setting.translated) {
    plain_.findings = &findings;
    plain_.inherit(parent.plain_);
  }

  void play(const Draw&);
  /// What the two say differently, if anything.
  [[nodiscard]] std::string difference() {
    const Lines told = comparable(story_.told());
    const Lines plain = comparable(plain_.told());
    if (told != plain) return "told:" + joined(told) + "\nplain model:" + joined(plain);
    std::set<Address> locked;
    for (const PageRange range : story_.locked())
      for (int n = 0; n < plain_pages; ++n)
        if (range.contains(at(n)) && compared(at(n))) locked.insert(at(n));
    std::set<Address> expected;
    for (const Address each : plain_.locked())
      if (compared(each)) expected.insert(each);
    return locked == expected ? "" : "locked pages differ";
  }
  void end(Story& story) {
    story.end().told();
    plain_.end();
  }
  /// The same of the copies of this child, now that its grace time is over.
  [[nodiscard]] std::string fork_difference(Story& story) {
    const std::size_t before = story.out.findings.size();
    story.snapshot().told();
    const auto expected = plain_.fork_line(story.pid());
    const auto told = story.out.findings.size() == before
                          ? std::nullopt
                          : std::optional(counted(story.out.findings.back()));
    if (told == expected && story.out.findings.size() <= before + 1) return "";
    return "told: " + told.value_or("") + "\nplain model: " + expected.value_or("");
  }
  [[nodiscard]] std::uint64_t needless() const { return plain_.needless; }

private:
  [[nodiscard]] Address at(int page) const {
    return p + static_cast<std::uint64_t>(page) * page_.bytes();
  }
  /// What mlockall skips silently is in neither model's reach to know.
  [[nodiscard]] bool compared(Address page) const {
    if (!story_.kernel().mapped(page)) return false;
    const SimKernel::Page& kind = story_.kernel().pages.at(page);
    return !told_ || !(kind.special || (kind.secret && !kind.locked));
  }
  /// Findings in their order, then what closed, in any. Where a moved claim lies now is tested
  /// elsewhere.
  [[nodiscard]] Lines comparable(Lines lines) const {
    for (std::string& line : lines) {
      line = line.substr(0, line.find(" now "));
      // Which of the two it is, is tested where nothing is translated.
      const auto verified = line.find(" verified");
      if (translated_ && verified != std::string::npos) line.replace(verified, 9, " modelled");
    }
    const auto closed = std::stable_partition(
        lines.begin(), lines.end(), [](const auto& line) { return !line.starts_with("closed"); });
    std::sort(closed, lines.end());
    return lines;
  }
  /// The line of a fork finding with the number of its claims instead of their names.
  static std::string counted(const Finding& finding) {
    std::string line = "fork " + std::string(word(finding.severity));
    for (const ByteRange range : finding.exposed) line += " " + text(range);
    if (!finding.inherited) return line;
    line += " to " + std::to_string(finding.inherited->child_pid) + " of " +
            std::to_string(finding.inherited->claims_in_all);
    return finding.inherited->owner_ended ? line + " (owner ended)" : line;
  }
  [[nodiscard]] PageRange applied(Address addr, std::uint64_t len) const {
    return {page_.down(addr), page_.down(addr) + page_.up(len + page_.offset(addr))};
  }
  bool mapped(int first, int count) const {
    for (int n = first; n < first + count; ++n)
      if (!story_.kernel().mapped(at(n))) return false;
    return true;
  }

  void lock_or_unlock(const Draw&, bool lock);
  void odd_request(const Draw&, bool lock);
  void map(const Draw&);
  void remap(const Draw&);
  void remap_half(int first, int count, int to);
  void heap(const Draw&);
  void swap(const Draw&);

  Story& story_;
  PageSize page_;
  PlainModel plain_;
  bool told_;
  bool translated_;
};

void Twin::lock_or_unlock(const Draw& draw, bool lock) {
  // Few starts and lengths, so that calls meet; long ones so that they span pages and holes.
  const int from = draw[1] % 7 * cells_per_page + draw[2] % 6 * 3;
  const int to = std::min(plain_cells, from + (draw[4] % 8 == 0 ? draw[3] % 128 : draw[3] % 20));
  const Address addr = cell_start(page_, from);
  const std::uint64_t len = cell_start(page_, to) - addr;
  if (draw[4] % 16 == 1) story_.refuse(lock ? 12 : 4);
  lock ? story_.lock(addr, len) : story_.unlock(addr, len);
  const bool done = story_.last_ret() == 0;
  lock ? plain_.lock({from, to}, applied(addr, len), done)
       : plain_.unlock({from, to}, applied(addr, len), done);
}

/// Requests that wrap: they name no byte, and act on at most a page, or are refused.
void Twin::odd_request(const Draw& draw, bool lock) {
  const Address addr = cell_start(page_, draw[1] % (6 * cells_per_page));
  const std::uint64_t len = draw[2] % 2 == 0 ? UINT64_MAX - draw[3] % 4 : UINT64_MAX - addr;
  lock ? story_.lock(addr, len) : story_.unlock(addr, len);
  if (story_.last_ret() == -22) return;
  const bool done = story_.last_ret() == 0;
  lock ? plain_.lock({}, applied(addr, len), done) : plain_.unlock({}, applied(addr, len), done);
}

void Twin::map(const Draw& draw) {
  const int first = draw[1] % 20;
  const int count = 1 + draw[2] % 3;
  const bool lock = draw[3] % 2 != 0;
  SimKernel::Page kind;
  kind.special = draw[4] % 8 == 1;
  kind.no_access = draw[4] % 8 == 2;
  kind.secret = draw[4] % 8 == 3 && !lock && !story_.kernel().future && told_;
  kind.shared = draw[4] % 8 == 4;
  kind.wiped_on_fork = draw[4] % 8 == 5;
  kind.not_forked = draw[4] % 8 == 6;
  // A length that is no multiple of a page.
  const int end = first * cells_per_page + count * cells_per_page - draw[4] % cells_per_page;
  story_.map(at(first), cell_start(page_, end) - at(first), lock ? 0x2000 : 0, kind);
  plain_.map(first, count, {first * cells_per_page, end}, lock);
}

void Twin::remap(const Draw& draw) {
  const int first = draw[1] % 16;
  const int count = 1 + draw[2] % 3;
  const bool keep = draw[4] % 5 == 0;
  const int new_count = keep ? count : 1 + draw[3] % 4;
  const bool in_place = draw[4] % 5 == 1;
  const int to = in_place ? first : draw[4] % (plain_pages - 4);
  if (!mapped(first, count) || (!in_place && to < first + count && first < to + new_count)) return;
  for (int n = first + count; in_place && n < first + new_count; ++n)
    if (mapped(n, 1)) return;
  for (int n = first; n < first + count; ++n)
    if (story_.kernel().pages.at(at(n)).secret) return;
  if (told_ && draw[3] >= 192 && !keep && !in_place) return remap_half(first, count, to);
  const auto size = [&](int pages) { return static_cast<std::uint64_t>(pages) * page_.bytes(); };
  story_.kernel().whole_dontunmap = draw[3] % 2 == 0;
  story_.remap(at(first), size(count), size(new_count), at(to), keep ? 4 | 1 : in_place ? 1 : 3);
  plain_.remap(first, count, new_count, to, keep);
}

/// The last page cannot be moved, and nothing was where it should have gone: so the kernel's word
/// tells what has moved.
void Twin::remap_half(int first, int count, int to) {
  const bool meet = to < first + count && first < to + count;
  if (count < 2 || meet || mapped(to + count - 1, 1)) return;
  SimKernel::Page& last = story_.kernel().pages.at(at(first + count - 1));
  const std::uint64_t size = static_cast<std::uint64_t>(count) * page_.bytes();
  last.sealed = true;
  story_.remap(at(first), size, size, at(to), 3);
  last.sealed = false;
  plain_.remap(first, count - 1, count - 1, to, false);
  story_.snapshot();
}

void Twin::heap(const Draw& draw) {
  const auto page_end = [&] {
    return static_cast<int>((page_.up(story_.kernel().heap_end) - p) / page_.bytes());
  };
  const int old_end = page_end();
  const int cell = heap_page * cells_per_page + draw[1] % (5 * cells_per_page);
  story_.brk(cell_start(page_, cell));
  plain_.heap(old_end, page_end());
}

void Twin::swap(const Draw& draw) {
  const int first = draw[2] % 20;
  const int count = 1 + draw[3] % 4;
  story_.swap(at(first), static_cast<std::uint64_t>(count) * page_.bytes());
  plain_.swap(first, count);
}

void Twin::play(const Draw& draw) {
  const int which = draw[0] % 32;
  if (which < 11) return lock_or_unlock(draw, true);
  if (which < 20) return lock_or_unlock(draw, false);
  if (which < 21) return odd_request(draw, draw[4] % 2 == 0);
  if (which < 23) return map(draw);
  if (which < 27) return remap(draw);
  if (which < 28) return heap(draw);
  if (which < 29) {
    const int count = 1 + draw[2] % 4;
    story_.unmap(at(draw[1] % 20), static_cast<std::uint64_t>(count) * page_.bytes());
    plain_.unmap(draw[1] % 20, count);
  } else if (which < 30) {
    const auto flags = static_cast<std::uint64_t>(1 + draw[1] % 3);
    story_.lock_all(flags);
    plain_.lock_all((flags & 1) != 0, (flags & 2) != 0);
  } else if (which < 31) {
    if (draw[1] % 4 != 0) return swap(draw);
    story_.unlock_all();
    plain_.unlock_all();
  } else if (told_ && story_.model().calls_seen(story_.space()) != 0) {
    story_.snapshot(); // agrees, and changes nothing
  }
}

using Twins = std::vector<std::unique_ptr<Twin>>;

/// Some address spaces end, and those of children that live on are listed when their grace time is
/// over.
std::string fork_difference(Story& story, Twins& twins, std::size_t ends) {
  for (std::size_t n = 0; n < twins.size(); ++n)
    if (((ends >> n) & 1) != 0) twins[n]->end(story.in_process(100 + n));
  story.wait(grace + 1);
  for (std::size_t n = 1; n < twins.size(); ++n) {
    if (((ends >> n) & 1) != 0) continue;
    if (auto found = twins[n]->fork_difference(story.in_process(100 + n)); !found.empty())
      return found;
  }
  return story.model().forks_pending() ? "forks are pending" : "";
}

std::string play(Story& story, const Setting& setting, const std::vector<Draw>& draws) {
  int findings = 0;
  Twins twins;
  twins.push_back(std::make_unique<Twin>(story, findings, setting));
  for (const Draw& draw : draws) {
    const std::size_t which = draw[0] < 128 ? 0 : draw[3] % twins.size();
    Twin& twin = *twins[which];
    story.in_process(100 + which);
    if (draw[0] % 64 == 63 && twins.size() < 5) {
      story.fork().in_child();
      twins.push_back(std::make_unique<Twin>(story, findings, setting, twin));
      continue;
    }
    twin.play(draw);
    if (auto found = twin.difference(); !found.empty()) return found;
  }
  std::uint64_t needless = 0;
  for (const auto& twin : twins) needless += twin->needless();
  if (story.totals().unlocks_without_lock != needless) return "unlocks without a lock differ";
  if (story.totals().divergences != 0) return "divergences before the forks";
  if (auto found = fork_difference(story, twins, draws.size()); !found.empty()) return found;
  return setting.told && story.totals().divergences != 0 ? "divergences" : "";
}

} // namespace

std::string first_difference(const Setting& setting, const std::vector<Draw>& draws) {
  const auto words = setting.told ? Story::Words::told : Story::Words::silent;
  if (!setting.translated) {
    Story story(setting.page, words);
    return play(story, setting, draws);
  }
  Story story(Story::Elsewhere{"linux", setting.page}, setting.page, words);
  return play(story, setting, draws);
}

} // namespace mlockscope::test
