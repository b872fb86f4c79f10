#include "cli/outlets.hpp"

#include "cli/sinks.hpp"
#include "cli/suppression_writer.hpp"
#include "report/junit.hpp"
#include "report/sarif.hpp"
#include "report/text.hpp"

#include <filesystem>
#include <set>

namespace mlockscope::cli {
namespace {

/// Where the sources are, for those that see only files: a CI job runs in their folder.
std::string source_root() {
  std::error_code unreadable;
  return std::filesystem::current_path(unreadable).string();
}

util::Result<std::unique_ptr<report::Writer>> open_file(const std::string& path) {
  // Made by root, read by the job's next step; there is no address in them.
  auto writer = report::Writer::to_file(path, report::Writer::For::everybody);
  if (!writer) return writer.error();
  return std::make_unique<report::Writer>(writer.take());
}

} // namespace

util::Result<report::Suppressions> suppressions_of(const ViewOptions& options) {
  report::Suppressions all;
  for (const std::string& file : options.suppressions)
    if (auto added = all.add_file(file); !added) return added.error();
  if (!options.no_built_in_suppressions) all.add_built_in(); // behind the user's, which say more
  return all;
}

util::Status check_files(const ViewOptions& options, const std::string& record) {
  std::set<std::filesystem::path> seen;
  for (const std::string& file : {options.output, options.sarif, options.junit, record}) {
    std::error_code unknown;
    const auto path = std::filesystem::weakly_canonical(file, unknown);
    const bool regular =
        !std::filesystem::exists(path, unknown) || std::filesystem::is_regular_file(path, unknown);
    if (file.empty() || !regular || seen.insert(path).second) continue;
    return util::Error{"two outputs go to " + file, "", "give each a file of its own"};
  }
  return util::success();
}

util::Status Outlets::open_files(const ViewOptions& options, const report::Clock& clock) {
  if (!options.sarif.empty()) {
    auto file = open_file(options.sarif);
    if (!file) return file.error();
    sarif_ = file.take();
    fan_out_.add(std::make_unique<report::SarifSink>(
                     *sarif_, report::SarifSink::Options{clock, source_root()}),
                 FanOut::Suppressed::handed_on);
  }
  if (!options.junit.empty()) {
    auto file = open_file(options.junit);
    if (!file) return file.error();
    junit_ = file.take();
    fan_out_.add(std::make_unique<report::JUnitSink>(*junit_, clock),
                 FanOut::Suppressed::handed_on);
  }
  return util::success();
}

util::Result<std::unique_ptr<Outlets>>
Outlets::open(const ViewOptions& options, report::Suppressions suppressions, report::Writer& out,
              report::Writer& notes, const report::Clock& clock, WaitingSink::Hooks hooks) {
  std::unique_ptr<Outlets> outlets(new Outlets(std::move(suppressions)));
  outlets->fan_out_.add(make_sink(options, out, notes, clock), FanOut::Suppressed::left_out);
  if (options.gen_suppressions)
    outlets->fan_out_.add(std::make_unique<SuppressionWriter>(notes), FanOut::Suppressed::left_out);
  if (auto opened = outlets->open_files(options, clock); !opened) return opened.error();
  outlets->waiting_ =
      std::make_unique<WaitingSink>(outlets->fan_out_, outlets->names_, std::move(hooks));
  return outlets;
}

void Outlets::tell_unused(report::Writer& notes) const {
  for (const report::Suppression* entry : fan_out_.unused())
    notes.write("mlockscope: note: the suppression " + report::escape(entry->label()) +
                (entry->name.empty() ? "" : " (" + report::escape(entry->place) + ")") +
                " has fitted nothing\n");
  notes.flush();
}

std::optional<util::Error> Outlets::error() const {
  for (const auto* file : {&sarif_, &junit_})
    if (*file != nullptr && !(*file)->ok()) return (*file)->error();
  return std::nullopt;
}

} // namespace mlockscope::cli
