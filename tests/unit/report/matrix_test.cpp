#include "report/matrix.hpp"

#include "report/rules.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace mlockscope;
using namespace mlockscope::report;

namespace {

Cell cell(const char* platform, std::uint64_t page, std::uint64_t spills,
          const Refused& refused = {}) {
  Cell cell{.platform = model::find_platform(platform), .page_size = page, .refused = refused};
  if (spills != 0) cell.findings[model::Kind::spill] = spills;
  return cell;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

} // namespace

TEST_CASE("platforms that come to the same share a line") {
  const auto lines =
      lines_of(matrix_text({cell("linux", 4096, 0), cell("freebsd", 4096, 0),
                            cell("linux", 16384, 12), cell("freebsd", 16384, 12),
                            cell("illumos", 16384, 0, {{{model::Call::mlock, EINVAL}, 2}})}));
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].starts_with("pages of 4 KiB "));
  CHECK(lines[1].starts_with("  linux, freebsd "));
  CHECK(lines[1].ends_with("      -  -"));
  CHECK(lines[2].starts_with("pages of 16 KiB "));
  CHECK(lines[3].ends_with("     12  -"));
  CHECK(lines[4].starts_with("  illumos "));
  CHECK(lines[4].ends_with("      -  2 mlock EINVAL"));
}

TEST_CASE("the columns stand below their heads, and long lists of names are wrapped") {
  std::vector<Cell> cells;
  for (const model::Platform& platform : model::platforms())
    cells.push_back(cell(std::string(platform.name).c_str(), 4096, 3));
  const auto lines = lines_of(matrix_text(cells));
  REQUIRE(lines.size() > 2);
  CHECK(lines.back()[lines[0].find("spill") + 4] == '3');
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) CHECK(lines[i].size() <= 42);
  for (const std::string& line : lines) CHECK_FALSE(line.ends_with(' '));
}

TEST_CASE("without findings there are no columns for kinds") {
  CHECK(matrix_text({cell("linux", 4096, 0)}).find("spill") == std::string::npos);
  CHECK(matrix_text({}).empty());
}

TEST_CASE("for programs each cell is an object") {
  const auto json = nlohmann::json::parse(
      matrix_json({cell("netbsd", 65536, 1, {{{model::Call::munlock, ENOMEM}, 7}})}));
  CHECK(json.at("type") == "matrix");
  CHECK(json.at("platform") == "netbsd");
  CHECK(json.at("page_size") == 65536);
  CHECK(json.at("findings").at("spill") == 1);
  CHECK(json.at("findings").at("fork") == 0);
  CHECK(json.at("refused").at("munlock").at("ENOMEM") == 7);
}

TEST_CASE("every rule of every platform is told, with its source") {
  for (const model::Platform& platform : model::platforms()) {
    const std::string text = rules_text(platform);
    CHECK(text.starts_with(std::string(platform.name) + ": "));
    CHECK(std::count(text.begin(), text.end(), '\n') == 13); // a head, 11 rules, a blank
  }
  const std::string darwin = rules_text(*model::find_platform("darwin"));
  CHECK(darwin.find("counted: one undoes one") != std::string::npos);
  CHECK(darwin.find("osfmk/vm/vm_map.c") != std::string::npos);
}
