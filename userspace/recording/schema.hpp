// recording.proto as protoc has compiled it: what makes a recording readable without our sources.
#pragma once

#include <string_view>

namespace mlockscope::recording {

/// A google.protobuf.FileDescriptorSet. Generated at build time (embed.cmake).
[[nodiscard]] std::string_view schema();

} // namespace mlockscope::recording
