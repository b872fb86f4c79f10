// The content of a block -> entries. Numbers, ranges, lengths of text and order are checked here
// and nowhere else: what is given out can be handled as if it had just been traced.
#pragma once

#include "recording/block.hpp"
#include "recording/entry.hpp"
#include "recording/fields.hpp"

#include "recording.pb.h"

#include <string_view>
#include <vector>

namespace mlockscope::recording {

/// Of a block of that kind. Null, or what is wrong with it.
[[nodiscard]] const char* decode_origin(std::string_view raw, Origin&);

class Decoder {
public:
  /// The writer's minor version is newer than ours: what is not known is counted.
  void from_newer(bool newer) { newer_ = newer; }

  /// A block of entries, of which its header says that there are so many. `raw` must stay until
  /// the last next().
  void begin(std::string_view raw, std::uint32_t entries);

  /// The next entry, valid until the next call. Null at the end of the block or if something is
  /// wrong: then fault() says what, and there is no more to be had from this block.
  [[nodiscard]] const Entry* next();
  [[nodiscard]] const char* fault() const { return fault_; }

  /// Messages of type Entry that have been begun in this block; the first is 1.
  [[nodiscard]] std::uint32_t entry_number() const { return seen_; }
  /// Entries of a newer writer: those that were left out, and those of which something was.
  [[nodiscard]] std::uint64_t unknown_entries() const { return unknown_entries_; }
  [[nodiscard]] std::uint64_t unknown_fields() const { return unknown_fields_; }

private:
  struct Told {
    model::SpaceId space{};
    model::Caller caller;
    model::Address last = 0; ///< address of its last call or fault
  };

  [[nodiscard]] const Entry* read_entry(std::string_view bytes);
  [[nodiscard]] const Entry* read_kind(std::uint64_t kind, std::string_view bytes);

  [[nodiscard]] bool read(const v1::Call&);
  [[nodiscard]] bool read(const v1::Fork&);
  [[nodiscard]] bool read(const v1::End&);
  [[nodiscard]] bool read(const v1::Snapshot&);
  [[nodiscard]] bool read(const v1::Fault&);
  [[nodiscard]] bool read(const v1::Swapped&);
  [[nodiscard]] bool read(const v1::Lost&);
  [[nodiscard]] bool read(const v1::Tick&);
  [[nodiscard]] bool read(const v1::Process&);
  [[nodiscard]] bool read(const v1::Code&);
  [[nodiscard]] bool read(const v1::Gap&);
  [[nodiscard]] bool read(const v1::Ended&);
  [[nodiscard]] bool read(const v1::Stack&);
  [[nodiscard]] bool read(const v1::Names&);
  [[nodiscard]] bool read(const v1::Caller&);

  template <class Message>
  [[nodiscard]] const Entry* take(std::string_view bytes, Message& message, const Entry& result);
  /// The message belongs to nothing after this, for all but the calls.
  template <class Message>
  [[nodiscard]] const Entry* take(std::string_view bytes, const Entry& result);

  [[nodiscard]] Told* caller(std::uint32_t number);
  /// Of the entry, given the time that is told relative to the last one.
  [[nodiscard]] model::Time time(std::int64_t since_last);
  bool fail(const char* why);

  Fields fields_;
  std::uint32_t entries_ = 0;
  std::uint32_t seen_ = 0;
  model::Time last_ = 0;
  std::vector<Told> callers_;
  const char* fault_ = nullptr;
  std::uint64_t unknown_entries_ = 0;
  std::uint64_t unknown_fields_ = 0;
  bool newer_ = false;
  bool overlooked_ = false; ///< the current entry has a field that is not known

  Entry entry_;
  // Calls come in millions: the message and the event keep the memory of their parts.
  v1::Call call_message_;
  Entry call_entry_ = model::Event(model::CallEvent{});
};

} // namespace mlockscope::recording
