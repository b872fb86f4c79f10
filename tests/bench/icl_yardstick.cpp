#include "icl_yardstick.hpp"

#include <boost/icl/interval_set.hpp>
#include <boost/icl/split_interval_map.hpp>
#include <map>
#include <set>

namespace mlockscope::bench {
namespace {

using Address = std::uint64_t;
using Claim = std::uint64_t;
using Claims = std::set<Claim>;
using Interval = boost::icl::right_open_interval<Address>;
using ClaimMap =
    boost::icl::split_interval_map<Address, Claims, boost::icl::partial_absorber, std::less,
                                   boost::icl::inplace_plus, boost::icl::inter_section, Interval>;
using PageSet = boost::icl::interval_set<Address, std::less, Interval>;

constexpr Address page = 4096;

Interval pages_of(Address addr, Address len) {
  const Address start = addr & ~(page - 1);
  return {start, start + ((len + addr - start + page - 1) & ~(page - 1))};
}

} // namespace

class IclYardstick::Impl {
public:
  void lock(Address addr, Address len) {
    claims_ += std::make_pair(Interval(addr, addr + len), Claims{++last_});
    exact_.emplace(std::make_pair(addr, addr + len), last_);
    pages_ += pages_of(addr, len);
  }

  std::size_t unlock(Address addr, Address len) {
    release(addr, addr + len);
    const Interval applied = pages_of(addr, len);
    pages_ -= applied;
    Claims exposed;
    const auto hit = claims_.equal_range(applied);
    for (auto at = hit.first; at != hit.second; ++at) {
      exposed.insert(at->second.begin(), at->second.end());
    }
    return exposed.size();
  }

private:
  /// The newest claim of exactly this range, or every claim's part of it.
  void release(Address start, Address end) {
    const auto same = exact_.equal_range({start, end});
    if (same.first == same.second) {
      claims_.erase(Interval(start, end));
      return;
    }
    const auto newest = std::prev(same.second);
    claims_ -= std::make_pair(Interval(start, end), Claims{newest->second});
    exact_.erase(newest);
  }

  ClaimMap claims_;
  PageSet pages_;
  std::multimap<std::pair<Address, Address>, Claim> exact_;
  Claim last_ = 0;
};

IclYardstick::IclYardstick() : impl_(std::make_unique<Impl>()) {}
IclYardstick::~IclYardstick() = default;
void IclYardstick::lock(std::uint64_t addr, std::uint64_t len) { impl_->lock(addr, len); }
std::size_t IclYardstick::unlock(std::uint64_t addr, std::uint64_t len) {
  return impl_->unlock(addr, len);
}

} // namespace mlockscope::bench
