#include "cli/exporter.hpp"

#include "cli/complain.hpp"
#include "cli/session.hpp"
#include "metrics/exposition.hpp"
#include "metrics/landing.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/tracer_collector.hpp"

#include <algorithm>
#include <cerrno>

namespace mlockscope::cli {
namespace {

constexpr const char* default_address = "127.0.0.1:9778";
/// What a scrape waits for the tracing thread. Far below the ten seconds Prometheus waits, far
/// above a turn under full load.
constexpr std::chrono::milliseconds patience{3000};

constexpr const char* plain = "text/plain; charset=utf-8";

web::Response page(std::string type, std::string body) {
  return {.status = 200, .type = std::move(type), .body = std::move(body)};
}

} // namespace

Exporter::Exporter(const MetricsOptions& options)
    : recorder_({.names = options.names.value_or(metrics::Recorder::default_names),
                 .labels = options.labels}) {
  exchange_.answer(0, recorder_.before_tracing(monotonic_now()));
}

util::Result<std::unique_ptr<Exporter>> Exporter::prepare(const MetricsOptions& options) {
  if (!options.on()) return std::unique_ptr<Exporter>();
  for (auto label = options.labels.begin(); label != options.labels.end(); ++label)
    if (std::find(options.labels.begin(), label, *label) != label)
      return util::Error{"--metrics-labels names '" + std::string(word(*label)) + "' twice", "",
                         ""};
  std::unique_ptr<Exporter> exporter(new Exporter(options));
  std::vector<std::string> texts = options.addresses;
  if (texts.empty()) texts.emplace_back(default_address);
  for (const std::string& text : texts) {
    auto address = web::parse_address(text);
    if (!address) return address.error();
    exporter->addresses_.push_back(address.take());
  }
  std::optional<std::string> file;
  if (!options.config_file.empty()) file = options.config_file;
  auto config = web::LiveConfig::open(file, complain);
  if (!config) return config.error();
  exporter->config_ = config.take();
  return exporter;
}

util::Status Exporter::listen() {
  if (exchange_.fd() < 0) return util::system_error("cannot make an event descriptor", errno);
  auto server = web::Server::start(addresses_, std::move(config_), routes());
  if (!server) return server.error();
  server_ = server.take();
  return util::success();
}

/// Until there is a thread that answers, what there was at the start has to do.
metrics::Exchange::Answer Exporter::snapshot() {
  if (!ready_) return {exchange_.latest(), true};
  return exchange_.ask(patience);
}

web::Response Exporter::healthy() {
  if (snapshot().fresh) return page(plain, "mlockscope is healthy.\n");
  return {.status = 503,
          .type = plain,
          .body = "mlockscope is stuck: its reader of events does not answer.\n"};
}

std::map<std::string, web::Handler> Exporter::routes() {
  using metrics::Exposition;
  auto exposition = std::make_shared<const Exposition>(Exposition::Collectables{
      std::make_shared<metrics::TracerCollector>([this] { return snapshot().snapshot; }),
      std::make_shared<metrics::ProcessCollector>()});
  return {
      {"/metrics", [exposition] { return page(metrics::content_type, exposition->text()); }},
      {"/-/healthy", [this] { return healthy(); }},
      {"/-/ready",
       [this] {
         if (ready_) return page(plain, "mlockscope is ready.\n");
         return web::Response{.status = 503,
                              .type = plain,
                              .body = "mlockscope is not ready: the probes are being attached.\n"};
       }},
      {"/",
       [this] {
         const auto answer = snapshot();
         return page("text/html; charset=utf-8",
                     metrics::landing_page(ready_ ? answer.snapshot.get() : nullptr, answer.fresh));
       }},
  };
}

} // namespace mlockscope::cli
