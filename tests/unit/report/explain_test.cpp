#include "report/explain.hpp"

#include "model/words.hpp"
#include "outputs.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstdlib>

using namespace mlockscope;
using outputs::has;
using report::explain;

namespace {

/// Whether the compiler takes it without a warning. `more` are flags.
bool compiles(std::string_view code, const std::string& more) {
  const TempFolder folder;
  const std::string source = folder.file("example.c", std::string(code));
  const std::string command = std::string(MLOCKSCOPE_CC) +
                              " -D_GNU_SOURCE -Wall -Wextra -Werror -O1 " + more + " -o " +
                              folder.path("example") + " " + source;
  return std::system(command.c_str()) == 0;
}

} // namespace

TEST_CASE("every kind is explained in all parts") {
  std::vector<std::string_view> titles;
  for (const model::Kind kind : model::kinds) {
    const report::Explanation& e = report::explanation(kind);
    INFO(word(kind));
    for (const std::string_view part : {e.title, e.meaning, e.harm, e.example, e.remedy, e.code})
      CHECK_FALSE(part.empty());
    CHECK(has(std::string(e.harm), "CWE-591"));
    CHECK(std::find(titles.begin(), titles.end(), e.title) == titles.end());
    titles.push_back(e.title);
  }
}

TEST_CASE("an explanation as text") {
  const std::string text = explain(model::Kind::spill);
  CHECK(text.starts_with("spill: an unlock takes the lock from another secret on the same page\n"));
  for (const char* part : {"\nWhy it matters\n", "\nAn example\n", "\nWhat to do\n",
                           "    munlock(key, 32); /* other is not locked any more */\n",
                           "mlockscope run -- mlockscope demo spill", "sodium_malloc()"})
    CHECK(has(text, part));
}

TEST_CASE("no line is wider than a terminal") {
  for (const model::Kind kind : model::kinds) {
    const std::string text = explain(kind);
    CHECK(text.back() == '\n');
    CHECK_FALSE(has(text, "\n\n\n"));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      INFO(text.substr(at, end - at));
      CHECK(end - at <= 79);
      at = end + 1;
    }
  }
}

TEST_CASE("an explanation as Markdown") {
  const std::string text = report::explain_markdown(model::Kind::fork);
  CHECK(has(text, "```c\n#include <sys/mman.h>\n"));
  CHECK(has(text, "### What to do\n"));
  CHECK(has(report::explain_briefly(model::Kind::fork), "What to do: Keep secrets from children"));
}

TEST_CASE("the examples are programs, and the remedies compile") {
  for (const model::Kind kind : model::kinds) {
    INFO(word(kind));
    CHECK(compiles(report::explanation(kind).example, ""));
    CHECK(compiles(report::explanation(kind).code, "-c"));
  }
}
