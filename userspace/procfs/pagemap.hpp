// Which pages of a process are in swap: /proc/PID/pagemap.
#pragma once

#include "model/memory.hpp"
#include "util/fd.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mlockscope::procfs {

/// The pagemap of one address space. Once open it stays that of the address space which the process
/// had then: after an exec or the end it has no pages (fs/proc/task_mmu.c, pagemap_read).
class Pagemap {
public:
  static util::Result<Pagemap> open(const std::string& root, std::uint32_t pid, model::PageSize);

  /// The pages of `range` in swap: those with bit 62 (Documentation/admin-guide/mm/pagemap.rst).
  /// Appends, ascending and merged. False if the address space has ended.
  [[nodiscard]] bool in_swap(model::PageRange range, std::vector<model::PageRange>& found) const;

private:
  Pagemap(util::Fd file, model::PageSize page) : file_(std::move(file)), page_(page) {}

  util::Fd file_;
  model::PageSize page_;
};

} // namespace mlockscope::procfs
