#include "symbols/debug_files.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace mlockscope::symbols;
using mlockscope::util::Fd;

namespace {

// A folder as /proc/PID is, with a root of its own.
struct FakeProcess {
  FakeProcess() {
    std::filesystem::create_directories(folder.path("root/usr/lib/debug/.build-id/ab"));
    std::filesystem::create_directories(folder.path("root/usr/lib/debug/opt/app"));
    std::filesystem::create_directories(folder.path("root/opt/app/.debug"));
    fd = Fd(::open(folder.path("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  TempFolder folder;
  Fd fd;
};

std::string text_of(const std::optional<Opened>& opened) {
  std::string text(100, '\0');
  const ssize_t got = opened ? ::read(opened->fd.get(), text.data(), text.size()) : 0;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

} // namespace

TEST_CASE("a build id is a place below /usr/lib/debug") {
  const FakeProcess process;
  process.folder.file("root/usr/lib/debug/.build-id/ab/cd01.debug", "by id");
  CHECK(text_of(open_by_build_id(process.fd.get(), "\xab\xcd\x01", 0)) == "by id");
  CHECK_FALSE(open_by_build_id(process.fd.get(), "\xab\xcd\x01", 1)); // in our root
  CHECK_FALSE(open_by_build_id(process.fd.get(), "\xab\xcd\x02", 0));
  CHECK_FALSE(open_by_build_id(process.fd.get(), "\xab", 0));
  CHECK_FALSE(open_by_build_id(process.fd.get(), "", 0));
}

TEST_CASE("a debug link is looked for in three places") {
  const FakeProcess process;
  process.folder.file("root/opt/app/x.debug", "beside");
  process.folder.file("root/opt/app/.debug/x.debug", "below");
  process.folder.file("root/usr/lib/debug/opt/app/x.debug", "far");
  const auto open = [&](std::uint32_t attempt) {
    return text_of(open_by_link(process.fd.get(), "/opt/app/x", "x.debug", attempt));
  };
  CHECK(open(0) == "beside");
  CHECK(open(2) == "below");
  CHECK(open(4) == "far");
  CHECK(open(1).empty());
  CHECK(open(6).empty());
}

TEST_CASE("the name of a debug file cannot lead elsewhere") {
  const FakeProcess process;
  process.folder.file("root/secret", "secret");
  process.folder.file("secret", "secret");
  const auto open = [&](const std::string& program, std::string_view name) {
    return text_of(open_by_link(process.fd.get(), program, name, 0));
  };
  CHECK(open("/x", "secret") == "secret"); // what is named is found
  CHECK(open("/opt/app/x", "../../secret").empty());
  CHECK(open("/opt/app/x", "/secret").empty());
  CHECK(open("/opt/app/x", "..").empty());
  CHECK(open("/opt/app/x", "").empty());
  CHECK(open("/x", std::string_view("secret\0x", 8)).empty());
  CHECK(open("x", "secret").empty());
  CHECK(open("[vdso]", "secret").empty());
}
