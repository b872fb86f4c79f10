// Programs whose root or mounts are not ours.
#include "parked.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace mlockscope;

namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  char digits[3];
  for (const char each : bytes) {
    std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned char>(each));
    text += digits;
  }
  return text;
}

} // namespace

TEST_CASE("a program of another mount namespace has names") {
  if (::geteuid() != 0) return; // mounts
  const TempFolder folder;
  const std::string place = folder.path("mounted");
  std::filesystem::create_directory(place);
  const std::string program = place + "/program";
  const Parked parked(program, {}, [&] {
    const bool ready = ::unshare(CLONE_NEWNS) == 0 &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("none", place.c_str(), "tmpfs", 0, nullptr) == 0;
    if (ready) std::filesystem::copy(program_path("without_frames"), program);
  });
  REQUIRE_FALSE(std::filesystem::exists(program)); // here
  Asker asker;
  asker.describe(parked);
  const auto stack = asker.ask({parked.address("park_outermost")});
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].symbol == "park_outermost");
  CHECK(stack[0].module == program);
}

TEST_CASE("a debug file is found by build id in the root of the process") {
  if (::geteuid() != 0) return; // chroot(2)
  Asker asker;
  const Parked outside(program_path("split"));
  asker.describe(outside);
  const auto id = hex(asker.ask({outside.address("park_middle")}).at(0).build_id);

  const TempFolder folder;
  const auto debug =
      std::filesystem::path(folder.path("usr/lib/debug/.build-id")) / id.substr(0, 2);
  std::filesystem::create_directories(debug);
  std::filesystem::copy(program_path("split.debug"), debug / (id.substr(2) + ".debug"));
  std::filesystem::copy(program_path("split"), folder.path("split"));
  const Parked inside(folder.path("split"), {"chroot", folder.path("")});
  asker.describe(inside);
  const auto stack = asker.ask({inside.address("park_middle")});
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].symbol == "park_middle");
}
