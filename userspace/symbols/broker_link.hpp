// What the helper asks of the broker.
#pragma once

#include "symbols/messages.hpp"
#include "util/fd.hpp"

#include <atomic>

namespace mlockscope::symbols {

class BrokerLink {
public:
  struct Reply {
    std::uint64_t id = 0; ///< of the file
    util::Fd fd;
    std::string text;
  };
  virtual ~BrokerLink() = default;
  /// Nothing if there is none, or it is not given to us any more.
  virtual std::optional<Reply> ask(Ask what, std::uint32_t mapping, std::uint32_t attempt,
                                   std::string_view text) = 0;
  /// The file that is parsed from here on; 0: none.
  virtual void at_work(std::uint64_t file) = 0;
};

} // namespace mlockscope::symbols
