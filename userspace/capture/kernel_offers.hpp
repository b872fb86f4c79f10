// What the running kernel offers to hang a probe on: asked, not concluded from its version.
#pragma once

#include "capture/backend.hpp"
#include "capture/tracefs.hpp"
#include "util/result.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>

struct btf;

namespace mlockscope::capture {

class KernelOffers {
public:
  /// Reads the names of functions (/proc/kallsyms) and their types (/sys/kernel/btf/vmlinux).
  explicit KernelOffers(const Tracefs&);
  ~KernelOffers();
  KernelOffers(const KernelOffers&) = delete;

  [[nodiscard]] bool tracepoint(const std::string& event) const;
  /// A function that is not inlined everywhere.
  [[nodiscard]] bool function(const std::string& name) const { return functions_.contains(name); }
  /// How many arguments it has; nothing if its type is not known, which fentry needs.
  [[nodiscard]] std::optional<unsigned> arguments(const std::string& function) const;

  /// Whether an empty program could be attached that way; tried when it is first asked for.
  [[nodiscard]] bool offers(Backend backend) const { return static_cast<bool>(trial(backend)); }
  /// ... and if not, why.
  [[nodiscard]] const util::Status& trial(Backend) const;
  /// Calls by the 32-bit ABI are possible: one is made, in a child.
  [[nodiscard]] bool has_32_bit() const;

private:
  const Tracefs& tracefs_;
  std::set<std::string> functions_;
  btf* types_ = nullptr;
  mutable std::array<std::optional<util::Status>, all_backends.size()> trials_;
  mutable std::optional<bool> has_32_bit_;
};

} // namespace mlockscope::capture
