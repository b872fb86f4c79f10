#include "model/lock_alls.hpp"

#include "model/kernel_word.hpp"

namespace mlockscope::model {

std::uint32_t LockAlls::add(Made made, PageMap& pages, std::uint32_t& future) {
  if (made_.size() >= sweep_at_) drop_unused(pages, future);
  made_.push_back(made);
  return static_cast<std::uint32_t>(made_.size());
}

void LockAlls::drop_unused(PageMap& pages, std::uint32_t& future) {
  std::vector<std::uint32_t> renamed(made_.size() + 1, 0);
  std::vector<Made> used;
  const auto rename = [&](std::uint32_t cover) {
    if (cover == 0) return cover;
    if (renamed[cover] == 0) {
      used.push_back(made_[cover - 1]);
      renamed[cover] = static_cast<std::uint32_t>(used.size());
    }
    return renamed[cover];
  };
  future = rename(future);
  pages.change(every_page, [&](PageRange, PageState state) {
    state.cover = rename(state.cover);
    return state;
  });
  made_ = std::move(used);
  sweep_at_ = std::max<std::size_t>(256, 2 * made_.size());
}

} // namespace mlockscope::model
