// The BPF programs: which exist on this kernel, and their attachment. Owned from open to detach.
#pragma once

#include "capture/tracefs.hpp"
#include "capture/tracer.hpp"

#include <bpf/libbpf.h>
#include <probes_skel.h>

#include <memory>
#include <vector>

namespace mlockscope::capture {

struct CloseProbes {
  void operator()(probes* p) const { probes__destroy(p); }
};
using ProbesPtr = std::unique_ptr<probes, CloseProbes>;

struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, DestroyLink>;

/// Opens and loads; programs for system calls that this kernel does not have are left out.
[[nodiscard]] util::Result<ProbesPtr> load_probes(const TracerOptions&, const Tracefs&);

/// Attaches everything but the iterators and what LateProbes are for, in the order that lets no
/// call be seen in half.
[[nodiscard]] util::Result<std::vector<Link>> attach_probes(probes&, const Tracefs&, bool faults);

/// System calls whose programs were left out.
[[nodiscard]] std::vector<std::string> calls_left_out(const probes&);

/// Other tracepoints that this kernel does not have.
[[nodiscard]] std::vector<std::string> events_left_out(const probes&);

/// How many programs these were in all.
[[nodiscard]] std::size_t programs_left_out(const probes&);

/// libbpf's messages: to stderr if verbose, nowhere otherwise.
void set_libbpf_log(bool verbose);

} // namespace mlockscope::capture
