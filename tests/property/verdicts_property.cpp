// Any sequence of calls gives the same verdicts, the same ends of exposures and the same locked
// pages from the correlator and from the plain model, at every page size, with and without the
// kernel's word; and the same of what is left in children of fork, of children of those, and so on.
#include "support/catch.hpp"
#include "twins.hpp"

#include <rapidcheck.h>

using namespace mlockscope::test;

namespace {

/// Shrinks well: dropping calls and lowering numbers both keep a sequence valid.
rc::Gen<std::vector<Draw>> calls() {
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Draw>>(
                                 rc::gen::container<Draw>(rc::gen::arbitrary<std::uint8_t>())));
}

void check_all(const Setting& setting) {
  CHECK(rc::check([=] {
    const auto drawn = *calls();
    RC_ASSERT(first_difference(setting, drawn) == "");
  }));
}

} // namespace

TEST_CASE("verdicts equal those of the plain model at 4 KiB pages") { check_all({4096}); }
TEST_CASE("verdicts equal those of the plain model at 16 KiB pages") { check_all({16384}); }
TEST_CASE("verdicts equal those of the plain model at 64 KiB pages") { check_all({65536}); }
TEST_CASE("without the kernel's word they are equal at 4 KiB pages") { check_all({4096, false}); }
TEST_CASE("without the kernel's word they are equal at 16 KiB pages") { check_all({16384, false}); }
TEST_CASE("without the kernel's word they are equal at 64 KiB pages") { check_all({65536, false}); }

TEST_CASE("judged as Linux with the same pages, a recording gives what it gave") {
  check_all({4096, true, true});
}
TEST_CASE("the same without the kernel's word") { check_all({16384, false, true}); }
