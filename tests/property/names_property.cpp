// Which names have series, against what a scraper sees: no series ever goes backwards, the sum over
// all of them is what happened, and their number is bounded.
#include "metrics/names.hpp"
#include "support/catch.hpp"

#include <rapidcheck.h>

#include <map>

using namespace mlockscope;
using metrics::Names;

namespace {

/// A name, how often it did something, and how many seconds later.
using Draw = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>;

/// Counts by place, as a recorder keeps them, and what a scraper remembers of each series.
class Watcher {
public:
  explicit Watcher(std::size_t limit) : names_(limit), counts_(limit + 1) {}

  void note(const std::string& name, std::uint64_t amount) {
    counts_[names_.note(name, static_cast<double>(amount), now_)] += amount;
    happened_ += amount;
  }
  void scrape() {
    for (const Names::Place place : names_.rotate(now_)) {
      counts_[Names::other] += counts_[place];
      counts_[place] = 0;
    }
    std::uint64_t sum = 0;
    for (Names::Place place = 0; place < counts_.size(); ++place) {
      sum += counts_[place];
      const auto& name = names_.name_at(place);
      if (place != Names::other && !name) continue;
      look_at(place == Names::other ? "other" : "name " + *name, counts_[place]);
    }
    RC_ASSERT(sum == happened_);
    RC_ASSERT(names_.used() <= names_.limit());
  }
  void wait(std::uint64_t seconds) { now_ += seconds * Names::second; }

private:
  void look_at(const std::string& series, std::uint64_t value) {
    auto& [last, when] = seen_[series];
    if (now_ - when < 300 * Names::second) RC_ASSERT(value >= last);
    last = value;
    when = now_;
  }

  Names names_;
  std::vector<std::uint64_t> counts_;
  std::map<std::string, std::pair<std::uint64_t, model::Time>> seen_;
  std::uint64_t happened_ = 0;
  model::Time now_ = Names::second;
};

} // namespace

TEST_CASE("series are bounded, never go backwards, and their sum is what happened") {
  CHECK(rc::check("names", [](const std::vector<Draw>& draws) {
    Watcher watcher(3);
    for (const auto& [name, amount, wait] : draws) {
      watcher.note(std::to_string(name % 12), amount % 16u);
      watcher.wait(wait);
      watcher.scrape();
    }
  }));
}
