// Entries -> the content of a block. The other way: decoder.hpp.
#pragma once

#include "recording/block.hpp"
#include "recording/callers.hpp"
#include "recording/entry.hpp"

#include "recording.pb.h"

namespace mlockscope::recording {

/// A block with nothing but the origin. Longer names than a reader takes are cut.
[[nodiscard]] Block encode_origin(const Origin&);

/// Fills one block after the other. Text that is longer than a reader takes is cut, and a range
/// whose end is before its start is written as the empty one that it means. Lists of ranges must be
/// ascending and disjoint, as decode/ gives them.
class Encoder {
public:
  /// False if the entry does not fit into any block; then it has not been added.
  [[nodiscard]] bool add(const Entry&);
  [[nodiscard]] bool add(const model::Event&);
  [[nodiscard]] bool add(const model::CallEvent&);

  /// Of the current block, in bytes.
  [[nodiscard]] std::size_t size() const { return raw_.size(); }
  /// What has been added since the last time. `spare` is a string whose memory is used again.
  [[nodiscard]] Block take(std::string spare);

private:
  [[nodiscard]] bool write(const model::CallEvent& event) { return add(event); }
  [[nodiscard]] bool write(const model::ForkEvent&);
  [[nodiscard]] bool write(const model::EndEvent&);
  [[nodiscard]] bool write(const model::SnapshotEvent&);
  [[nodiscard]] bool write(const model::FaultEvent&);
  [[nodiscard]] bool write(const model::SwapEvent&);
  [[nodiscard]] bool write(const model::LostEvent&);
  [[nodiscard]] bool write(const model::TickEvent&);
  [[nodiscard]] bool write(const model::Event& event) { return add(event); }
  [[nodiscard]] bool write(const ProcessSeen&);
  [[nodiscard]] bool write(const CodeMappings&);
  [[nodiscard]] bool write(const Gap&);
  [[nodiscard]] bool write(const Ended&);
  [[nodiscard]] bool write(const StackSeen&);
  [[nodiscard]] bool write(const StackNamed&);

  [[nodiscard]] Callers::Known& caller(model::SpaceId, const model::Caller&);
  template <class Message> [[nodiscard]] bool append(int kind, const Message&);
  template <class Message>
  [[nodiscard]] bool append_at(model::Time time, int kind, const Message& message);
  [[nodiscard]] std::int64_t since_last(model::Time) const;

  std::string raw_;
  std::uint32_t entries_ = 0;
  model::Time last_ = 0; ///< time of the last entry
  Callers callers_;
  v1::Call call_; ///< used again and again: its parts keep their memory
};

} // namespace mlockscope::recording
