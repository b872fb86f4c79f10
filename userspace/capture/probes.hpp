// The BPF programs: which are loaded on this kernel, and their attachment.
#pragma once

#include "capture/attach.hpp"
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

/// Loaded, with the hooks they are made for.
struct Probes {
  ProbesPtr skeleton;
  Plan plan;
  bool plain = false; ///< the build for old kernels, bpf/features.bpf.h
};

/// Opens and loads what the backend needs, and no more.
[[nodiscard]] util::Result<Probes> load_probes(const TracerOptions&, Backend, const KernelOffers&);

/// Attaches the hooks of these phases, phase by phase, in the order that lets no call be seen in
/// half.
[[nodiscard]] util::Result<std::vector<Link>> attach_hooks(const Plan&, std::vector<Phase>,
                                                           const Tracefs&);

/// The hooks of a phase.
[[nodiscard]] std::vector<Hook> hooks_of(const Plan&, Phase);

/// libbpf's messages: to stderr if verbose, nowhere otherwise.
void set_libbpf_log(bool verbose);

} // namespace mlockscope::capture
