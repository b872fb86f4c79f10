#include "report/suppressions.hpp"

#include "report/glob.hpp"
#include "report/place.hpp"
#include "util/fd.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <span>
#include <unistd.h>

namespace mlockscope::report {
namespace {

using model::Frame;

constexpr std::size_t frames_read = 128;

bool fits(const FramePattern& pattern, const Frame& frame) {
  const std::string_view path = frame.module ? std::string_view(*frame.module) : "";
  const bool whole = pattern.module.find('/') != pattern.module.npos;
  return glob_matches(pattern.function, frame.symbol ? std::string_view(*frame.symbol) : "") &&
         glob_matches(pattern.module, whole ? path : module_name(path));
}

/// As glob_matches(), with frames for bytes and `...` for the star. What follows may be anything.
bool fits_from(std::span<const FramePattern> patterns, std::span<const Frame> frames) {
  std::size_t p = 0, f = 0, dots = patterns.size(), taken = 0;
  while (p < patterns.size()) {
    if (patterns[p].any_number) {
      dots = p++;
      taken = f;
    } else if (f < frames.size() && fits(patterns[p], frames[f])) {
      ++p;
      ++f;
    } else if (dots < patterns.size() && taken < frames.size()) {
      p = dots + 1;
      f = ++taken;
    } else {
      return false;
    }
  }
  return true;
}

bool fits(const std::vector<FramePattern>& patterns, const model::Stack& stack) {
  if (patterns.empty()) return true;
  const auto place = place_index(stack);
  if (!place) return false;
  const auto frames = std::span(stack).first(std::min(stack.size(), frames_read));
  // Only what passes the call on may be left out.
  for (std::size_t from = std::min(*place + 1, frames.size()); from-- > 0;)
    if (fits_from(patterns, frames.subspan(from))) return true;
  return false;
}

util::Result<std::string> text_of(const std::string& path) {
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return util::system_error("cannot open " + path, errno);
  std::string text;
  char some[16 * 1024];
  while (text.size() <= suppression_file_bytes) {
    const ssize_t got = ::read(file.get(), some, sizeof some);
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return util::system_error("cannot read " + path, errno);
    if (got > 0) text.append(some, static_cast<std::size_t>(got));
  }
  return text;
}

} // namespace

bool fits(const Suppression& entry, const model::Finding& finding, const Context& context) {
  const auto& kinds = entry.kinds;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), finding.kind) == kinds.end())
    return false;
  return glob_matches(entry.comm, finding.call.caller.comm.view()) &&
         fits(entry.call, context.call_stack) && fits(entry.victim, context.victim_stack);
}

util::Status Suppressions::take(std::vector<Suppression> more, bool built_in,
                                const std::string& file) {
  if (entries_.size() + more.size() > suppressions_kept)
    return util::Error{file, "more than 10000 entries in all",
                       "replace entries that are alike by one with patterns"};
  for (Suppression& entry : more) {
    entry.built_in = built_in;
    entries_.push_back(std::move(entry));
  }
  return util::success();
}

util::Status Suppressions::add(std::string_view text, const std::string& file) {
  auto entries = parse_suppressions(text, file);
  if (!entries) return entries.error();
  return take(entries.take(), false, file);
}

util::Status Suppressions::add_file(const std::string& path) {
  const auto text = text_of(path);
  return text ? add(text.value(), path) : text.error();
}

void Suppressions::add_built_in() {
  auto entries = parse_suppressions(built_in_suppressions(), "default.supp");
  assert(entries.ok());
  const auto taken = take(entries.take(), true, "default.supp");
  assert(taken.ok());
  (void)taken;
}

const Suppression* Suppressions::match(const model::Finding& finding, const Context& context) {
  for (Suppression& entry : entries_) {
    if (!fits(entry, finding, context)) continue;
    ++entry.uses;
    return &entry;
  }
  return nullptr;
}

std::vector<const Suppression*> Suppressions::unused() const {
  std::vector<const Suppression*> list;
  for (const Suppression& entry : entries_)
    if (entry.uses == 0 && !entry.built_in) list.push_back(&entry);
  return list;
}

} // namespace mlockscope::report
