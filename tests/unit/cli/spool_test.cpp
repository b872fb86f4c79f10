#include "cli/spool.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstdlib>
#include <iterator>

using namespace mlockscope;
using namespace mlockscope::cli;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("parts come in their order, whichever is done first") {
  const TempFolder folder;
  auto target = report::Writer::to_file(folder.path("out"));
  REQUIRE(target.ok());
  Spool spool(3, target.value());
  for (const std::size_t part : {2u, 0u, 1u}) {
    auto writer = spool.begin(part);
    REQUIRE(writer.ok());
    writer.value()->write(std::string(100'000, static_cast<char>('a' + part)) + "\n");
    spool.done(part);
    // What all before it are done of is there.
    if (part == 0) CHECK(text_of(folder.path("out")).size() == 100'001);
  }
  const std::string all = text_of(folder.path("out"));
  REQUIRE(all.size() == 300'003);
  CHECK(all[0] == 'a');
  CHECK(all[100'001] == 'b');
  CHECK(all[200'002] == 'c');
}

TEST_CASE("without a place for temporary files the target knows that it is not all") {
  const TempFolder folder;
  auto target = report::Writer::to_file(folder.path("out"));
  REQUIRE(target.ok());
  ::setenv("TMPDIR", "/nowhere/at/all", 1);
  Spool spool(1, target.value());
  const auto begun = spool.begin(0);
  ::unsetenv("TMPDIR");
  REQUIRE_FALSE(begun.ok());
  CHECK(begun.error().message().find("/nowhere/at/all") != std::string::npos);
  spool.done(0);
  CHECK_FALSE(target.value().ok());
}
