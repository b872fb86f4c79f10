#include "cli/complain.hpp"

#include "report/text.hpp"

#include <cstdio>

namespace mlockscope::cli {

std::string complaint(const util::Error& error) {
  return "mlockscope: " + report::escape(error.message()) + "\n";
}

void complain(const util::Error& error) { std::fputs(complaint(error).c_str(), stderr); }

} // namespace mlockscope::cli
