// Looks whether pages of open exposures are in swap.
#pragma once

#include "capture/tracer.hpp"
#include "decode/decode.hpp"
#include "model/correlator.hpp"
#include "procfs/pagemap.hpp"

#include <map>
#include <unordered_set>

namespace mlockscope::cli {

/// While some exposure is open, the probe for swap traffic is attached, and what it tells of is
/// looked at in pagemap at once; now and then everything is, for what the probe cannot see. With
/// none open there is nothing to do and nothing attached.
class SwapWatch {
public:
  SwapWatch(capture::Tracer& tracer, const model::Correlator& correlator, model::PageSize page)
      : tracer_(tracer), correlator_(correlator), page_(page) {}

  /// The first exposure of an address space has opened, or the last has closed.
  void exposing(model::SpaceId, std::uint32_t pid, bool);
  /// Pages of it went to swap or came back.
  void traffic(const decode::SwapTraffic&);
  /// Its pages that were written since they were last looked at, one event each: to be handed over
  /// before something happens to them, because then it is too late to look.
  [[nodiscard]] std::vector<model::SwapEvent> take_written(model::SpaceId);
  /// The same of all, when tracing ends.
  [[nodiscard]] std::vector<model::SwapEvent> take_all_written();
  /// Looks where that is due. Each answer holds for its time: what was sent before it is to be
  /// handed to the correlator first, and what was sent later after it.
  [[nodiscard]] std::vector<model::SwapEvent> look(model::Time now);
  /// When look() has something to do by itself; the end of time if it has not.
  [[nodiscard]] model::Time next_due() const;

private:
  struct Watched {
    std::uint32_t pid = 0;
    std::map<model::PageRange, model::Time> written; ///< since it was last looked at
    std::optional<procfs::Pagemap> pagemap;
  };

  void look_at_all_if_due(model::Time now);
  void detach_if_unused(model::Time now);
  [[nodiscard]] std::optional<procfs::Pagemap> open(model::SpaceId, std::uint32_t pid);
  [[nodiscard]] std::vector<model::PageRange> pages_in_swap(model::SpaceId, Watched&);
  void look_at(model::SpaceId, std::vector<model::SwapEvent>& seen);

  capture::Tracer& tracer_;
  const model::Correlator& correlator_;
  model::PageSize page_;
  std::map<model::SpaceId, Watched> watched_;
  std::unordered_set<model::SpaceId> due_;
  model::Time poll_due_ = 0;
  model::Time rest_until_ = 0; ///< after a look that took long
  model::Time unused_since_ = 0;
  bool probe_wanted_ = false;
  bool probe_attached_ = false; ///< when it was last looked at
};

} // namespace mlockscope::cli
