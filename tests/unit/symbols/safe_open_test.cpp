#include "symbols/safe_open.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"
#include "symbols/code_book.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlockscope;
using namespace mlockscope::symbols;

namespace {

util::Fd folder_of(const TempFolder& folder, const std::string& name) {
  return util::Fd(::open(folder.path(name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

} // namespace

TEST_CASE("only regular files are opened, and nothing waits") {
  const TempFolder folder;
  const util::Fd root = folder_of(folder, "");
  folder.file("file", "text");
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder.path("folder"));
  const auto opened = open_inside(root.get(), "/file");
  REQUIRE(opened);
  struct stat status {};
  REQUIRE(::stat(folder.path("file").c_str(), &status) == 0);
  CHECK(opened->inode == status.st_ino);
  CHECK(opened->device == status.st_dev);
  CHECK(opened->owner == status.st_uid);
  CHECK_FALSE(open_inside(root.get(), "/fifo"));
  CHECK_FALSE(open_inside(root.get(), "/folder"));
  CHECK_FALSE(open_inside(root.get(), "/absent"));
  CHECK_FALSE(open_inside(root.get(), ""));
  const util::Fd ours(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  CHECK(open_inside(ours.get(), "/etc/passwd"));
  CHECK_FALSE(open_inside(ours.get(), "/dev/null"));
  CHECK_FALSE(open_inside(ours.get(), "/proc/self/exe")); // a magic link
}

TEST_CASE("a file of more than the bound is not opened") {
  const TempFolder folder;
  const util::Fd root = folder_of(folder, "");
  folder.file("large", "");
  REQUIRE(::truncate(folder.path("large").c_str(), static_cast<off_t>(most_file)) == 0);
  CHECK(open_inside(root.get(), "large"));
  REQUIRE(::truncate(folder.path("large").c_str(), static_cast<off_t>(most_file + 1)) == 0);
  CHECK_FALSE(open_inside(root.get(), "large"));
}

TEST_CASE("links stay inside the root") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path("root/etc"));
  folder.file("root/etc/passwd", "theirs");
  folder.file("outside", "outside");
  std::filesystem::create_symlink("/etc/passwd", folder.path("root/absolute"));
  std::filesystem::create_symlink("../outside", folder.path("root/up"));
  const util::Fd root = folder_of(folder, "root");
  const auto absolute = open_inside(root.get(), "/absolute");
  REQUIRE(absolute);
  char text[7]{};
  CHECK(::read(absolute->fd.get(), text, 6) == 6);
  CHECK(std::string(text) == "theirs");
  CHECK_FALSE(open_inside(root.get(), "/up"));
  CHECK_FALSE(open_inside(root.get(), "/../outside"));
}

TEST_CASE("a path of maps is turned into one to open") {
  CHECK(path_to_open("/a b") == "/a b");
  CHECK(path_to_open("/a (deleted)") == "/a");
  CHECK(path_to_open("/a\\012b\\012") == "/a\nb\n");
}

TEST_CASE("a file is open once, and given up after two helpers in a row died of it") {
  const TempFolder folder;
  const util::Fd root = folder_of(folder, "");
  folder.file("a", "1");
  folder.file("b", "2");
  OpenFiles files;
  const auto a = files.keep(std::move(*open_inside(root.get(), "a")));
  const auto again = files.keep(std::move(*open_inside(root.get(), "a")));
  const auto b = files.keep(std::move(*open_inside(root.get(), "b")));
  CHECK(a == again);
  CHECK(a->id != b->id);
  CHECK_FALSE(files.blame(a->id));
  files.forgive(); // one death, and then a success
  CHECK_FALSE(files.blame(a->id));
  CHECK_FALSE(files.given_up(*a));
  CHECK(files.blame(a->id));
  files.forgive();
  CHECK(files.given_up(*a));
  CHECK_FALSE(files.blame(a->id)); // counted once
  CHECK_FALSE(files.blame(0));
  CHECK_FALSE(files.blame(12345));
  CHECK_FALSE(files.given_up(*b));
}
