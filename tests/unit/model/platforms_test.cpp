// Each rule of each platform, by what it does: calls in, results and locked pages out.
#include "support/catch.hpp"
#include "support/story.hpp"

#include <algorithm>
#include <set>

using namespace mlockscope::test;

namespace {

constexpr std::int64_t einval = 22;
constexpr std::int64_t enomem = 12;
constexpr std::int64_t enosys = 38;
constexpr std::uint64_t page = 4096;

/// A story told as it would go there.
class There : public Story {
public:
  explicit There(std::string_view platform) : Story(Elsewhere{platform}) {}
  ~There() { CHECK(totals().divergences == 0); }
  There(const There&) = delete;
  There& operator=(const There&) = delete;
};

/// The errno of the last call; 0 if it succeeded.
std::int64_t error(const Story& story) { return -story.last_ret(); }

bool holds(Story& story, Address at) {
  const auto locked = story.locked();
  return std::any_of(locked.begin(), locked.end(),
                     [at](const PageRange& range) { return range.contains(at); });
}

/// Of the first pages at p: `L` for a locked one, `.` for another.
std::string pages(Story& story, int count) {
  std::string all;
  for (int n = 0; n < count; ++n)
    all += holds(story, p + static_cast<std::uint64_t>(n) * page) ? 'L' : '.';
  return all;
}

/// A row for every platform, and one only.
template <class Rows> void check_complete(const Rows& rows) {
  std::multiset<std::string_view> named;
  std::multiset<std::string_view> known;
  for (const auto& row : rows) named.insert(row.platform);
  for (const Platform& each : platforms()) known.insert(each.name);
  CHECK(named == known);
}

} // namespace

TEST_CASE("platforms have names of their own, titles, and a source for every rule") {
  std::set<std::string_view> names;
  for (const Platform& each : platforms()) {
    CHECK(names.insert(each.name).second);
    CHECK(find_platform(each.name) == &each);
    CHECK(!each.title.empty());
    for (const std::string_view source :
         {each.unaligned.source, each.zero_length.source, each.wrap.source, each.stacking.source,
          each.hole_in_lock.source, each.hole_in_unlock.source, each.never_locked.source,
          each.granule.source, each.lock_all.source, each.current_alone.source, each.memory.source})
      CHECK(!source.empty());
  }
  CHECK(platforms().front().name == "linux");
  CHECK(find_platform("plan9") == nullptr);
  CHECK(find_platform("") == nullptr);
}

TEST_CASE("an unaligned address is rounded or refused") {
  struct Row {
    std::string_view platform;
    std::int64_t error;
  };
  const std::vector<Row> rows{
      {"linux", 0},   {"gvisor", 0},     {"darwin", 0},     {"darwin-10.5", 0},  {"freebsd", 0},
      {"openbsd", 0}, {"netbsd", 0},     {"netbsd-8", 0},   {"illumos", einval}, {"windows", 0},
      {"cygwin", 0},  {"aix", 0},        {"hp-ux", 0},      {"qnx", 0},          {"qnx-6", einval},
      {"irix", 0},    {"tru64", einval}, {"strict", einval}};
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      story.lock(p + page + 100, page);
      CHECK(error(story) == row.error);
      if (row.platform != "cygwin") CHECK(pages(story, 4) == (row.error == 0 ? ".LL." : "...."));
      There unlocking(row.platform);
      unlocking.lock(p, 3 * page).unlock(p + page + 100, 32);
      CHECK(error(unlocking) == row.error);
      const std::string left = row.platform == "cygwin" ? "..." : "L.L";
      const bool stays = row.error != 0 || row.platform == "qnx";
      CHECK(pages(unlocking, 3) == (stays ? "LLL" : left));
    }
  }
}

TEST_CASE("no length: a page, nothing or an error") {
  struct Row {
    std::string_view platform;
    std::int64_t aligned;   ///< the errno of both calls at a page's beginning
    std::int64_t unaligned; ///< and behind it
    std::string_view locks;
    std::string_view unlocks;
  };
  const std::vector<Row> rows{
      {"linux", 0, 0, "L", "."},
      {"gvisor", 0, 0, "L", "."},
      {"darwin", 0, 0, ".", "L"},
      {"darwin-10.5", 0, 0, ".", "."},
      {"freebsd", 0, 0, "L", "."},
      {"openbsd", 0, 0, "L", "."},
      {"netbsd", 0, 0, ".", "L"},
      {"netbsd-8", 0, 0, "L", "."},
      {"illumos", einval, einval, ".", "L"},
      {"windows", 0, 0, "L", "."},
      {"cygwin", 0, 0, "L", "."},
      {"aix", 0, 0, "L", "."},
      {"hp-ux", 0, 0, "L", "."},
      {"qnx", 0, 0, ".", "L"},
      {"qnx-6", 0, einval, ".", "L"},
      {"irix", 0, 0, "L", "."},
      {"tru64", 0, einval, ".", "L"},
      {"strict", einval, einval, ".", "L"},
  };
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      story.lock(p, 0);
      CHECK(error(story) == row.aligned);
      CHECK(pages(story, 1) == ".");
      story.lock(p + 100, 0);
      CHECK(error(story) == row.unaligned);
      CHECK(pages(story, 1) == row.locks);
      There unlocking(row.platform);
      unlocking.lock(p, page).unlock(p, 0);
      CHECK(error(unlocking) == row.aligned);
      CHECK(pages(unlocking, 1) == "L");
      unlocking.unlock(p + 100, 0);
      CHECK(error(unlocking) == row.unaligned);
      CHECK(pages(unlocking, 1) == row.unlocks);
    }
  }
}

TEST_CASE("a request that wraps") {
  struct Row {
    std::string_view platform;
    std::int64_t lock;     ///< SIZE_MAX bytes at a page's beginning: Linux does nothing
    std::int64_t unlock;   ///< the same
    std::int64_t to_end;   ///< unlock up to the very end: Linux refuses it
    std::int64_t unlock_2; ///< SIZE_MAX bytes two further: Linux unlocks a page
    std::string_view left;
  };
  const std::vector<Row> rows{
      {"linux", 0, 0, einval, 0, "."},
      {"gvisor", 0, 0, einval, 0, "."},
      {"darwin", einval, einval, einval, einval, "L"},
      {"darwin-10.5", einval, 0, 0, 0, "L"},
      {"freebsd", einval, einval, einval, einval, "L"},
      {"openbsd", einval, einval, einval, einval, "L"},
      {"netbsd", enomem, enomem, enomem, enomem, "L"},
      {"netbsd-8", einval, einval, einval, einval, "L"},
      {"illumos", enomem, enomem, enomem, einval, "L"},
      {"windows", enomem, enomem, enomem, enomem, "L"},
      {"cygwin", 0, 0, einval, 0, "."},
      {"aix", enomem, enomem, enomem, enomem, "L"},
      {"hp-ux", enomem, enomem, enomem, enomem, "L"},
      {"qnx", 0, 0, 0, 0, "L"},
      {"qnx-6", enomem, enomem, enomem, einval, "L"},
      {"irix", enomem, enomem, enomem, enomem, "L"},
      {"tru64", enomem, enomem, enomem, einval, "L"},
      {"strict", einval, einval, einval, einval, "L"},
  };
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      CHECK(story.lock(p, UINT64_MAX).last_ret() == -row.lock);
      CHECK(pages(story, 1) == ".");
      story.lock(p, page);
      CHECK(story.unlock(p, UINT64_MAX).last_ret() == -row.unlock);
      CHECK(pages(story, 1) == "L");
      CHECK(story.unlock(p, Address{0} - p).last_ret() == -row.to_end);
      CHECK(pages(story, 1) == "L");
      CHECK(story.unlock(p + 2, UINT64_MAX).last_ret() == -row.unlock_2);
      CHECK(pages(story, 1) == row.left);
    }
  }
}

TEST_CASE("one unlock undoes all locks, or one") {
  for (const Platform& each : platforms()) {
    DYNAMIC_SECTION(each.name) {
      const bool darwin = each.name == "darwin" || each.name == "darwin-10.5";
      There story(each.name);
      story.lock(p, page).lock(p, 2 * page).lock(p, page).unlock(p, page);
      const bool counts = darwin || each.name == "qnx";
      CHECK(pages(story, 2) == (counts ? "LL" : each.name == "cygwin" ? ".." : ".L"));
      if (!darwin) continue;
      story.unlock(p, page);
      CHECK(pages(story, 2) == "LL");
      story.unlock(p, page);
      CHECK(pages(story, 2) == ".L");
      story.unlock(p, 2 * page);
      CHECK(pages(story, 2) == "..");
      story.lock(p, page).unlock(p, page);
      CHECK(pages(story, 1) == ".");
    }
  }
}

TEST_CASE("a hole in a lock") {
  struct Row {
    std::string_view platform;
    std::int64_t error;
    std::string_view left;    ///< of two pages before the hole, the hole, and one behind
    std::int64_t first_error; ///< if the first page is the hole
  };
  const std::vector<Row> rows{
      {"linux", enomem, "LL..", enomem},   {"gvisor", enomem, "LL..", enomem},
      {"darwin", enomem, "....", enomem},  {"darwin-10.5", enomem, "....", enomem},
      {"freebsd", enomem, "....", enomem}, {"openbsd", enomem, "....", enomem},
      {"netbsd", einval, "....", enomem},  {"netbsd-8", einval, "....", enomem},
      {"illumos", enomem, "....", enomem}, {"windows", enomem, "....", enomem},
      {"cygwin", enomem, "....", enomem},  {"aix", enomem, "....", enomem},
      {"hp-ux", enomem, "....", enomem},   {"qnx", enomem, "....", enomem},
      {"qnx-6", enomem, "....", enomem},   {"irix", enomem, "....", enomem},
      {"tru64", enomem, "....", enomem},   {"strict", enomem, "....", enomem},
  };
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      story.unmap(p + 2 * page, page).lock(p, 4 * page);
      CHECK(error(story) == row.error);
      CHECK(pages(story, 4) == row.left);
      story.lock(p + 2 * page, 2 * page);
      CHECK(error(story) == row.first_error);
      CHECK(pages(story, 4) == row.left);
    }
  }
}

TEST_CASE("on Darwin a hole behind a locked page goes unnoticed") {
  for (const std::string_view name : {"darwin", "darwin-10.5"}) {
    There story(name);
    story.unmap(p + 2 * page, page).snapshot().lock(p, 2 * page).lock(p, 4 * page);
    CHECK(error(story) == 0);
    CHECK(pages(story, 5) == "LL.L.");
    // What it locked it has counted, on both sides.
    story.unlock(p, 2 * page);
    CHECK(pages(story, 5) == "LL.L.");
    story.unlock(p + 3 * page, page);
    CHECK(pages(story, 5) == "LL...");
  }
}

TEST_CASE("a hole in an unlock") {
  struct Row {
    std::string_view platform;
    std::int64_t error;
    std::string_view left;    ///< two pages before the hole, the hole, and one behind
    std::int64_t first_error; ///< if the first page is the hole
  };
  const std::vector<Row> rows{
      {"linux", enomem, "...L", enomem},   {"gvisor", enomem, "...L", enomem},
      {"darwin", 0, "....", enomem},       {"darwin-10.5", 0, "....", enomem},
      {"freebsd", enomem, "LL.L", enomem}, {"openbsd", enomem, "LL.L", enomem},
      {"netbsd", enomem, "LL.L", enomem},  {"netbsd-8", einval, "LL.L", enomem},
      {"illumos", enomem, "...L", enomem}, {"windows", enomem, "LL.L", enomem},
      {"cygwin", enomem, "LL.L", enomem},  {"aix", enomem, "LL.L", enomem},
      {"hp-ux", enomem, "LL.L", enomem},   {"qnx", 0, "LLLL", 0},
      {"qnx-6", enomem, "LL.L", enomem},   {"irix", enomem, "LL.L", enomem},
      {"tru64", enomem, "LL.L", enomem},   {"strict", enomem, "LL.L", enomem},
  };
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      story.lock(p, 4 * page).unmap(p + 2 * page, page).unlock(p, 4 * page);
      CHECK(error(story) == row.error);
      CHECK(pages(story, 4) == row.left);
      story.unlock(p + 2 * page, 2 * page);
      CHECK(error(story) == row.first_error);
      CHECK(pages(story, 4) == row.left);
    }
  }
}

TEST_CASE("an unlock that meets a page which is not locked") {
  struct Row {
    std::string_view platform;
    std::int64_t error;
  };
  const std::vector<Row> rows{{"linux", 0},        {"gvisor", 0},        {"darwin", 0},
                              {"darwin-10.5", 0},  {"freebsd", 0},       {"openbsd", 0},
                              {"netbsd", enomem},  {"netbsd-8", einval}, {"illumos", 0},
                              {"windows", enomem}, {"cygwin", 0},        {"aix", 0},
                              {"hp-ux", 0},        {"qnx", 0},           {"qnx-6", 0},
                              {"irix", 0},         {"tru64", 0},         {"strict", einval}};
  check_complete(rows);
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.platform) {
      There story(row.platform);
      story.lock(p, page).unlock(p, 2 * page);
      CHECK(error(story) == row.error);
      const std::string left = row.error != 0 ? "L." : "..";
      CHECK(pages(story, 2) == (row.platform == "qnx" ? "LL" : left));
      const WhatIf::Refused refused{{{Call::munlock, row.error}, 1}};
      CHECK(story.what_if()->refused() == (row.error == 0 ? WhatIf::Refused{} : refused));
      // Two that are locked are no reason.
      story.lock(p, 2 * page).unlock(p, 2 * page);
      CHECK(error(story) == 0);
    }
  }
}

TEST_CASE("what a lock is rounded to") {
  for (const Platform& each : platforms()) {
    DYNAMIC_SECTION(each.name) {
      There story(each.name);
      story.lock(p, 32);
      const std::uint64_t end = each.name == "cygwin" ? 65536 : page;
      CHECK(story.locked() == std::vector<PageRange>{{p, p + end}});
    }
  }
}

TEST_CASE("mlockall and munlockall") {
  for (const Platform& each : platforms()) {
    DYNAMIC_SECTION(each.name) {
      const bool works =
          each.name != "darwin" && each.name != "darwin-10.5" && each.name != "strict";
      There story(each.name);
      story.lock_all(3);
      CHECK(error(story) == (works ? 0 : enosys));
      story.map(q, page).snapshot();
      CHECK(holds(story, p) == works);
      CHECK(holds(story, q) == works);
      story.lock(p, page);
      story.unlock_all();
      CHECK(error(story) == (works ? 0 : enosys));
      CHECK(holds(story, p) == !works);
      const WhatIf::Refused refused{{{Call::mlockall, enosys}, 1}, {{Call::munlockall, enosys}, 1}};
      CHECK(story.what_if()->refused() == (works ? WhatIf::Refused{} : refused));
    }
  }
}

TEST_CASE("mlockall(MCL_CURRENT) ends MCL_FUTURE but on gVisor") {
  for (const Platform& each : platforms()) {
    // On the first three there is no mlockall, on QNX no memory that is not locked.
    if (each.lock_all.is == LockAll::enosys || each.name == "qnx") continue;
    DYNAMIC_SECTION(each.name) {
      There story(each.name);
      story.lock_all(2).lock_all(1).snapshot().map(q, page);
      CHECK(holds(story, q) == (each.name == "gvisor"));
      story.unlock_all().unmap(q, page).map(q, page);
      CHECK(story.locked().empty());
    }
  }
}

TEST_CASE("on QNX 8 nothing is ever unlocked, and no child has an unlocked copy") {
  There story("qnx");
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).unlock(p, 4 * page);
  CHECK(error(story) == 0);
  CHECK(pages(story, 1) == "L");
  story.fork().in_child().outlive();
  CHECK(story.told().empty());
}
