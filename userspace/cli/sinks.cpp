#include "cli/sinks.hpp"

#include "report/json.hpp"
#include "report/line.hpp"
#include "report/report.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace mlockscope::cli {

util::Result<report::Writer> open_output(const std::string& path) {
  return path.empty() ? report::Writer::to_descriptor(STDOUT_FILENO, "standard output")
                      : report::Writer::to_file(path);
}

bool same_file(const std::string& one, const std::string& other) {
  struct stat a {
  }, b{};
  const bool there = ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0;
  return there && S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::unique_ptr<report::Sink> make_sink(const ViewOptions& options, report::Writer& out,
                                        report::Writer& notes, const report::Clock& clock) {
  const bool colour = options.colour == ColourChoice::always ||
                      (options.colour == ColourChoice::automatic && out.is_terminal());
  const auto paint = colour ? report::Colour::on : report::Colour::off;
  const auto every = options.every ? report::Every::yes : report::Every::no;
  switch (options.format) {
  case Format::json:
    return std::make_unique<report::JsonSink>(out, clock);
  case Format::report:
    return std::make_unique<report::ReportSink>(out, notes,
                                                report::ReportSink::Options{clock, paint, every});
  case Format::line:
    break;
  }
  return std::make_unique<report::LineSink>(
      out, notes, report::LineSink::Options{clock, options.timestamps, paint, every});
}

} // namespace mlockscope::cli
