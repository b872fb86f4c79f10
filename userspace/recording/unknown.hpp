// Whether an entry holds something that this version does not know. A newer minor version of the
// format adds fields at the end of a message, with numbers beyond those of recording.proto. The
// lite runtime of protocol buffers skips them without a word.
#pragma once

#include "recording/fields.hpp"

#include "recording.pb.h"

namespace mlockscope::recording {

/// The highest number in a message of the type that entries of kind `kind` hold (v1::Entry).
[[nodiscard]] inline std::uint64_t last_field_of(std::uint64_t kind) {
  switch (kind) {
  case v1::Entry::kCallFieldNumber:
    return v1::Call::kStackFieldNumber;
  case v1::Entry::kForkFieldNumber:
    return v1::Fork::kStackFieldNumber;
  case v1::Entry::kEndFieldNumber:
    return v1::End::kLostFieldNumber;
  case v1::Entry::kSnapshotFieldNumber:
    return v1::Snapshot::kMappingsFieldNumber;
  case v1::Entry::kFaultFieldNumber:
    return v1::Fault::kFromSwapFieldNumber;
  case v1::Entry::kSwapFieldNumber:
    return v1::Swapped::kInferredFieldNumber;
  case v1::Entry::kLostFieldNumber:
    return v1::Lost::kSpaceFieldNumber;
  case v1::Entry::kTickFieldNumber:
    return v1::Tick::kTimeFieldNumber;
  case v1::Entry::kProcessFieldNumber:
    return v1::Process::kCommFieldNumber;
  case v1::Entry::kCodeFieldNumber:
    return v1::Code::kFilesFieldNumber;
  case v1::Entry::kGapFieldNumber:
    return v1::Gap::kSpacesFieldNumber;
  case v1::Entry::kEndedFieldNumber:
    return v1::Ended::kStacksUnnamedFieldNumber;
  case v1::Entry::kStackFieldNumber:
    return v1::Stack::kAddrFieldNumber;
  case v1::Entry::kNamesFieldNumber:
    return v1::Names::kFramesFieldNumber;
  case v1::Entry::kCallerFieldNumber:
    return v1::Caller::kCommFieldNumber;
  default:
    return 0;
  }
}

/// The same for the messages inside of such a message; nothing for fields that are none.
[[nodiscard]] inline std::uint64_t last_field_inside(std::uint64_t kind, std::uint64_t field) {
  if (kind == v1::Entry::kCodeFieldNumber && field == v1::Code::kFilesFieldNumber)
    return v1::Code::File::kBuildIdFieldNumber;
  if (kind == v1::Entry::kNamesFieldNumber && field == v1::Names::kFramesFieldNumber)
    return v1::Names::Frame::kLineFieldNumber;
  if (kind != v1::Entry::kCallFieldNumber) return 0;
  switch (field) {
  case v1::Call::kBeforeFieldNumber:
  case v1::Call::kAfterFieldNumber:
  case v1::Call::kOldAfterFieldNumber:
    return v1::Word::kRunsFieldNumber;
  case v1::Call::kExtentFieldNumber:
  case v1::Call::kAppliedFieldNumber:
    return v1::Range::kSizeFieldNumber;
  case v1::Call::kFailureFieldNumber:
    return v1::Failure::kPlaceFieldNumber;
  default:
    return 0;
  }
}

/// True if the content of an entry of that kind has a field that is not known.
[[nodiscard]] inline bool has_unknown(std::uint64_t kind, std::string_view content) {
  Fields fields(content);
  Fields::Field field;
  while (fields.next(field)) {
    if (field.number > last_field_of(kind)) return true;
    const std::uint64_t last = last_field_inside(kind, field.number);
    Fields inside(last != 0 ? field.content : std::string_view());
    Fields::Field part;
    while (inside.next(part))
      if (part.number > last) return true;
  }
  return false;
}

} // namespace mlockscope::recording
