#include "symbols/open_files.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace mlockscope::symbols {
namespace {

constexpr unsigned most_strikes = 2;
constexpr std::size_t most_suspects = 4096;

} // namespace

std::size_t most_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur / 2, 16384));
}

FilePtr OpenFiles::find(Identity identity) const {
  const auto at = open_.find(identity);
  return at == open_.end() ? nullptr : at->second.lock();
}

FilePtr OpenFiles::keep(Opened opened) {
  const Identity identity{opened.device, opened.inode};
  if (FilePtr file = find(identity)) return file;
  if (open_.size() >= most_open_files()) forget_closed();
  if (open_.size() >= most_open_files()) return nullptr;
  auto file = std::make_shared<const File>(
      File{++last_id_, std::move(opened.fd), identity.first, identity.second});
  open_[identity] = file;
  identities_[file->id] = identity;
  return file;
}

void OpenFiles::forget_closed() {
  std::erase_if(open_, [](const auto& each) { return each.second.expired(); });
  std::erase_if(identities_, [this](const auto& each) { return !open_.contains(each.second); });
}

bool OpenFiles::blame(std::uint64_t id) {
  const auto at = identities_.find(id);
  if (at == identities_.end()) return false;
  // A process that makes ever new deadly files pushes the oldest ones out; each costs it two more.
  if (strikes_.size() >= most_suspects) strikes_.erase(strikes_.begin());
  ++suspects_;
  return ++strikes_[at->second] == most_strikes;
}

void OpenFiles::forgive() {
  if (suspects_ == 0) return;
  std::erase_if(strikes_, [](const auto& each) { return each.second < most_strikes; });
  suspects_ = 0;
}

bool OpenFiles::given_up(const File& file) const {
  const auto at = strikes_.find({file.device, file.inode});
  return at != strikes_.end() && at->second >= most_strikes;
}

} // namespace mlockscope::symbols
