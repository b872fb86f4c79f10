#include "cli/code_lists.hpp"

#include "procfs/maps.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::cli {
namespace {

/// Lists of code cost more than events do; a library that is loaded is one of many.
constexpr model::Time interval = 20'000'000;
/// mmap(2): no file, so no code that has a name.
constexpr std::uint64_t map_anonymous = 0x20;

} // namespace

bool CodeLists::covers(const std::vector<Piece>& pieces, model::Address addr) {
  const auto after = std::ranges::upper_bound(pieces, addr, {},
                                              [](const Piece& piece) { return piece.pages.start; });
  return after != pieces.begin() && std::prev(after)->pages.contains(addr);
}

void CodeLists::born(model::SpaceId space, std::uint32_t pid, model::Time now) {
  if (!wanted()) return;
  std::erase_if(stale_, [&](const auto& each) { return each.second == pid; });
  read(space, pid, now);
}

void CodeLists::note(const model::CallEvent& call) {
  if (!wanted() || call.call != model::Call::mmap || call.ret < 0) return;
  if ((call.flags & map_anonymous) == 0) stale_[call.space] = call.caller.pid;
}

void CodeLists::tend(model::Time now) {
  if (!wanted() || now < due_) return;
  due_ = now + interval;
  for (const auto& [space, pid] : std::exchange(stale_, {})) read(space, pid, now);
}

void CodeLists::tell_again() {
  for (auto& [space, known] : known_) {
    known.pieces.clear();
    stale_.emplace(space, known.pid);
  }
  due_ = 0;
}

void CodeLists::forget(model::SpaceId space) {
  stale_.erase(space);
  known_.erase(space);
}

std::uint32_t CodeLists::version_for(model::SpaceId space, std::uint32_t pid,
                                     const std::vector<model::Address>& addresses,
                                     model::Time now) {
  if (!wanted()) return 0;
  const auto complete = [&](const Known& known) {
    return std::ranges::all_of(addresses,
                               [&](model::Address addr) { return covers(known.pieces, addr); });
  };
  const auto found = known_.find(space);
  if (found == known_.end()) {
    read(space, pid, now);
  } else if (!complete(found->second) && now - found->second.missed >= interval) {
    found->second.missed = now; // code that is in no mapping must not make it read all the time
    read(space, pid, now);
  }
  const auto known = known_.find(space);
  return known == known_.end() ? 0 : known->second.version;
}

void CodeLists::read(model::SpaceId space, std::uint32_t pid, model::Time now) {
  auto code = procfs::read_code(proc_.root(), pid);
  if (!code || code.value().empty()) return;
  stale_.erase(space);
  Known& known = known_[space];
  std::vector<Piece> pieces;
  for (const model::CodeMapping& mapping : code.value())
    pieces.push_back({mapping.pages, mapping.inode});
  if (pieces == known.pieces) return;
  known.pieces = std::move(pieces);
  known.pid = pid;
  const List list{space, pid, ++known.version, now, code.take()};
  for (const Listener& listener : listeners_) listener(list);
}

} // namespace mlockscope::cli
