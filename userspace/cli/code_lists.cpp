// A pid is no address space. Between a call and the look into /proc the process may have executed
// another program, or be gone and its pid be given to another: so a list that lacks what is known
// to be code of that address space is not believed.
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

bool CodeLists::covers(const Pieces& pieces, model::Address addr) {
  const auto after = std::ranges::upper_bound(pieces, addr, {},
                                              [](const Piece& piece) { return piece.pages.start; });
  return after != pieces.begin() && std::prev(after)->pages.contains(addr);
}

CodeLists::Piece CodeLists::piece_of(const model::CodeMapping& mapping) {
  return {mapping.pages, mapping.offset, mapping.inode, mapping.device, paths_.keep(mapping.path)};
}

void CodeLists::born(model::SpaceId space, std::uint32_t pid, model::Address code,
                     model::Time now) {
  if (!wanted()) return;
  std::erase_if(stale_, [&](const auto& each) { return each.second == pid; });
  known_[space].anchor = code;
  if (at_birth_ == AtBirth::later) return see(space, pid);
  read(space, pid, now);
}

void CodeLists::told(model::SpaceId space, std::uint32_t pid, const model::CodeMapping& mapping) {
  if (!wanted() || mapping.path.empty()) return;
  Known& known = known_[space];
  const Piece piece = piece_of(mapping);
  const auto overlaps = [&](const Piece& each) {
    return each.pages.start < piece.pages.end && piece.pages.start < each.pages.end;
  };
  const auto first = std::ranges::find_if(known.pieces, overlaps);
  if (first != known.pieces.end() && first->same(piece)) return;
  std::erase_if(known.pieces, overlaps);
  if (known.pieces.size() >= procfs::most_code) return;
  known.pieces.insert(std::ranges::upper_bound(known.pieces, piece.pages.start, {},
                                               [](const Piece& each) { return each.pages.start; }),
                      piece);
  known.pid = pid;
  if (!std::exchange(known.untold, true)) untold_.push_back(space);
}

void CodeLists::note(const model::CallEvent& call) {
  if (!wanted() || call.call != model::Call::mmap || call.ret < 0) return;
  if ((call.flags & map_anonymous) == 0) stale_[call.space] = call.caller.pid;
}

void CodeLists::tend(model::Time now) {
  if (!wanted() || now < due_) return;
  due_ = now + interval;
  for (const auto& [space, pid] : std::exchange(stale_, {})) read(space, pid, now);
  for (const model::SpaceId space : std::exchange(untold_, {}))
    if (const auto known = known_.find(space); known != known_.end())
      publish(space, known->second, now);
}

void CodeLists::tell_again() {
  for (auto& [space, known] : known_) {
    if (known.version != 0 && !std::exchange(known.untold, true)) untold_.push_back(space);
    if (known.pid != 0) stale_.emplace(space, known.pid);
  }
  due_ = 0;
}

void CodeLists::ended(model::SpaceId space) {
  stale_.erase(space);
  if (const auto known = known_.find(space); known != known_.end()) known->second.pid = 0;
}

void CodeLists::forget(model::SpaceId space) {
  stale_.erase(space);
  known_.erase(space);
}

std::uint32_t CodeLists::version_for(model::SpaceId space, std::uint32_t pid,
                                     const std::vector<model::Address>& addresses,
                                     model::Time now) {
  if (!wanted()) return 0;
  Known& known = known_[space];
  if (!addresses.empty()) known.anchor = addresses.front();
  const bool complete = std::ranges::all_of(
      addresses, [&](model::Address addr) { return covers(known.pieces, addr); });
  if (known.pieces.empty()) {
    read(space, pid, now);
  } else if (!complete && now - known.missed >= interval) {
    known.missed = now; // code that is in no mapping must not make it read all the time
    read(space, pid, now);
  }
  publish(space, known, now);
  return known.version;
}

void CodeLists::read(model::SpaceId space, std::uint32_t pid, model::Time now) {
  const auto code = procfs::read_code(proc_.root(), pid);
  if (!code || code.value().empty()) return;
  Pieces pieces;
  for (const model::CodeMapping& mapping : code.value()) pieces.push_back(piece_of(mapping));
  Known& known = known_[space];
  if (known.anchor != 0 && !covers(pieces, known.anchor)) return;
  stale_.erase(space);
  known.pid = pid;
  if (!std::ranges::equal(pieces, known.pieces,
                          [](const Piece& a, const Piece& b) { return a.same(b); })) {
    known.pieces = std::move(pieces);
    known.untold = true;
  }
  publish(space, known, now);
}

void CodeLists::publish(model::SpaceId space, Known& known, model::Time now) {
  if (!std::exchange(known.untold, false)) return;
  List list{space, known.pid, ++known.version, now, {}};
  for (const Piece& each : known.pieces)
    list.code.push_back({each.pages, each.offset, each.inode, each.device, *each.path});
  for (const Listener& listener : listeners_) listener(list);
}

} // namespace mlockscope::cli
