// A host whose processes lock and unlock, a correlator that watches, and the recorder under test.
#pragma once

#include "metrics/recorder.hpp"
#include "metrics/tracer_collector.hpp"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <unordered_map>

namespace mlockscope::test {

inline constexpr model::Time second = 1'000'000'000;
inline constexpr model::Address p = 0x7f00'0000'0000;
inline constexpr std::uint64_t page = 4096;

inline model::Comm comm(std::string_view name) {
  model::Comm comm;
  std::copy_n(name.data(), std::min(name.size(), comm.bytes.size()), comm.bytes.data());
  return comm;
}

class Host final : public model::Output {
public:
  explicit Host(std::size_t names = 100, std::vector<metrics::NameLabel> labels = {})
      : recorder({.clock = [this] { return clock; }, .names = names, .labels = std::move(labels)}),
        correlator(model::PageSize(page), *this) {}

  report::Clock clock{1'000'000 * static_cast<std::int64_t>(second)};
  metrics::Recorder recorder;
  model::Correlator correlator;
  std::unordered_map<model::SpaceId, model::ProcessInfo> processes;
  model::Time now = second;

  /// An address space with this number; its threads have this name from now on.
  Host& in(std::uint64_t space, std::string_view name) {
    space_ = model::SpaceId{space};
    name_ = comm(name);
    return *this;
  }
  Host& call(model::Call call, model::Address addr, std::uint64_t len, std::int64_t ret = 0,
             std::uint64_t flags = 0) {
    model::CallEvent event;
    event.space = space_;
    event.call = call;
    event.caller = {static_cast<std::uint32_t>(space_), static_cast<std::uint32_t>(space_), 0,
                    name_};
    event.enter = now;
    now += 1000;
    event.exit = now;
    event.addr = addr;
    event.len = len;
    event.flags = flags;
    event.ret = ret;
    event.born_clean = true;
    correlator.handle(event);
    return *this;
  }
  Host& lock(model::Address addr, std::uint64_t len) { return call(model::Call::mlock, addr, len); }
  Host& unlock(model::Address addr, std::uint64_t len) {
    return call(model::Call::munlock, addr, len);
  }
  /// Two locks on a page, and one of them undone: a finding, and an exposure of 32 bytes.
  Host& spill() { return lock(p, 32).lock(p + 100, 32).unlock(p, 32); }
  Host& end() {
    correlator.handle(model::Event(model::EndEvent{space_, now, 0}));
    return *this;
  }
  Host& wait(model::Time time) {
    now += time;
    correlator.handle(model::Event(model::TickEvent{now}));
    return *this;
  }

  [[nodiscard]] metrics::Snapshot snapshot() {
    static const model::ProcessInfo unknown;
    const auto process_of = [this](model::SpaceId space) -> const model::ProcessInfo& {
      const auto found = processes.find(space);
      return found == processes.end() ? unknown : found->second;
    };
    metrics::Health health;
    health.version = "0.1.0";
    return recorder.take(correlator, process_of, health, now);
  }

  void finding(const model::Finding& each) override {
    static const model::ProcessInfo unknown;
    const auto found = processes.find(each.space);
    recorder.finding(each, found == processes.end() ? unknown : found->second);
  }
  void exposure(const model::Exposure& each) override { recorder.exposure(each); }
  void call(const model::CallEvent& event, const model::CallReading& reading) override {
    recorder.call(event, reading);
  }
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {}
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}

private:
  model::SpaceId space_{1};
  model::Comm name_ = comm("demo");
};

/// Every series of a snapshot: "name{label=value,...}" to its value.
inline std::map<std::string, double> series_of(const metrics::Snapshot& snapshot) {
  std::map<std::string, double> all;
  for (const auto& family : metrics::families_of(snapshot))
    for (const auto& metric : family.metric) {
      std::string name = family.name;
      for (const auto& label : metric.label)
        name += (&label == metric.label.data() ? "{" : ",") + label.name + "=" + label.value;
      if (!metric.label.empty()) name += "}";
      const bool counter = family.type == prometheus::MetricType::Counter;
      if (family.type == prometheus::MetricType::Histogram)
        all[name] = static_cast<double>(metric.histogram.sample_count);
      else
        all[name] = counter ? metric.counter.value : metric.gauge.value;
    }
  return all;
}

} // namespace mlockscope::test
