// sarif_sample FILE: a SARIF file with one finding of each kind and lost events, to be validated.
#include "ci_outputs.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto writer = mlockscope::report::Writer::to_file(argv[1]);
  if (!writer) return std::fprintf(stderr, "%s\n", writer.error().message().c_str()), 1;
  mlockscope::report::SarifSink sink(writer.value(), ci_outputs::sarif_options());
  sink.start(samples::start());
  ci_outputs::all_kinds(sink);
  mlockscope::report::Summary summary = samples::summary();
  summary.totals.lost = 12;
  summary.totals.claims_dropped = 1;
  sink.lost({.count = 12, .time = samples::second, .cause = "ring buffer full"});
  sink.summary(summary);
  sink.flush();
  return writer.value().ok() ? 0 : 1;
}
