#include "witness.hpp"

#include <algorithm>
#include <sstream>

namespace mlockscope::live {
namespace {

Bytes common(Bytes a, Bytes b) {
  return {std::max(a.first, b.first),
          std::max(std::max(a.first, b.first), std::min(a.second, b.second))};
}

struct Claim {
  Bytes request;
  std::vector<Bytes> left;         ///< what is left of it, where it lies now
  const LoggedCall* cut = nullptr; ///< the call that trimmed it last

  [[nodiscard]] bool is_exactly(Bytes range) const { return left.size() == 1 && left[0] == range; }
  void lose(Bytes range) {
    std::vector<Bytes> rest;
    for (const Bytes& part : left) {
      const Bytes out = common(part, range);
      if (out.first >= out.second) {
        rest.push_back(part);
        continue;
      }
      if (part.first < out.first) rest.emplace_back(part.first, out.first);
      if (out.second < part.second) rest.emplace_back(out.second, part.second);
    }
    left = rest;
  }
  void move(Bytes from, Address to) {
    std::vector<Bytes> moved;
    for (const Bytes& part : left) {
      const Bytes some = common(part, from);
      if (some.first < some.second)
        moved.emplace_back(some.first - from.first + to, some.second - from.first + to);
    }
    lose(from);
    left.insert(left.end(), moved.begin(), moved.end());
  }
};

enum class Mapped { unknown, no, yes };

/// One address space. What the kernel mapped by itself at exec (program, loader, stack) is in no
/// log: of such addresses it is unknown whether they are mapped, and a call that succeeds tells.
class Space {
public:
  explicit Space(std::uint64_t page) : page_(page) {}

  void lock(const LoggedCall&);
  void unlock(const LoggedCall&, Testimony&);
  void lock_all(const LoggedCall&);
  void unlock_all();
  void map(const LoggedCall&);
  void unmap(Bytes);
  void remap(const LoggedCall&);
  void set_break(const LoggedCall&);
  /// What a forked child begins with.
  [[nodiscard]] Space child() const;

private:
  [[nodiscard]] Address down(Address at) const { return at & ~(page_ - 1); }
  [[nodiscard]] Address up(Address at) const { return down(at + page_ - 1); }
  /// mm/mlock.c: both are rounded, and the length wraps around as it likes.
  [[nodiscard]] Bytes applied(Address addr, std::uint64_t len) const {
    return {down(addr), down(addr) + up(len + addr % page_)};
  }
  [[nodiscard]] Bytes reached(const LoggedCall&, Bytes applied);
  void take_in(Bytes pages, bool locked, bool covered);
  void drop_empty_claims();
  [[nodiscard]] std::string kind_of(const Claim&, const LoggedCall&, Bytes request,
                                    const std::vector<Bytes>& exposed) const;

  std::uint64_t page_;
  Address break_ = 0;
  bool future_ = false; ///< MCL_FUTURE
  AddressMap<Mapped> mapped_{Mapped::unknown};
  AddressMap<bool> locked_{false};
  AddressMap<bool> covered_{false}; ///< by mlockall
  std::vector<Claim> claims_;       ///< oldest first
};

Bytes request_of(const LoggedCall& call) {
  const Address addr = call.number(0);
  const std::uint64_t len = call.number(1);
  return addr + len < addr ? Bytes{addr, addr} : Bytes{addr, addr + len};
}

/// The pages a call acted on: up to the first that is not mapped.
Bytes Space::reached(const LoggedCall& call, Bytes pages) {
  if (!call.failed) mapped_.set(pages, Mapped::yes);
  if (call.failed && call.error != "ENOMEM") return {pages.first, pages.first};
  Address at = pages.first;
  while (at < pages.second && mapped_.at(at) == Mapped::yes) at += page_;
  return {pages.first, at};
}

void Space::lock(const LoggedCall& call) {
  const Bytes request = request_of(call);
  locked_.set(reached(call, applied(call.number(0), call.number(1))), true);
  if (!call.failed && request.first < request.second) claims_.push_back({request, {request}});
}

std::string Space::kind_of(const Claim& claim, const LoggedCall& call, Bytes request,
                           const std::vector<Bytes>& exposed) const {
  const bool met = std::any_of(exposed.begin(), exposed.end(), [&](Bytes part) {
    const Bytes both = common(part, request);
    return both.first < both.second;
  });
  if (met) return claim.is_exactly(request) ? "stacked" : "nested";
  return claim.cut == &call ? "self-spill" : "spill";
}

void Space::drop_empty_claims() {
  std::erase_if(claims_, [](const Claim& claim) { return claim.left.empty(); });
}

void Space::unlock(const LoggedCall& call, Testimony& testimony) {
  if (call.failed && call.error == "EINVAL") return;
  const Bytes request = request_of(call);
  const Bytes pages = reached(call, applied(call.number(0), call.number(1)));

  const auto newest = std::find_if(claims_.rbegin(), claims_.rend(),
                                   [&](const Claim& claim) { return claim.is_exactly(request); });
  if (newest != claims_.rend()) {
    claims_.erase(std::prev(newest.base()));
  } else {
    for (Claim& claim : claims_) {
      const auto before = claim.left;
      claim.lose(request);
      if (claim.left != before) claim.cut = &call;
    }
    drop_empty_claims();
  }

  for (const Claim& claim : claims_) {
    std::vector<Bytes> exposed;
    for (const Bytes& part : claim.left)
      for (const Bytes& some : locked_.where(common(part, pages), true)) exposed.push_back(some);
    std::sort(exposed.begin(), exposed.end());
    if (exposed.empty()) continue;
    const auto& [start, end] = claim.request;
    testimony.findings.push_back(verdict(call.tid, kind_of(claim, call, request, exposed),
                                         call.name, call.number(0), call.number(1),
                                         hex(start) + "+" + std::to_string(end - start), exposed));
  }
  std::vector<Bytes> holes;
  for (const Bytes& part : locked_.where(pages, true))
    for (const Bytes& some : covered_.where(part, true)) holes.push_back(some);
  if (!holes.empty())
    testimony.findings.push_back(verdict(call.tid, "lockall-hole", call.name, call.number(0),
                                         call.number(1), "null", holes));
  locked_.set(pages, false);
}

void Space::lock_all(const LoggedCall& call) {
  if (call.failed) return;
  future_ = call.has(0, "MCL_FUTURE");
  if (!call.has(0, "MCL_CURRENT")) return;
  // Whatever is mapped now; what is not known to be unmapped may be.
  const Bytes everything{0, ~Address{0}};
  for (const Mapped state : {Mapped::yes, Mapped::unknown})
    for (const Bytes& part : mapped_.where(everything, state)) {
      locked_.set(part, true);
      covered_.set(part, true);
    }
}

void Space::unlock_all() {
  locked_ = covered_ = AddressMap<bool>{false};
  claims_.clear();
  future_ = false;
}

void Space::take_in(Bytes pages, bool locked, bool covered) {
  mapped_.set(pages, Mapped::yes);
  locked_.set(pages, locked);
  covered_.set(pages, covered);
}

void Space::unmap(Bytes range) {
  const Bytes pages{down(range.first), up(range.second)};
  mapped_.set(pages, Mapped::no);
  locked_.set(pages, false);
  covered_.set(pages, false);
  for (Claim& claim : claims_) claim.lose(pages);
  drop_empty_claims();
}

void Space::map(const LoggedCall& call) {
  if (call.failed) return;
  const Bytes request{call.ret, call.ret + call.number(1)};
  const Bytes pages{request.first, up(request.second)};
  unmap(pages);
  const bool asked = call.has(3, "MAP_LOCKED");
  take_in(pages, asked || future_, future_);
  if (asked) claims_.push_back({request, {request}});
}

void Space::remap(const LoggedCall& call) {
  if (call.failed) return;
  const Address from = call.number(0);
  const std::uint64_t before = up(call.number(1)), after = up(call.number(2));
  const bool locked = locked_.at(from), covered = covered_.at(from);
  if (after < before) unmap({from + after, from + before});
  const std::uint64_t kept = std::min(before, after);
  if (call.ret != from) {
    unmap({call.ret, call.ret + after});
    const bool stays = call.has(3, "MREMAP_DONTUNMAP");
    mapped_.move({from, from + kept}, call.ret, stays ? Mapped::yes : Mapped::no);
    locked_.move({from, from + kept}, call.ret, false);
    covered_.move({from, from + kept}, call.ret, false);
    for (Claim& claim : claims_) claim.move({from, from + kept}, call.ret);
  }
  if (after > before) take_in({call.ret + before, call.ret + after}, locked, covered);
}

void Space::set_break(const LoggedCall& call) {
  if (call.failed) return;
  if (break_ != 0 && call.ret < break_) unmap({up(call.ret), up(break_)});
  if (break_ != 0 && call.ret > break_) take_in({up(break_), up(call.ret)}, future_, future_);
  break_ = call.ret;
}

Space Space::child() const {
  Space child(page_);
  child.mapped_ = mapped_;
  child.break_ = break_;
  return child;
}

/// Which thread is in which address space. strace may show a child's first call before the clone
/// that made it returns, so clones are looked up in advance.
class Spaces {
public:
  Spaces(const std::vector<LoggedCall>& calls, std::uint64_t page) : page_(page) {
    for (const LoggedCall& call : calls)
      if (is_birth(call)) births_[static_cast<int>(call.ret)] = &call;
  }

  Space& of(int tid) {
    auto& space = spaces_[tid];
    const auto birth = births_.find(tid);
    if (space == nullptr && birth != births_.end()) {
      Space& parent = of(birth->second->tid);
      space = shares_memory(*birth->second) ? spaces_[birth->second->tid]
                                            : std::make_shared<Space>(parent.child());
    }
    if (space == nullptr) space = std::make_shared<Space>(page_);
    return *space;
  }
  void execute(const LoggedCall& call) {
    of(call.tid);
    if (!call.failed) spaces_[call.tid] = std::make_shared<Space>(page_);
  }
  void be_born(const LoggedCall& call) {
    if (is_birth(call)) of(static_cast<int>(call.ret));
  }

private:
  static bool is_birth(const LoggedCall& call) {
    const bool creates = call.name == "clone" || call.name == "clone3" || call.name == "fork" ||
                         call.name == "vfork";
    return creates && !call.failed && call.ret != 0;
  }
  static bool shares_memory(const LoggedCall& call) {
    if (call.name == "vfork") return true;
    return std::any_of(call.arguments.begin(), call.arguments.end(), [](const std::string& text) {
      return text.find("CLONE_VM") != std::string::npos;
    });
  }

  std::uint64_t page_;
  std::map<int, const LoggedCall*> births_;
  std::map<int, std::shared_ptr<Space>> spaces_;
};

bool is_lock_request(const LoggedCall& call) {
  return call.name == "mlock" || call.name == "mlock2" || call.name == "mlockall" ||
         (call.name == "mmap" && call.has(3, "MAP_LOCKED"));
}

void take(Spaces& spaces, const LoggedCall& call, Testimony& testimony) {
  const std::string& name = call.name;
  if (name == "execve") return spaces.execute(call);
  Space& space = spaces.of(call.tid);
  spaces.be_born(call);
  if (is_lock_request(call) && call.failed)
    ++testimony.failed[std::to_string(call.tid) + " " + name + " " + call.error];
  if (name == "mlock" || name == "mlock2") space.lock(call);
  if (name == "munlock") space.unlock(call, testimony);
  if (name == "mlockall") space.lock_all(call);
  if (name == "munlockall") space.unlock_all();
  if (name == "mmap") space.map(call);
  if (name == "munmap" && !call.failed)
    space.unmap({call.number(0), call.number(0) + call.number(1)});
  if (name == "mremap") space.remap(call);
  if (name == "brk") space.set_break(call);
  if (name.starts_with("mlock") || name.starts_with("munlock")) ++testimony.calls[name];
}

} // namespace

std::string hex(std::uint64_t number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

std::string verdict(int tid, const std::string& kind, const std::string& call, Address addr,
                    std::uint64_t len, const std::string& victim,
                    const std::vector<Bytes>& exposed) {
  std::string text = std::to_string(tid) + " " + kind + " " + call + "(" + hex(addr) + ", " +
                     std::to_string(len) + ") victim " + victim + " exposed";
  for (const auto& [start, end] : exposed) text += " " + hex(start) + "-" + hex(end);
  return text;
}

Testimony testify(const std::vector<LoggedCall>& calls, std::uint64_t page_size) {
  Testimony testimony;
  Spaces spaces(calls, page_size);
  for (const LoggedCall& call : calls) take(spaces, call, testimony);
  std::sort(testimony.findings.begin(), testimony.findings.end());
  return testimony;
}

} // namespace mlockscope::live
