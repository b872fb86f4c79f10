#include "report/suppressions.hpp"

#include "places.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include "report/glob.hpp"

using namespace mlockscope;
using namespace report;

namespace {

/// Whether the entry with these lines fits the sample.
bool fits_sample(const std::string& lines, const model::Finding& finding = samples::spill(),
                 const Context& context = places::context()) {
  const auto entries = parse_suppressions("{\n" + lines + "\n}\n", "x.supp");
  INFO(lines);
  if (!entries) FAIL(entries.error().message());
  return fits(entries.value().at(0), finding, context);
}

std::string error_of(const std::string& text) {
  const auto entries = parse_suppressions(text, "x.supp");
  return entries ? "" : entries.error().message();
}

} // namespace

TEST_CASE("globs") {
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("a*b?d", "axxbcd"));
  CHECK(glob_matches("*ab", "aab"));
  CHECK_FALSE(glob_matches("a?", "a"));
  CHECK_FALSE(glob_matches("a*b", "abc"));
  CHECK(glob_matches("[ab]", "[ab]")); // nothing else is special
  // Backtracking in every star would not come to an end here.
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(4000, 'a')));
}

TEST_CASE("an entry with all fields") {
  const auto entries = parse_suppressions(R"(
# why
  {
    name: wiping       # told in reports
    kind: spill, nested
    comm: de?o
    unlocked-by: fun:wipe module:libkeys.so*
    unlocked-by: ...
    unlocked-by: fun:main
    locked-by: fun:* module:"lib keys#1.so"
    reason: it is wiped before
  }
)",
                                          "my.supp");
  REQUIRE(entries.ok());
  REQUIRE(entries.value().size() == 1);
  const Suppression& entry = entries.value()[0];
  CHECK(entry.name == "wiping");
  CHECK(entry.place == "my.supp:3");
  CHECK(entry.label() == "wiping");
  CHECK(entry.reason == "it is wiped before");
  CHECK(entry.kinds == std::vector{model::Kind::spill, model::Kind::nested});
  CHECK(entry.comm == "de?o");
  REQUIRE(entry.call.size() == 3);
  CHECK(entry.call[0].function == "wipe");
  CHECK(entry.call[0].module == "libkeys.so*");
  CHECK(entry.call[1].any_number);
  REQUIRE(entry.victim.size() == 1);
  CHECK(entry.victim[0].module == "lib keys#1.so");
}

TEST_CASE("what fits") {
  for (const char* lines :
       {"comm: demo", "comm: d*", "kind: spill\ncomm: *o", "unlocked-by: fun:wipe",
        "unlocked-by: fun:munlock\nunlocked-by: fun:wipe", "unlocked-by: module:libkeys.so*",
        "unlocked-by: module:/opt/*/libkeys.so.1", "unlocked-by: ...\nunlocked-by: fun:main",
        "unlocked-by: fun:wipe\nunlocked-by: ...\nunlocked-by: fun:main",
        "unlocked-by: fun:wipe\nunlocked-by: fun:close_session", "locked-by: fun:make",
        "unlocked-by: fun:wipe\nunlocked-by: ...", "unlocked-by: ...\nunlocked-by: ...",
        "forked-by: fun:wipe", "failed-by: fun:wipe\nlocked-by: fun:make"})
    CHECK(fits_sample(lines));
}

TEST_CASE("what does not fit") {
  for (const char* lines :
       {"comm: dem", "kind: nested\ncomm: demo", "unlocked-by: fun:close_session",
        "unlocked-by: fun:main", "unlocked-by: fun:wipe\nunlocked-by: fun:main",
        "unlocked-by: fun:wipe\nunlocked-by: ...\nunlocked-by: fun:absent",
        "unlocked-by: module:/libkeys.so.1", "locked-by: fun:wipe",
        "unlocked-by: fun:wipe module:demo", "comm: demo\nlocked-by: fun:absent"})
    CHECK_FALSE(fits_sample(lines));
}

TEST_CASE("a pattern for a stack does not fit where no stack is known") {
  CHECK_FALSE(fits_sample("unlocked-by: ...", samples::spill(), Context{}));
  CHECK(fits_sample("comm: demo", samples::spill(), Context{}));
}

TEST_CASE("errors name the line, what is wrong and what to do") {
  CHECK(error_of("{\n  kind: spil\n}\n") ==
        "x.supp:2: 'spil' is no kind of finding; the kinds are spill, self-spill, nested, stacked, "
        "lockall-hole, lock-failed, fork, swapped");
  CHECK(error_of("comm: x\n") ==
        "x.supp:1: 'comm: x' stands outside of an entry; begin the entry with a line {");
  CHECK(error_of("{\n  comm x\n}\n") ==
        "x.supp:2: 'comm x' is not understood; write FIELD: VALUE, or } to end the entry");
  CHECK(error_of("{\n  colour: x\n}\n") ==
        "x.supp:2: 'colour' is no field; the fields are name, kind, comm, unlocked-by, forked-by, "
        "failed-by, locked-by and reason");
  CHECK(error_of("{\n  comm: x\n") ==
        "x.supp:2: the entry that begins at x.supp:1 has no end; add a line }");
  CHECK(error_of("\n{\n  kind: spill\n}\n") ==
        "x.supp:4: this entry would hide every finding of its kind; add a line comm, unlocked-by "
        "or locked-by");
  CHECK(error_of("{\n  kind: lock-failed\n  locked-by: fun:x\n}\n") ==
        "x.supp:4: a lock that failed has no earlier lock; write failed-by instead of locked-by");
  CHECK(error_of("{\n  unlocked-by: munlock\n}\n") ==
        "x.supp:2: 'munlock' is no frame; write fun:NAME, module:NAME, both, or ...; names with "
        "spaces in quotes");
}

TEST_CASE("every mistake is an error") {
  for (const char* line : {"kind:", "kind: ,", "comm:", "comm: a b", "comm: \"a", "comm: \"a\"b",
                           "unlocked-by:", "unlocked-by: fun:", "unlocked-by: ... fun:x",
                           "unlocked-by: fun:\"x", "{", "locked-by: x", "}}"}) {
    INFO(line);
    CHECK(error_of("{\ncomm: x\n" + std::string(line) + "\n}\n").starts_with("x.supp:3: "));
  }
}

TEST_CASE("hostile text is bounded and shown escaped") {
  CHECK(error_of("{\n\x1b[2J: x\n}\n").find("'\\x1b[2J'") != std::string::npos);
  CHECK(error_of("{\n" + std::string(5000, 'x') + "\n}\n").size() < 300);
  CHECK(error_of("{\ncomm: " + std::string(2000, 'x') + "\n}\n").find("1024") != std::string::npos);
  std::string frames = "{\n";
  for (int i = 0; i < 65; ++i) frames += "locked-by: fun:x\n";
  CHECK(error_of(frames + "}\n").starts_with("x.supp:66: more than 64 frames"));
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += "{\ncomm: x\n}\n";
  CHECK(error_of(many).find("more than 10000 entries") != std::string::npos);
  CHECK(error_of(std::string((1 << 20) + 1, '\n')).find("1 MiB") != std::string::npos);
}

TEST_CASE("the first entry that fits is used, and counted") {
  Suppressions all;
  REQUIRE(all.add("{\ncomm: other\n}\n{\nname: mine\ncomm: demo\n}\n", "a.supp").ok());
  REQUIRE(all.add("{\ncomm: d*\n}\n", "b.supp").ok());
  const Suppression* entry = all.match(samples::spill(), places::context());
  REQUIRE(entry != nullptr);
  CHECK(entry->label() == "mine");
  CHECK(all.match(samples::spill(), {}) == entry);
  CHECK(entry->uses == 2);
  const auto unused = all.unused();
  REQUIRE(unused.size() == 2);
  CHECK(unused[0]->label() == "a.supp:1");
  CHECK(unused[1]->label() == "b.supp:1");
}

TEST_CASE("files") {
  const TempFolder folder;
  const std::string path = folder.file("a.supp", "{\ncomm: demo\n}\n");
  Suppressions all;
  REQUIRE(all.add_file(path).ok());
  CHECK(all.match(samples::spill(), {}) != nullptr);
  const auto missing = all.add_file(folder.path("none"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message().find("none: No such file") != std::string::npos);
  const auto wrong = all.add_file(folder.file("b.supp", "{\ncomm: x\n}\n{\ncomm:\n}\n"));
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message().find("b.supp:5: ") != std::string::npos);
  CHECK(all.size() == 1);
  CHECK_FALSE(all.add_file("/dev/zero").ok());
}

TEST_CASE("each built-in entry has a name and a reason, and is not called unused") {
  const auto entries = parse_suppressions(built_in_suppressions(), "default.supp");
  REQUIRE(entries.ok());
  CHECK(entries.value().size() >= 3);
  for (const Suppression& entry : entries.value()) {
    CHECK_FALSE(entry.name.empty());
    CHECK_FALSE(entry.reason.empty());
    CHECK_FALSE(entry.call.empty()); // a name of a process alone is too easily had
  }
  Suppressions all;
  all.add_built_in();
  CHECK(all.size() == entries.value().size());
  CHECK(all.unused().empty());
  for (const model::Finding& finding : {samples::spill(), samples::lock_failed()})
    CHECK(all.match(finding, places::context()) == nullptr);
}

TEST_CASE("a built-in entry fits what it stands for") {
  Suppressions all;
  all.add_built_in();
  Context context;
  context.call_stack = {places::libc("mlock"),
                        places::frame("", "/usr/lib/x86_64-linux-gnu/libpipewire-0.3.so.0.365.0")};
  const Suppression* entry = all.match(samples::lock_failed(), context);
  REQUIRE(entry != nullptr);
  CHECK(entry->name == "pipewire-buffers");
  CHECK(all.match(samples::spill(), context) == nullptr);
}
