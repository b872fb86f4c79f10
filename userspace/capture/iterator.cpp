#include "capture/iterator.hpp"

#include "bpf/wire.h"
#include "util/fd.hpp"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <span>
#include <unordered_map>

namespace mlockscope::capture {
namespace {

/// ONLY_READER of bpf/pids.bpf.h
constexpr std::uint32_t only_reader = ~0u;

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

/// An iterator over the threads of one process (any of which may have ended), or over all. Kernels
/// before 6.1 go over all in any case (kernel/bpf/task_iter.c, "bpf: Parameterize task iterators");
/// then the program passes over the others.
Link attach_iterator(probes& skeleton, bpf_program* program, std::optional<std::uint32_t> pid) {
  bpf_iter_link_info info{};
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  skeleton.bss->only_pid = 0;
  if (pid) {
    info.task.pid = *pid;
    options.link_info = &info;
    options.link_info_len = sizeof(info);
  }
  Link link(bpf_program__attach_iter(program, &options));
  if (link || !pid || (errno != E2BIG && errno != EINVAL)) return link;
  skeleton.bss->only_pid = *pid == static_cast<std::uint32_t>(::getpid()) ? only_reader : *pid;
  return Link(bpf_program__attach_iter(program, nullptr));
}

util::Result<std::vector<std::byte>> run_iterator(probes& skeleton, bpf_program* program,
                                                  std::optional<std::uint32_t> pid,
                                                  const GoOn& go_on) {
  const Link link = attach_iterator(skeleton, program, pid);
  if (!link) return util::system_error("cannot list processes", errno);
  const util::Fd file(bpf_iter_create(bpf_link__fd(link.get())));
  if (!file) return util::system_error("cannot list processes", errno);
  return read_while(file.get(), go_on);
}

using Records = std::vector<wire_mapping>;

Records records_in(std::span<const std::byte> bytes) {
  Records records(bytes.size() / sizeof(wire_mapping));
  std::memcpy(records.data(), bytes.data(), records.size() * sizeof(wire_mapping));
  return records;
}

std::uint8_t flags_of(const Listed& mapping) {
  return static_cast<std::uint8_t>(
      (mapping.locked ? WIRE_MAPPING_LOCKED : 0) | (mapping.special ? WIRE_MAPPING_SPECIAL : 0) |
      (mapping.grows_down ? WIRE_MAPPING_GROWS_DOWN : 0) |
      (mapping.shared ? WIRE_MAPPING_SHARED : 0) | (mapping.wiped ? WIRE_MAPPING_WIPED : 0));
}

/// The records of a process's mappings: `head`, as the probe gave it, with each of them.
void add_listed(Records& to, const wire_mapping& head, const std::vector<Listed>& mappings) {
  for (const Listed& mapping : mappings) {
    wire_mapping record = head;
    record.flags = static_cast<std::uint8_t>(record.flags | flags_of(mapping));
    record.start = mapping.start;
    record.end = mapping.end;
    to.push_back(record);
  }
}

/// Where the list was not read between two calls, it says so itself.
void mark_unquiet(Records& records, const Records& heads_after) {
  std::unordered_map<std::uint64_t, std::uint64_t> started;
  for (const wire_mapping& head : heads_after) started[head.space] = head.started;
  for (wire_mapping& record : records) {
    const auto after = started.find(record.space);
    if (after == started.end() || after->second != record.started)
      record.started = record.finished + 1;
  }
}

/// From heads of processes to whole lists, by `lister`.
util::Result<std::vector<std::byte>> complete(probes& skeleton, std::span<const std::byte> bytes,
                                              std::optional<std::uint32_t> pid,
                                              const Lister& lister) {
  Records records;
  for (const wire_mapping& head : records_in(bytes))
    if (auto mappings = lister(head.pid); mappings) add_listed(records, head, mappings.value());
  auto after = run_iterator(skeleton, skeleton.progs.list_mappings, pid, within_bound);
  if (!after) return after.error();
  mark_unquiet(records, records_in(after.value()));
  std::vector<std::byte> complete(records.size() * sizeof(wire_mapping));
  std::memcpy(complete.data(), records.data(), complete.size());
  return complete;
}

} // namespace

util::Result<std::vector<std::byte>>
read_mappings(probes& skeleton, std::optional<std::uint32_t> pid, const Lister& lister) {
  Watch watch; // a list of all processes that is cut short leaves the others to their first call
  auto bytes = run_iterator(skeleton, skeleton.progs.list_mappings, pid, [&](auto read) {
    return pid ? watch.quiet(read) : within_bound(read);
  });
  if (bytes && lister) return complete(skeleton, bytes.value(), pid, lister);
  if (bytes)
    bytes.value().resize(bytes.value().size() / sizeof(wire_mapping) * sizeof(wire_mapping));
  return bytes;
}

util::Result<std::vector<Process>> read_processes(probes& skeleton,
                                                  std::optional<std::uint32_t> pid) {
  auto bytes = run_iterator(skeleton, skeleton.progs.list_tasks, pid, [](auto) { return true; });
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
  auto nothing = run_iterator(skeleton, skeleton.progs.tell_last_faults, std::nullopt,
                              [](auto) { return true; });
  if (!nothing) return nothing.error();
  return util::success();
}

} // namespace mlockscope::capture
