// Tracers come and go on a busy system and leave nothing behind.
#include "support.hpp"

#include "support/catch.hpp"
#include "util/fd.hpp"

#include <bpf/bpf.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

using namespace mlockscope::live;

namespace {

/// Numbers of the BPF objects that a process holds, by kind: "prog_id", "map_id", "link_id".
using Objects = std::map<std::string, std::set<std::uint32_t>>;

Objects objects_of(pid_t pid) {
  Objects objects;
  const std::filesystem::path folder = "/proc/" + std::to_string(pid) + "/fdinfo";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream info(entry.path());
    std::string name;
    for (std::string line; std::getline(info, line);) {
      const auto colon = line.find(':');
      name = line.substr(0, colon);
      if (name == "prog_id" || name == "map_id" || name == "link_id")
        objects[name].insert(static_cast<std::uint32_t>(std::stoul(line.substr(colon + 1))));
    }
  }
  return objects;
}

bool exists(const std::string& kind, std::uint32_t id) {
  const int fd = kind == "prog_id"  ? bpf_prog_get_fd_by_id(id)
                 : kind == "map_id" ? bpf_map_get_fd_by_id(id)
                                    : bpf_link_get_fd_by_id(id);
  const mlockscope::util::Fd owner(fd);
  return fd >= 0;
}

} // namespace

TEST_CASE("tracers that come and go under load agree with the kernel each time") {
  Program load({program("hammer"), "2", "3600"});
  for (int turn = 0; turn < 5; ++turn) {
    const auto tracer = Tracer::trace({"--pid", std::to_string(load.pid())});
    Program work({program("hammer"), "2", "0.2", "processes"}); // something that nobody traces
    CHECK(work.wait() == "exit 0");
    const Trace trace = tracer->stop();
    INFO("turn " << turn << "\n" << trace.err << trace.summary().dump());
    for (const Json& finding : trace.findings()) UNSCOPED_INFO(finding.dump());
    for (const Json& lost : trace.of("lost")) UNSCOPED_INFO(lost.dump());
    CHECK(trace.ending == "exit 0");
    CHECK(trace.summary().at("divergences") == 0);
    CHECK(trace.summary().at("calls").at("mlock") > 0);
    CHECK(trace.findings().empty());
    REQUIRE(load.running());
  }
}

TEST_CASE("a tracer that is killed leaves nothing in the kernel") {
  const auto tracer = Tracer::trace({});
  const Objects objects = objects_of(tracer->process().pid());
  for (const char* kind : {"prog_id", "map_id", "link_id"}) {
    INFO(kind);
    REQUIRE_FALSE(objects.at(kind).empty());
    for (const std::uint32_t id : objects.at(kind)) REQUIRE(exists(kind, id));
  }
  tracer->process().kill(SIGKILL);
  CHECK(tracer->process().wait() == "signal 9");
  // The kernel lets go of them a grace period later.
  for (const auto& [kind, ids] : objects)
    for (const std::uint32_t id : ids)
      wait_until(kind + " " + std::to_string(id) + " to go", [&] { return !exists(kind, id); });
}
