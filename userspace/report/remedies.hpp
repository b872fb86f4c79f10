// C code that shows how to avoid a mistake. Each compiles by itself.
#pragma once

#include <string_view>

namespace mlockscope::report::remedies {

extern const std::string_view pages_of_its_own;
extern const std::string_view counted_pages;
extern const std::string_view locked_once;
extern const std::string_view checked_lock;
extern const std::string_view kept_from_children;

} // namespace mlockscope::report::remedies
