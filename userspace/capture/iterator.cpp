#include "capture/iterator.hpp"

#include "util/fd.hpp"

#include <bpf/bpf.h>

#include <cerrno>

namespace mlockscope::capture {
namespace {

util::Result<std::vector<std::byte>> read_all(int fd) {
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  for (;;) {
    bytes.resize(used + (64u << 10));
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return util::system_error("cannot read the mappings of processes", errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

} // namespace

util::Result<std::vector<std::byte>> read_mappings(probes& skeleton,
                                                   std::optional<std::uint32_t> pid) {
  bpf_iter_link_info info{};
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  if (pid) {
    // One thread is enough, and the main thread is the one whose id is known.
    info.task.tid = *pid;
    options.link_info = &info;
    options.link_info_len = sizeof(info);
  }
  const Link link(bpf_program__attach_iter(skeleton.progs.list_mappings, &options));
  if (!link) return util::system_error("cannot list the mappings of processes", errno);
  const util::Fd file(bpf_iter_create(bpf_link__fd(link.get())));
  if (!file) return util::system_error("cannot list the mappings of processes", errno);
  return read_all(file.get());
}

} // namespace mlockscope::capture
