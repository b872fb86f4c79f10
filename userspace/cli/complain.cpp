#include "cli/complain.hpp"

#include "report/text.hpp"

#include <cstdio>

namespace mlockscope::cli {

void complain(const util::Error& error) {
  std::fprintf(stderr, "mlockscope: %s\n", report::escape(error.message()).c_str());
}

} // namespace mlockscope::cli
