#include "swapfile.hpp"

#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <unistd.h>

namespace mlockscope::live {
namespace {

constexpr std::size_t file_bytes = 64u << 20;
constexpr std::size_t chunk = 1u << 20;
constexpr std::size_t block = 4096; // what O_DIRECT wants addresses and lengths to be multiples of
constexpr const char* name_begin = "mlockscope-swap-";
constexpr const char* zswap_switch = "/sys/module/zswap/parameters/enabled";

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

/// /tmp is in memory on many a system.
std::vector<std::filesystem::path> folders() {
  return {std::filesystem::temp_directory_path(), "/var/tmp", std::filesystem::current_path()};
}

/// Swap there would be memory again. Other file systems that cannot do it fail in swapon().
bool in_memory(const std::filesystem::path& folder) {
  constexpr long tmpfs = 0x01021994, ramfs = 0x858458f6;
  struct statfs about {};
  return ::statfs(folder.c_str(), &about) != 0 || about.f_type == tmpfs || about.f_type == ramfs;
}

/// Memory as O_DIRECT wants it.
std::unique_ptr<char, decltype(&std::free)> aligned(std::size_t bytes) {
  return {static_cast<char*>(std::aligned_alloc(block, bytes)), &std::free};
}

/// Zeros that are really on the disk. fallocate() would not do: swap writes past the file system,
/// which goes on to read blocks it knows to be unwritten as zeros.
void write_zeros(int file) {
  const auto zeros = aligned(chunk);
  std::memset(zeros.get(), 0, chunk);
  for (std::size_t done = 0; done < file_bytes; done += chunk)
    if (::write(file, zeros.get(), chunk) != static_cast<ssize_t>(chunk))
      throw std::runtime_error(why("write"));
  if (::fsync(file) != 0) throw std::runtime_error(why("fsync"));
}

void make_swap(const std::string& path) {
  Program mkswap({"mkswap", path});
  if (mkswap.wait() != "exit 0") throw std::runtime_error("mkswap: " + mkswap.err());
  constexpr int first = SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK;
  if (::swapon(path.c_str(), first) != 0) throw std::runtime_error(why("swapon"));
}

/// A file that cannot be taken out of use stays, so that somebody can see to it.
void remove_swap(const std::string& path) {
  int error = 0;
  do error = ::swapoff(path.c_str()) == 0 ? 0 : errno;
  while (error == EINTR);
  if (error == 0 || error == EINVAL) // EINVAL: it was not in use
    ::unlink(path.c_str());
  else
    std::cerr << why("swapoff " + path) << "\n";
}

/// Files of ours that nobody holds.
void clear_away_leftovers() {
  std::error_code ignored;
  for (const auto& folder : folders())
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (!entry.path().filename().string().starts_with(name_begin)) continue;
      const util::Fd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
      if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) remove_swap(entry.path());
    }
}

util::Fd wait_for_turn() {
  const auto path = std::filesystem::temp_directory_path() / "mlockscope-live.lock";
  util::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  int error = file ? EINTR : errno;
  while (error == EINTR) error = ::flock(file.get(), LOCK_EX) == 0 ? 0 : errno;
  if (error != 0) throw std::runtime_error(why(path.string()));
  return file;
}

/// Returns what it was. Where there is no zswap, it is off and stays so.
bool set_zswap(bool on) {
  const bool was = read_file(zswap_switch).starts_with('Y');
  if (was != on) std::ofstream(zswap_switch) << (on ? "Y" : "N");
  return was;
}

} // namespace

SwapFile::SwapFile() : turn_(wait_for_turn()) {
  clear_away_leftovers();
  std::string reasons;
  for (const auto& folder : folders()) {
    reasons += "\n  " + folder.string() + ": ";
    if (in_memory(folder))
      reasons += "in memory itself";
    else if (const std::string reason = make_in(folder); !reason.empty())
      reasons += reason;
    else
      return;
  }
  throw std::runtime_error("no swap file can be made and used (needs root and a file system on a "
                           "disk):" +
                           reasons);
}

/// Returns what was in the way.
std::string SwapFile::make_in(const std::string& folder) {
  path_ = folder + "/" + name_begin + "XXXXXX";
  file_ = util::Fd(::mkostemp(path_.data(), O_CLOEXEC)); // mode 0600
  if (!file_) return why("make a file");
  try {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error(why("flock"));
    write_zeros(file_.get());
    make_swap(path_);
  } catch (const std::exception& error) {
    remove_swap(path_);
    return error.what();
  }
  zswap_ = set_zswap(false);
  return {};
}

SwapFile::~SwapFile() {
  set_zswap(zswap_);
  remove_swap(path_);
}

bool SwapFile::contains(const std::string& text) const {
  // Not through the page cache: swap writes to the disk beside it.
  const util::Fd file(::open(path_.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  const auto buffer = aligned(chunk);
  std::string seen; // the last bytes of a chunk go with the next
  for (;;) {
    const auto got = file ? ::read(file.get(), buffer.get(), chunk) : -1;
    if (got < 0) throw std::runtime_error(why("read " + path_));
    if (got == 0) return false;
    seen.append(buffer.get(), static_cast<std::size_t>(got));
    if (seen.find(text) != std::string::npos) return true;
    seen.erase(0, seen.size() - std::min(seen.size(), text.size()));
  }
}

std::string marker(std::uint64_t number) {
  std::string text;
  for (int i = 0; i < 32; ++i) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    text += static_cast<char>('a' + (number >> 33) % 26);
  }
  return text;
}

std::uint64_t fresh_number() {
  std::random_device chance;
  return std::uniform_int_distribution<std::uint64_t>()(chance);
}

} // namespace mlockscope::live
