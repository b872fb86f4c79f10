#include "recording/decoder.hpp"

#include "recording/decode_values.hpp"
#include "recording/unknown.hpp"

#include <bit>

namespace mlockscope::recording {
namespace {

/// Smallest and largest page of any machine that Linux runs on, with room to spare.
constexpr std::uint64_t least_page = std::uint64_t{1} << 10;
constexpr std::uint64_t largest_page = std::uint64_t{1} << 30;

template <class Message> bool parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

} // namespace

const char* decode_origin(std::string_view raw, Origin& origin) {
  Fields fields(raw);
  Fields::Field field;
  v1::Origin in;
  if (!fields.next(field) || field.number != v1::Recording::kOriginFieldNumber ||
      !parse(field.content, in))
    return "the origin is not one";
  const bool fits = take_text(in.version(), format::most_name, origin.version) &&
                    take_text(in.kernel(), format::most_name, origin.kernel) &&
                    take_text(in.machine(), format::most_name, origin.machine) &&
                    take_text(in.host(), format::most_name, origin.host) &&
                    take_text(in.backend(), format::most_name, origin.backend) &&
                    take_text(in.boot_id(), format::most_name, origin.boot_id);
  if (!fits) return too_long;
  origin.page_size = in.page_size();
  origin.boot_time = in.boot_time();
  origin.clock_offset = in.clock_offset();
  origin.began = in.began();
  origin.fork_grace = in.fork_grace();
  origin.all_mappings = in.all_mappings();
  origin.misses_32_bit_calls = in.misses_32_bit_calls();
  const bool page = std::has_single_bit(origin.page_size) && origin.page_size >= least_page &&
                    origin.page_size <= largest_page;
  return page ? nullptr : "a page size that no machine has";
}

void Decoder::begin(std::string_view raw, std::uint32_t entries) {
  fields_ = Fields(raw);
  entries_ = entries;
  seen_ = 0;
  last_ = 0;
  callers_.clear();
  fault_ = nullptr;
}

const Entry* Decoder::next() {
  Fields::Field field;
  while (!fault_ && fields_.next(field)) {
    if (field.number != v1::Recording::kEntryFieldNumber || !field.message) {
      ++unknown_fields_;
      continue;
    }
    ++seen_;
    if (const Entry* const entry = read_entry(field.content)) return entry;
  }
  if (fault_) return nullptr;
  if (fields_.damaged())
    fail("damaged");
  else if (seen_ != entries_)
    fail("the block has not as many entries as its header says");
  return nullptr;
}

bool Decoder::fail(const char* why) {
  fault_ = why;
  return false;
}

/// The one field that is known. Null, too, for one that gives nothing.
const Entry* Decoder::read_entry(std::string_view bytes) {
  Fields fields(bytes);
  Fields::Field field;
  std::uint64_t kind = 0;
  std::string_view content;
  overlooked_ = false;
  while (fields.next(field)) {
    const bool known = (field.number >= v1::Entry::kCallFieldNumber &&
                        field.number <= v1::Entry::kNamesFieldNumber) ||
                       field.number == v1::Entry::kCallerFieldNumber;
    if (!known) {
      overlooked_ = true;
      continue;
    }
    if (kind != 0 || !field.message) {
      fail("damaged: an entry of two kinds");
      return nullptr;
    }
    kind = field.number;
    content = field.content;
  }
  if (fields.damaged()) {
    fail("damaged");
    return nullptr;
  }
  if (kind == 0) {
    ++unknown_entries_;
    return nullptr;
  }
  if (newer_ && has_unknown(kind, content)) overlooked_ = true;
  const Entry* const entry = read_kind(kind, content);
  if (overlooked_) ++unknown_fields_;
  return fault_ ? nullptr : entry;
}

template <class Message>
const Entry* Decoder::take(std::string_view bytes, Message& message, const Entry& result) {
  if (!parse(bytes, message)) {
    fail("damaged");
    return nullptr;
  }
  return read(message) ? &result : nullptr;
}

template <class Message> const Entry* Decoder::take(std::string_view bytes, const Entry& result) {
  Message message;
  return take(bytes, message, result);
}

const Entry* Decoder::read_kind(std::uint64_t kind, std::string_view bytes) {
  switch (kind) {
  case v1::Entry::kCallFieldNumber:
    return take(bytes, call_message_, call_entry_);
  case v1::Entry::kForkFieldNumber:
    return take<v1::Fork>(bytes, entry_);
  case v1::Entry::kEndFieldNumber:
    return take<v1::End>(bytes, entry_);
  case v1::Entry::kSnapshotFieldNumber:
    return take<v1::Snapshot>(bytes, entry_);
  case v1::Entry::kFaultFieldNumber:
    return take<v1::Fault>(bytes, entry_);
  case v1::Entry::kSwapFieldNumber:
    return take<v1::Swapped>(bytes, entry_);
  case v1::Entry::kLostFieldNumber:
    return take<v1::Lost>(bytes, entry_);
  case v1::Entry::kTickFieldNumber:
    return take<v1::Tick>(bytes, entry_);
  case v1::Entry::kProcessFieldNumber:
    return take<v1::Process>(bytes, entry_);
  case v1::Entry::kCodeFieldNumber:
    if (bytes.size() <= format::most_code_bytes) return take<v1::Code>(bytes, entry_);
    fail("too many code mappings");
    return nullptr;
  case v1::Entry::kGapFieldNumber:
    return take<v1::Gap>(bytes, entry_);
  case v1::Entry::kEndedFieldNumber:
    return take<v1::Ended>(bytes, entry_);
  case v1::Entry::kStackFieldNumber:
    return take<v1::Stack>(bytes, entry_);
  case v1::Entry::kNamesFieldNumber:
    return take<v1::Names>(bytes, entry_);
  default: // a caller, which is not for others
    (void)take<v1::Caller>(bytes, entry_);
    return nullptr;
  }
}

Decoder::Told* Decoder::caller(std::uint32_t number) {
  if (number < callers_.size()) return &callers_[number];
  fail("a caller that has not been told");
  return nullptr;
}

model::Time Decoder::time(std::int64_t since_last) { return last_ = sum(last_, since_last); }

} // namespace mlockscope::recording
