#include "model/correlator.hpp"

#include "model/router.hpp"

#include <utility>

namespace mlockscope::model {

class Correlator::Impl : public Router {
  using Router::Router;
};

Correlator::Correlator(PageSize page, Output& out, Limits limits)
    : impl_(std::make_unique<Impl>(page, out, limits)) {}
Correlator::~Correlator() = default;
Correlator::Correlator(Correlator&&) noexcept = default;

void Correlator::handle(const CallEvent& event) { impl_->handle(event); }
void Correlator::handle(const Event& event) {
  std::visit([this](const auto& each) { impl_->handle(each); }, event);
}
void Correlator::finish(Time now) { impl_->finish(now); }
const Totals& Correlator::totals() const { return impl_->totals(); }

std::vector<PageRange> Correlator::locked_pages(SpaceId space) const {
  const Ledger* ledger = std::as_const(*impl_).find(space);
  return ledger == nullptr ? std::vector<PageRange>{} : ledger->pages.locked();
}

bool Correlator::idle(SpaceId space) const {
  const Ledger* ledger = std::as_const(*impl_).find(space);
  return ledger != nullptr && ledger->idle();
}

std::uint64_t Correlator::calls_seen(SpaceId space) const {
  const Ledger* ledger = std::as_const(*impl_).find(space);
  return ledger == nullptr ? 0 : ledger->calls_seen;
}

std::vector<PageRange> Correlator::exposed_pages(SpaceId space) const {
  const Ledger* ledger = std::as_const(*impl_).find(space);
  std::vector<PageRange> pages;
  if (ledger == nullptr) return pages;
  ledger->exposures.visit_unseen([&](ByteRange bytes) {
    const PageRange next = ledger->shared.page.around(bytes);
    if (!pages.empty() && next.start <= pages.back().end)
      pages.back().end = std::max(pages.back().end, next.end);
    else
      pages.push_back(next);
  });
  return pages;
}

Time Correlator::next_deadline() const { return impl_->next_deadline(); }

void Correlator::visit_holdings(const std::function<void(const Holdings&)>& take) const {
  impl_->visit_holdings(take);
}

bool Correlator::forks_pending() const { return impl_->forks_pending(); }

std::vector<std::pair<SpaceId, std::uint32_t>> Correlator::address_spaces() const {
  std::vector<std::pair<SpaceId, std::uint32_t>> all;
  for (const Ledger* ledger : impl_->ledgers()) all.emplace_back(ledger->id, ledger->pid);
  return all;
}

} // namespace mlockscope::model
