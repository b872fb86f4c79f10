#include "capture/filters.hpp"

#include "support/catch.hpp"

using mlockscope::capture::Filters;

TEST_CASE("no filter costs the probes nothing") { CHECK(Filters().bits() == 0); }

TEST_CASE("each filter has a bit of its own") {
  std::uint32_t all = 0;
  const auto bit_of = [&all](auto&& set) {
    Filters filters;
    set(filters);
    const std::uint32_t bits = filters.bits();
    CHECK((bits != 0 && (bits & (bits - 1)) == 0));
    CHECK((all & bits) == 0);
    all |= bits;
  };
  const auto glob = *mlockscope::capture::compile_glob("x");
  bit_of([](Filters& f) { f.pids = {1}; });
  bit_of([](Filters& f) { f.not_pids = {1}; });
  bit_of([](Filters& f) { f.uids = {0}; });
  bit_of([](Filters& f) { f.cgroups = {1}; });
  bit_of([&](Filters& f) { f.comms = {glob}; });
  bit_of([&](Filters& f) { f.not_comms = {glob}; });
  bit_of([](Filters& f) { f.follow = true; });
  bit_of([](Filters& f) { f.family = 1; });
  CHECK(all == 0xff);
}
