#include "procfs/pagemap.hpp"

#include "procfs/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace mlockscope::procfs {
namespace {

constexpr std::uint64_t swapped = 1ull << 62;

void append(std::vector<model::PageRange>& found, model::PageRange page) {
  if (!found.empty() && found.back().end == page.start)
    found.back().end = page.end;
  else
    found.push_back(page);
}

} // namespace

util::Result<Pagemap> Pagemap::open(const std::string& root, std::uint32_t pid,
                                    model::PageSize page) {
  const std::string path = path_of(root, pid, "pagemap");
  util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return util::system_error("cannot open " + path, errno);
  return Pagemap(std::move(file), page);
}

bool Pagemap::in_swap(model::PageRange range, std::vector<model::PageRange>& found) const {
  std::array<std::uint64_t, 512> entries{};
  const std::uint64_t size = page_.bytes();
  for (model::Address at = range.start; at < range.end;) {
    const std::uint64_t left = (range.end - at) / size;
    const std::size_t wanted = std::min<std::uint64_t>(left, entries.size()) * sizeof(entries[0]);
    const ssize_t got =
        ::pread(file_.get(), entries.data(), wanted, static_cast<off_t>(at / size * 8));
    if (got < 0 && errno == EINTR) continue;
    const auto pages = static_cast<std::size_t>(std::max<ssize_t>(got, 0)) / sizeof(entries[0]);
    if (pages == 0) return false;
    for (std::size_t i = 0; i < pages; ++i, at += size)
      if ((entries[i] & swapped) != 0) append(found, {at, at + size});
  }
  return true;
}

} // namespace mlockscope::procfs
