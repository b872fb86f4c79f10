// Looks whether pages of open exposures are in swap.
#pragma once

#include "capture/tracer.hpp"
#include "decode/decode.hpp"
#include "model/correlator.hpp"
#include "procfs/pagemap.hpp"

#include <map>
#include <set>
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
  /// It has ended: what was written of it and could not be looked at any more.
  [[nodiscard]] std::optional<model::SwapEvent> last_words(model::SpaceId);
  /// Looks where that is due. The answers hold for the moment of the call: what was sent before it
  /// is to be handed to the correlator first.
  [[nodiscard]] std::vector<model::SwapEvent> look(model::Time now);

private:
  struct Watched {
    std::uint32_t pid = 0;
    model::Time written_at = 0;
    std::set<model::PageRange> written; ///< since it was last looked at
    std::optional<procfs::Pagemap> pagemap;
  };

  void look_at_all_if_due(model::Time now);
  void detach_if_unused(model::Time now);
  [[nodiscard]] std::optional<procfs::Pagemap> open(model::SpaceId, std::uint32_t pid);
  [[nodiscard]] std::vector<model::PageRange> pages_in_swap(model::SpaceId, Watched&);

  capture::Tracer& tracer_;
  const model::Correlator& correlator_;
  model::PageSize page_;
  std::map<model::SpaceId, Watched> watched_;
  std::unordered_set<model::SpaceId> due_;
  model::Time poll_due_ = 0;
  model::Time unused_since_ = 0;
  bool probe_wanted_ = false;
  bool probe_attached_ = false; ///< when it was last looked at
};

} // namespace mlockscope::cli
