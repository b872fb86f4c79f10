#include "web/live_config.hpp"

namespace mlockscope::web {
namespace {

constexpr std::size_t config_limit = std::size_t{256} * 1024;

} // namespace

LiveConfig::LiveConfig(std::optional<std::string> file, Report report)
    : file_(std::move(file)), report_(std::move(report)) {}

util::Result<std::unique_ptr<LiveConfig>> LiveConfig::open(std::optional<std::string> file,
                                                           Report report) {
  std::unique_ptr<LiveConfig> live(new LiveConfig(std::move(file), std::move(report)));
  if (!live->file_) {
    live->good_.settings = std::make_shared<Settings>();
    return live;
  }
  auto first = live->read();
  if (!first) return first.error();
  live->good_ = first.take();
  live->has_tls_ = live->good_.settings->tls != nullptr;
  return live;
}

std::shared_ptr<const Settings> LiveConfig::now() {
  if (!file_) return good_.settings;
  const std::lock_guard lock(lock_);
  auto fresh = read();
  if (fresh && (fresh.value().settings->tls != nullptr) != has_tls_)
    fresh = util::Error{"cannot change to the new web configuration " + *file_,
                        "it turns TLS on or off", "start the program again"};
  if (fresh) {
    reported_.clear();
    good_ = fresh.take();
    return good_.settings;
  }
  if (const std::string message = fresh.error().message(); message != reported_) {
    reported_ = message;
    if (report_) report_(fresh.error());
  }
  return nullptr;
}

util::Result<LiveConfig::Reading> LiveConfig::read() const {
  auto text = read_file(*file_, config_limit);
  if (!text) return text.error();
  const bool same_text = good_.settings && text.value() == good_.text;
  auto config =
      same_text ? util::Result<Config>(good_.settings->config) : parse_config(text.value(), *file_);
  if (!config) return config.error();
  if (!config.value().tls)
    return Reading{text.take(), {}, std::make_shared<Settings>(Settings{config.take(), nullptr})};

  auto material = read_material(*config.value().tls);
  if (!material) return material.error();
  if (same_text && material.value() == good_.material) return good_;
  auto tls = TlsContext::make(*config.value().tls, material.value());
  if (!tls) return tls.error();
  return Reading{text.take(), material.take(),
                 std::make_shared<Settings>(Settings{config.take(), tls.take()})};
}

} // namespace mlockscope::web
