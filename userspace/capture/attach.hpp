// Hanging one program on its hook.
#pragma once

#include "capture/hooks.hpp"

#include <bpf/libbpf.h>

#include <memory>

namespace mlockscope::capture {

struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, DestroyLink>;

/// Before load: tells libbpf the function, where the program is made for one.
[[nodiscard]] util::Status aim(const Hook&);
/// After load. The error names the place.
[[nodiscard]] util::Result<Link> attach(const Hook&, const Tracefs&);

/// The kernel's function of a system call: "__x64_sys_mlock".
[[nodiscard]] std::string system_call_function(const std::string& call);

} // namespace mlockscope::capture
