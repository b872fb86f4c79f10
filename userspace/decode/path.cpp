#include "decode/path.hpp"

#include <cstring>

namespace mlockscope::decode {

std::optional<std::string> path_of(const wire_path& wire) {
  if ((wire.flags & WIRE_PATH_COMPLETE) == 0 || wire.parts > WIRE_PATH_PARTS) return std::nullopt;
  std::string path;
  for (std::uint32_t i = wire.parts; i-- > 0;)
    path += '/' + std::string(wire.part[i], ::strnlen(wire.part[i], WIRE_PART_LEN));
  return path.empty() ? "/" : path;
}

} // namespace mlockscope::decode
