// Any entries, with numbers at the edges of what they can be: a recording gives them back as they
// were put, however they fall into blocks, and a copy of it is the same again.
#include "recording/reader.hpp"
#include "recording/writer.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"
#include "unit/recording/text.hpp"

#include <rapidcheck.h>

using namespace mlockscope;
using recording::Entry;

namespace {

using Draw = std::vector<std::uint8_t>;

/// Numbers and texts out of bytes, and zeros when they have run out.
class Source {
public:
  explicit Source(const Draw& draw) : draw_(draw) {}

  std::uint8_t byte() { return at_ < draw_.size() ? draw_[at_++] : std::uint8_t{0}; }
  bool yes() { return byte() % 2 != 0; }

  /// Small, huge, about an address, or anything.
  std::uint64_t number() {
    const std::uint8_t kind = byte();
    switch (kind % 5) {
    case 0:
      return kind / 5u;
    case 1:
      return ~std::uint64_t{0} - kind / 5u;
    case 2:
      return 0x7f0000000000 + byte() * std::uint64_t{4096};
    case 3:
      return std::uint64_t{1} << byte() % 64;
    default:
      return any();
    }
  }
  std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
  model::SpaceId space() { return model::SpaceId{yes() ? byte() % 3u : number()}; }

  std::string text(std::size_t most) {
    std::string text(byte() == 255 ? most : byte() % (std::min<std::size_t>(most, 40) + 1), 'x');
    for (char& c : text) c = static_cast<char>(byte());
    return text;
  }
  std::optional<std::string> maybe_text(std::size_t most = 4096) {
    return yes() ? std::optional(text(most)) : std::nullopt;
  }
  model::Comm comm() {
    model::Comm comm;
    // A name ends at its first NUL; what is behind it is nobody's.
    const std::string name = text(15);
    name.copy(comm.bytes.data(), std::min(name.size(), name.find('\0')));
    return comm;
  }
  model::Caller caller() {
    if (byte() % 3 != 0) return {byte() % 3u, byte() % 5u, 0, {}};
    return {small(), small(), small(), comm()};
  }

  template <class Tag> model::Range<Tag> range() {
    const std::uint64_t a = number(), b = number();
    return {std::min(a, b), std::max(a, b)};
  }
  /// Ascending, disjoint, none empty, within `bounds`; some of them touch.
  std::vector<model::PageRange> ranges(model::PageRange bounds) {
    std::vector<std::uint64_t> ends(byte() % 8u);
    for (std::uint64_t& end : ends) end = std::clamp(number(), bounds.start, bounds.end);
    std::sort(ends.begin(), ends.end());
    std::vector<model::PageRange> all;
    for (std::size_t n = 1; n < ends.size(); n += yes() ? 1 : 2)
      if (ends[n - 1] < ends[n]) all.push_back({ends[n - 1], ends[n]});
    return all;
  }
  std::vector<model::PageRange> ranges() { return ranges({0, ~std::uint64_t{0}}); }

  model::KernelWord word() {
    using Locked = model::KernelWord::Locked;
    model::KernelWord word;
    word.locked = static_cast<Locked>(byte() % 4);
    if (!word.known()) return word; // says nothing else
    word.walked = range<model::PageTag>();
    word.hole = yes();
    word.grows_down = yes();
    if (word.locked == Locked::some) word.runs = ranges(word.walked);
    if (word.locked == Locked::some && word.runs.empty()) word.locked = Locked::none;
    return word;
  }

private:
  std::uint64_t any() {
    std::uint64_t number = 0;
    for (int n = 0; n < 8; ++n) number = number << 8 | byte();
    return number;
  }
  const Draw& draw_;
  std::size_t at_ = 0;
};

Entry any_call(Source& from) {
  model::CallEvent event;
  event.space = from.space();
  event.call = static_cast<model::Call>(from.byte() % static_cast<unsigned>(model::Call::fork));
  event.caller = from.caller();
  event.enter = from.number();
  event.exit = from.number();
  event.addr = from.number();
  event.len = from.number();
  event.before = from.word();
  event.after = from.yes() ? from.word() : event.before;
  event.ret = static_cast<std::int64_t>(from.number());
  event.overlapped = from.yes();
  event.flags = from.number();
  event.new_len = from.number();
  event.new_addr = from.number();
  event.extent = from.range<model::ByteTag>();
  event.old_after = from.word();
  event.born_clean = from.yes();
  event.lost = from.number();
  if (from.yes())
    event.failure = model::LockFailure{from.number(), from.number(), from.number(),
                                       from.yes(),    from.yes(),    from.number()};
  event.imagined = from.yes();
  if (from.yes()) event.applied = from.range<model::PageTag>();
  event.stack = model::StackId{from.number()};
  return model::Event(event);
}

Entry any_snapshot(Source& from) {
  model::SnapshotEvent event;
  event.space = from.space();
  event.pid = from.small();
  event.comm = from.comm();
  event.time = from.number();
  event.calls_before = from.number();
  event.lost = from.number();
  event.locks_future = from.yes();
  for (const model::PageRange& pages : from.ranges())
    event.mappings.push_back({pages, from.yes(), from.yes(), from.yes(), from.yes(), from.yes()});
  return model::Event(event);
}

Entry any_fault(Source& from) {
  model::FaultEvent event;
  event.space = from.space();
  event.caller = from.caller();
  event.time = from.number();
  event.addr = from.number();
  event.major = from.yes();
  event.write = from.yes();
  if (from.yes()) event.present = from.yes();
  event.from_swap = from.yes();
  return model::Event(event);
}

Entry any_code(Source& from) {
  recording::CodeMappings code{from.space(), from.small(), from.number(), {}};
  for (const model::PageRange& pages : from.ranges())
    code.files.push_back(
        {pages, from.number(), from.number(), from.number(), from.text(4096), from.text(64)});
  return code;
}

Entry any_gap(Source& from) {
  recording::Gap gap{from.number(), from.number(), from.text(256), {}};
  for (unsigned n = from.byte() % 4u; n > 0; --n)
    gap.spaces.emplace_back(from.space(), from.number());
  return gap;
}

Entry any_lost(Source& from) {
  model::LostEvent event{from.number(), from.number(), from.text(256), from.yes(), from.yes()};
  if (from.yes()) event.space = from.space();
  return model::Event(event);
}

Entry any_stack(Source& from) {
  recording::StackSeen seen{
      model::StackId{from.number()}, from.space(), from.small(), from.number(), {}};
  for (unsigned n = from.byte() % 8u; n > 0; --n) seen.addresses.push_back(from.number());
  return seen;
}

Entry any_names(Source& from) {
  recording::StackNamed named{model::StackId{from.number()}, {}};
  for (unsigned n = from.byte() % 4u; n > 0; --n)
    named.frames.push_back({from.number(), from.maybe_text(1024), from.number(), from.maybe_text(),
                            from.number(), from.text(64), from.maybe_text(), from.small()});
  return named;
}

Entry any_entry(const Draw& draw) {
  Source from(draw);
  switch (from.byte() % 18) {
  case 0:
    return model::Event(model::ForkEvent{from.space(), from.space(), from.caller(), from.small(),
                                         from.number(), from.number(),
                                         model::StackId{from.number()}});
  case 1:
    return model::Event(model::EndEvent{from.space(), from.number(), from.number()});
  case 2:
    return any_snapshot(from);
  case 3:
    return any_fault(from);
  case 4:
    return model::Event(model::SwapEvent{from.space(), from.number(), from.ranges(), from.yes()});
  case 5:
    return any_lost(from);
  case 6:
    return model::Event(model::TickEvent{from.number()});
  case 7:
    return recording::ProcessSeen{from.space(),
                                  from.small(),
                                  {from.maybe_text(), from.maybe_text(), from.maybe_text(),
                                   from.maybe_text(), from.maybe_text()}};
  case 8:
    return any_code(from);
  case 9:
    return any_gap(from);
  case 10:
    return recording::Ended{
        from.number(), {from.number(), from.number(), from.number(), from.number(), from.number()}};
  case 11:
    return any_stack(from);
  case 12:
    return any_names(from);
  default:
    return any_call(from);
  }
}

/// `in_a_block` entries at a time go to the disk.
void write(const std::string& path, const std::vector<Entry>& entries, std::size_t in_a_block) {
  recording::Origin origin;
  origin.page_size = 4096;
  auto writer = recording::Writer::create(path, origin);
  RC_ASSERT(writer.ok());
  model::Time now = 0;
  for (std::size_t n = 0; n < entries.size(); ++n) {
    if (n % in_a_block == 0) writer.value().flush_if_due(now += 1'000'000'000);
    writer.value().put(entries[n]);
  }
  RC_ASSERT(writer.value().close().ok());
}

std::vector<Entry> read(const std::string& path) {
  auto reader = recording::Reader::open(path);
  RC_ASSERT(reader.ok());
  std::vector<Entry> entries;
  for (;;) {
    const auto next = reader.value().next();
    if (!next) RC_FAIL(next.error().message());
    if (next.value() == nullptr) break;
    entries.push_back(*next.value());
  }
  RC_ASSERT(reader.value().remark().empty());
  return entries;
}

} // namespace

TEST_CASE("any entries are read as they were put, whatever blocks they are in") {
  const TempFolder folder;
  CHECK(rc::check([&folder](const std::vector<Draw>& draws) {
    std::vector<Entry> entries;
    for (const Draw& draw : draws) entries.push_back(any_entry(draw));
    const auto expected = telling::texts(entries);
    const std::size_t in_a_block = *rc::gen::inRange<std::size_t>(1, 20);
    write(folder.path("a.mls"), entries, in_a_block);
    const auto once = read(folder.path("a.mls"));
    RC_ASSERT(telling::texts(once) == expected);
    write(folder.path("a.mls"), once, 1000);
    RC_ASSERT(telling::texts(read(folder.path("a.mls"))) == expected);
  }));
}
