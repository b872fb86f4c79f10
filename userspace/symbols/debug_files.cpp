#include "symbols/debug_files.hpp"

#include <array>
#include <fcntl.h>

namespace mlockscope::symbols {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::optional<Opened> open_in(bool ours, int process, const std::string& path) {
  const util::Fd root =
      ours ? util::Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : root_of(process);
  if (!root) return std::nullopt;
  return open_inside(root.get(), path);
}

bool plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

} // namespace

std::optional<Opened> open_by_build_id(int process, std::string_view build_id,
                                       std::uint32_t attempt) {
  if (build_id.size() < 2 || build_id.size() > 64 || attempt > 1) return std::nullopt;
  const std::string path = "/usr/lib/debug/.build-id/" + hex(build_id.substr(0, 1)) + "/" +
                           hex(build_id.substr(1)) + ".debug";
  return open_in(attempt == 1, process, path);
}

std::optional<Opened> open_by_link(int process, const std::string& program, std::string_view name,
                                   std::uint32_t attempt) {
  const std::size_t slash = program.rfind('/');
  if (!plain_name(name) || !program.starts_with('/') || slash == std::string::npos)
    return std::nullopt;
  const std::string folder = program.substr(0, slash + 1);
  const std::array<std::string, 3> places{folder, folder + ".debug/", "/usr/lib/debug" + folder};
  if (attempt / 2 >= places.size()) return std::nullopt;
  return open_in(attempt % 2 == 1, process, places[attempt / 2] + std::string(name));
}

} // namespace mlockscope::symbols
