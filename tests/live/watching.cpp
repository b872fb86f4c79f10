#include "watching.hpp"

#include "capture/tracefs.hpp"

#include <algorithm>
#include <bpf/bpf.h>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>

namespace mlockscope::live {
namespace {

std::string proc(Tracer& tracer) { return "/proc/" + std::to_string(tracer.process().pid()); }

/// Where Tracer has it write to: the argument after the first -o.
std::string output_of(Tracer& tracer) {
  std::istringstream arguments(read_file(proc(tracer) + "/cmdline"));
  std::string word;
  while (std::getline(arguments, word, '\0') && word != "-o") continue;
  std::getline(arguments, word, '\0');
  return word;
}

template <class Wanted>
std::vector<Json> those(const std::vector<Json>& lines, const Wanted& wanted) {
  std::vector<Json> found;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(found), wanted);
  return found;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

std::string name_of_program(std::uint32_t id) {
  const util::Fd program(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0 ? info.name : "";
}

/// Names of the programs that the tracer has links to.
std::set<std::string> attached(Tracer& tracer) {
  std::set<std::string> names;
  std::error_code gone; // a descriptor, between being listed and being read
  for (const auto& entry : std::filesystem::directory_iterator(proc(tracer) + "/fdinfo", gone)) {
    const std::string info = read_file(entry.path()), field = "prog_id:";
    const auto at = info.find(field);
    if (info.find("link_id:") == std::string::npos || at == std::string::npos) continue;
    names.insert(
        name_of_program(static_cast<std::uint32_t>(std::stoul(info.substr(at + field.size())))));
  }
  return names;
}

} // namespace

std::vector<Json> lines_so_far(Tracer& tracer) {
  std::vector<Json> lines;
  std::istringstream in(read_file(output_of(tracer)));
  for (std::string line; std::getline(in, line) && !in.eof();) lines.push_back(Json::parse(line));
  return lines;
}

void wait_for_findings(Tracer& tracer, const std::string& kind, std::size_t count) {
  const std::string file = output_of(tracer);
  const std::string mark = R"("kind":")" + kind + "\""; // parsing ten thousand lines takes longer
  try {
    wait_until("", [&] {
      if (!tracer.process().running())
        throw std::runtime_error("it ended" + tracer.process().err());
      return occurrences(read_file(file), mark) >= count;
    });
  } catch (const std::runtime_error& error) {
    const std::string lines = read_file(file);
    throw std::runtime_error("no " + std::to_string(count) + " findings `" + kind + "`, only " +
                             std::to_string(occurrences(lines, mark)) + ": " + error.what() + "\n" +
                             lines.substr(0, 20000));
  }
}

void wait_for_late_probes(Tracer& tracer) {
  // the last of each kind, by backend
  std::vector<Words> any_of = {
      {"swap_changed"},
      {"tracepoint__kernel_fault", "fentry__fault_on_swapped", "kprobe__fault_on_swapped"}};
  const auto tracefs = capture::Tracefs::open();
  if (tracefs && tracefs.value().event_id("vmscan/mm_vmscan_write_folio"))
    any_of.push_back({"page_written"});
  for (const Words& names : any_of)
    wait_until("probe " + names.front(), [&] {
      const auto there = attached(tracer);
      return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return there.contains(name.substr(0, BPF_OBJ_NAME_LEN - 1)); // what the kernel keeps of it
      });
    });
}

std::vector<Json> of_kind(const std::vector<Json>& lines, const std::string& kind) {
  return those(lines, [&](const Json& line) {
    return line.at("type") == "finding" && line.at("kind") == kind;
  });
}

std::vector<Json> of_pid(const std::vector<Json>& lines, const Json& pid) {
  return those(lines, [&](const Json& line) { return line.value("pid", Json()) == pid; });
}

std::string text_of(const std::vector<Json>& lines) {
  std::string text;
  for (const Json& line : lines) text += line.dump() + "\n";
  return text;
}

} // namespace mlockscope::live
