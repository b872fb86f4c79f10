#include "capture/iterator.hpp"

#include "bpf/wire.h"
#include "util/fd.hpp"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <span>

namespace mlockscope::capture {
namespace {

/// More than a process can have (vm.max_map_count is 65530, or 1048576 on some distributions).
constexpr std::size_t most_mappings = 2u << 20;

bool within_bound(std::span<const std::byte> bytes) {
  return bytes.size() <= most_mappings * sizeof(wire_mapping);
}

/// Looks at records as they come: is this list still worth reading?
class Watch {
public:
  /// False once a call was under way, or has been: then the list is of no moment, and a process
  /// that keeps changing its mappings can keep the kernel listing them for ever
  /// (kernel/bpf/task_iter.c takes up again wherever a changed mapping now is). Also when the list
  /// begins again, for the next thread.
  bool quiet(std::span<const std::byte> bytes) {
    for (; seen_ + sizeof(wire_mapping) <= bytes.size(); seen_ += sizeof(wire_mapping)) {
      wire_mapping record;
      std::memcpy(&record, bytes.data() + seen_, sizeof(record));
      if (seen_ == 0) started_ = record.started;
      const bool again = record.start < last_end_;
      if (again || record.started != started_ || record.started != record.finished) return false;
      last_end_ = record.end;
    }
    return within_bound(bytes);
  }

private:
  std::size_t seen_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t last_end_ = 0;
};

/// Reads to the end, or as long as `go_on` says so.
util::Result<std::vector<std::byte>>
read_while(int fd, const std::function<bool(std::span<const std::byte>)>& go_on) {
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  do {
    bytes.resize(used + (64u << 10));
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return util::system_error("cannot read the mappings of processes", errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  } while (go_on(std::span(bytes).first(used)));
  bytes.resize(used);
  return bytes;
}

using GoOn = std::function<bool(std::span<const std::byte>)>;

/// Runs an iterator over the threads of one process (any of which may have ended), or over all.
util::Result<std::vector<std::byte>>
run_iterator(bpf_program* program, std::optional<std::uint32_t> pid, const GoOn& go_on) {
  bpf_iter_link_info info{};
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  if (pid) {
    info.task.pid = *pid;
    options.link_info = &info;
    options.link_info_len = sizeof(info);
  }
  const Link link(bpf_program__attach_iter(program, &options));
  if (!link) return util::system_error("cannot list processes", errno);
  const util::Fd file(bpf_iter_create(bpf_link__fd(link.get())));
  if (!file) return util::system_error("cannot list processes", errno);
  return read_while(file.get(), go_on);
}

} // namespace

util::Result<std::vector<std::byte>> read_mappings(probes& skeleton,
                                                   std::optional<std::uint32_t> pid) {
  Watch watch; // a list of all processes that is cut short leaves the others to their first call
  auto bytes = run_iterator(skeleton.progs.list_mappings, pid, [&](auto read) {
    return pid ? watch.quiet(read) : within_bound(read);
  });
  if (bytes)
    bytes.value().resize(bytes.value().size() / sizeof(wire_mapping) * sizeof(wire_mapping));
  return bytes;
}

util::Result<std::vector<Process>> read_processes(probes& skeleton,
                                                  std::optional<std::uint32_t> pid) {
  auto bytes = run_iterator(skeleton.progs.list_tasks, pid, [](auto) { return true; });
  if (!bytes) return bytes.error();
  std::vector<Process> processes;
  std::span<const std::byte> rest(bytes.value());
  for (; rest.size() >= sizeof(wire_task); rest = rest.subspan(sizeof(wire_task))) {
    wire_task task;
    std::memcpy(&task, rest.data(), sizeof(task));
    processes.push_back({task.pid, task.level, task.passes != 0});
  }
  return processes;
}

util::Status read_last_faults(probes& skeleton) {
  auto nothing =
      run_iterator(skeleton.progs.tell_last_faults, std::nullopt, [](auto) { return true; });
  if (!nothing) return nothing.error();
  return util::success();
}

} // namespace mlockscope::capture
