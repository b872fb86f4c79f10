// Any bytes as a story: calls in up to five address spaces, told to the correlator and to the plain
// model. Whatever the two say must be the same. The first byte chooses the pages, whether the
// kernel's word can be read, and whether the calls go by way of the what-if.
#include "property/twins.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace mlockscope::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::uint64_t pages[] = {4096, 16384, 65536};
  const Setting setting{
      .page = pages[data[0] % 3], .told = (data[0] & 4) != 0, .translated = (data[0] & 8) != 0};
  std::vector<Draw> story((size - 1) / std::tuple_size_v<Draw>);
  for (std::size_t i = 0; i < story.size(); ++i)
    std::copy_n(data + 1 + i * std::tuple_size_v<Draw>, std::tuple_size_v<Draw>, story[i].begin());
  const std::string difference = first_difference(setting, story);
  if (difference.empty()) return 0;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}
