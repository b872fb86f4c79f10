#include "report/explain.hpp"
#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/status.hpp"
#include "model/words.hpp"
#include "report/text.hpp"

#include <cstdio>

namespace mlockscope::cli {

int explain(const std::string& kind) {
  std::string list;
  for (const model::Kind each : model::kinds) {
    if (word(each) == kind) {
      std::fputs(report::explain(each).c_str(), stdout);
      return status_done;
    }
    list += (list.empty() ? "" : ", ") + std::string(word(each));
  }
  complain({"'" + report::escape(kind) + "' is no kind of finding", "", "there are " + list});
  return status_usage;
}

} // namespace mlockscope::cli
