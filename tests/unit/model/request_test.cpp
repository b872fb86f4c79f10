// From bytes to pages, as the kernel computes it.
#include "model/request.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

namespace {

constexpr PageSize small{4096};

Request read(Address addr, std::uint64_t len) { return read_lock_request(small, addr, len); }

} // namespace

TEST_CASE("an unaligned request is rounded outwards") {
  CHECK(read(p + 100, 1).applied == PageRange{p, p + 4096});
  CHECK(read(p + 4095, 2).applied == PageRange{p, p + 8192});
  CHECK(read(p + 100, 1).requested == ByteRange{p + 100, p + 101});
  CHECK(read_lock_request(PageSize(65536), p + 5000, 10).applied == PageRange{p, p + 65536});
}

TEST_CASE("no length: no page if aligned, one page if not") {
  CHECK(read(p, 0).applied == PageRange{p, p});
  CHECK(read(p + 100, 0).applied == PageRange{p, p + 4096});
  CHECK(read(p + 100, 0).requested == ByteRange{p + 100, p + 100});
}

TEST_CASE("a length that wraps by its offset is short and no error") {
  CHECK(read(p, UINT64_MAX).applied == PageRange{p, p});
  CHECK(read(p + 1, UINT64_MAX).applied == PageRange{p, p});
  CHECK(read(p + 2, UINT64_MAX).applied == PageRange{p, p + 4096});
  CHECK(!read(p + 2, UINT64_MAX).requested);
}

TEST_CASE("an end below the start is refused") {
  CHECK(!read(p, UINT64_MAX - 4095).applied);
  CHECK(!read(p, Address{0} - p).applied);
  CHECK(read(p, Address{0} - p - 4096).applied == PageRange{p, Address{0} - 4096});
  CHECK(!read(Address{0} - 4096, 4096).applied);
  CHECK(read(Address{0} - 8192, 4096).applied == PageRange{Address{0} - 8192, Address{0} - 4096});
}

TEST_CASE("the applied pages are those of the request") {
  CHECK(applied_pages(small, p + 100, 0) == PageRange{p, p + 4096});
  CHECK(applied_pages(small, p + 2, UINT64_MAX) == PageRange{p, p + 4096});
  CHECK(!applied_pages(small, p, UINT64_MAX - 4095));
}

TEST_CASE("a reading counts the bytes of rounding and keeps the kernel's words") {
  Story story;
  story.lock(p + 100, 50).unlock(p + 100, 50).lock_all();
  const CallReading& lock = story.out.readings.at(0);
  CHECK(lock.requested == ByteRange{p + 100, p + 150});
  CHECK(lock.applied == PageRange{p, p + 4096});
  CHECK(lock.rounding_bytes == 4046);
  CHECK(lock.before == KernelWord::Locked::none);
  CHECK(lock.after == KernelWord::Locked::all);
  CHECK(!story.out.readings.at(2).applied);
}

TEST_CASE("a reading of a refused call has no applied range, one cut short the part before") {
  Story story;
  story.refuse(1).lock(p, 8).refuse(22).lock(p, 8);
  CHECK(!story.out.readings.at(0).applied);
  CHECK(!story.out.readings.at(1).requested);
  story.unmap(p + 4096, 4096).lock(p, 8192);
  CHECK(story.out.readings.at(2).applied == PageRange{p + 4096, p + 8192});
  CHECK(story.out.readings.at(3).applied == PageRange{p, p + 4096});
}
