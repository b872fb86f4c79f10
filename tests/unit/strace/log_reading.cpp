#include "log_reading.hpp"

#include "support/temp_folder.hpp"

namespace mlockscope::test {

Reading read_file(const std::string& path, std::uint64_t page) {
  Reading reading;
  auto log = strace::Log::open(path, PageSize(page));
  if (!log) {
    reading.error = log.error().message();
    return reading;
  }
  Recorder out;
  Correlator model(PageSize(page), out);
  for (;;) {
    auto entry = log.value()->next();
    if (!entry) reading.error = entry.error().message();
    if (!entry || entry.value() == nullptr) break;
    reading.entries.push_back(*entry.value());
    if (const auto* event = std::get_if<model::Event>(entry.value())) model.handle(*event);
    if (const auto* ended = std::get_if<recording::Ended>(entry.value())) model.finish(ended->time);
  }
  reading.origin = log.value()->origin();
  reading.remark = log.value()->remark();
  if (reading.remark.starts_with(path + ": ")) reading.remark.erase(0, path.size() + 2);
  reading.told = out.lines;
  reading.totals = model.totals();
  return reading;
}

Reading read_log(const std::string& text, const std::string& name, std::uint64_t page) {
  const TempFolder folder;
  return read_file(folder.file(name, text), page);
}

} // namespace mlockscope::test
