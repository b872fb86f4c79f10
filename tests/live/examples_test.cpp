// The examples of `mlockscope explain` do what they are there to show.
#include "model/words.hpp"
#include "report/explain.hpp"
#include "support.hpp"
#include "swapfile.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstdlib>
#include <filesystem>

using namespace mlockscope;
using namespace mlockscope::live;

namespace {

/// The example, compiled where everybody may run it.
std::string built(const TempFolder& folder, model::Kind kind) {
  const std::string source =
      folder.file("example.c", std::string(report::explanation(kind).example));
  const std::string program = folder.path("example");
  REQUIRE(std::system((MLOCKSCOPE_CC " -D_GNU_SOURCE -o " + program + " " + source).c_str()) == 0);
  using std::filesystem::perms;
  for (const std::string& path : {folder.path(""), program})
    std::filesystem::permissions(path, perms::others_read | perms::others_exec,
                                 std::filesystem::perm_options::add);
  return program;
}

std::vector<std::string> found(model::Kind kind) {
  const TempFolder folder;
  // Root is never refused a lock.
  const Words options = kind == model::Kind::lock_failed ? Words{"--user", "nobody"} : Words{};
  const Trace trace = run(options, {built(folder, kind)});
  INFO(trace.err);
  require_complete(trace);
  std::vector<std::string> kinds;
  for (const Json& finding : trace.findings()) kinds.push_back(finding.at("kind"));
  return kinds;
}

} // namespace

TEST_CASE("each example gives the finding that it explains, and no other") {
  need_root();
  for (const model::Kind kind : model::kinds) {
    if (kind == model::Kind::swapped) continue;
    INFO(word(kind));
    CHECK(found(kind) == std::vector{std::string(word(kind))});
  }
}

TEST_CASE("the example of swapped bytes has them in swap") {
  need_root();
  const SwapFile swap;
  CHECK(found(model::Kind::swapped) == std::vector<std::string>{"spill", "swapped"});
}
