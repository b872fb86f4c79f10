// Programs that lock by the 32-bit system calls: the mistake is found, or the tracer says that it
// is blind to such programs. It must not be silent.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

/// What a child says that asks for its pid by `int $0x80`.
enum class Entry { works, no_such_call, kills };

Entry try_entry() {
  const pid_t child = ::fork();
  if (child == 0) {
    long result = 20; // getpid, arch/x86/entry/syscalls/syscall_32.tbl
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    ::_exit(static_cast<int>(result) == ::getpid() ? 0
            : static_cast<int>(result) == -ENOSYS  ? 1
                                                   : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return Entry::kills;
  REQUIRE(WEXITSTATUS(status) != 2);
  return WEXITSTATUS(status) == 0 ? Entry::works : Entry::no_such_call;
}

void skip_without_entry() {
  need_root();
  const Entry entry = try_entry();
  if (entry == Entry::works) return;
  std::fprintf(stderr, "skipped: this kernel has no 32-bit system calls (int $0x80: %s)\n",
               entry == Entry::kills ? "SIGSEGV" : "ENOSYS");
  std::exit(77);
}

/// The lines that speak of 32-bit programs.
Words lines_on_32_bits(const std::string& text) {
  Words found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find("32-bit") != std::string::npos) found.push_back(line);
  return found;
}

/// All of it was seen, by its own account: the one spill, and each call.
void check_seen(const Trace& trace, const Json& account) {
  require_complete(trace);
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  const Json& finding = findings[0];
  INFO(finding.dump());
  CHECK(finding.at("kind") == "spill");
  CHECK(finding.at("pid") == account.at("pid"));
  CHECK(address(finding.at("call").at("addr")) == address(account.at("page")));
  const std::uint64_t secret = address(account.at("page")) + 100;
  REQUIRE(finding.at("exposed").size() == 1);
  CHECK(address(finding.at("exposed")[0][0]) == secret);
  CHECK(address(finding.at("exposed")[0][1]) == secret + 32);
  const Json& calls = trace.summary().at("calls");
  for (const char* name : {"mlock", "munlock", "mremap", "mlockall", "munlockall"})
    CHECK(calls.value(name, 0) == account.at(name));
}

/// Nothing was seen, and whoever traced was told that nothing would be.
void check_blindness_stated(const Trace& trace) {
  INFO("neither the finding nor a word on 32-bit programs\n" << trace.err);
  CHECK(trace.summary().at("calls").value("mlockall", 0) == 0);
  CHECK(trace.summary().at("backend") == "tracepoint"); // by any other it is to be seen
  CHECK_FALSE(lines_on_32_bits(trace.err).empty());
  const Outcome doctor = execute({tracer_program(), "doctor"});
  INFO(doctor.out);
  CHECK_FALSE(lines_on_32_bits(doctor.out).empty());
}

void check(const std::string& name, int bits) {
  skip_without_entry();
  const Trace trace = run({}, {program(name)});
  INFO(trace.err);
  REQUIRE(trace.ending == "exit 0");
  const Json account = Json::parse(trace.out);
  REQUIRE(account.at("bits") == bits);
  REQUIRE(account.at("failed") == 0); // so the mistake was made
  const bool seen = !trace.findings().empty();
  if (seen)
    check_seen(trace, account);
  else
    check_blindness_stated(trace);
}

} // namespace

TEST_CASE("a 64-bit program that locks by int 0x80 is seen, or the blindness stated") {
  check("compat32_int80", 64);
}

#ifdef MLOCKSCOPE_COMPAT32_ELF
TEST_CASE("a 32-bit program is seen, or the blindness stated") { check("compat32_elf", 32); }
#endif
