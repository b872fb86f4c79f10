// Texts that many have in common, each kept once for as long as somebody has it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>

namespace mlockscope::cli {

class PathPool {
public:
  using Path = std::shared_ptr<const std::string>;

  [[nodiscard]] Path keep(const std::string& text) {
    std::weak_ptr<const std::string>& known = paths_[text];
    if (Path path = known.lock()) return path;
    auto path = std::make_shared<const std::string>(text);
    known = path;
    if (paths_.size() > 2 * kept_) sweep();
    return path;
  }
  [[nodiscard]] std::size_t size() const { return paths_.size(); }

private:
  /// When they have doubled since: so that it costs little for each.
  void sweep() {
    std::erase_if(paths_, [](const auto& each) { return each.second.expired(); });
    kept_ = std::max<std::size_t>(paths_.size(), least);
  }

  static constexpr std::size_t least = 64;
  std::unordered_map<std::string, std::weak_ptr<const std::string>> paths_;
  std::size_t kept_ = least;
};

} // namespace mlockscope::cli
