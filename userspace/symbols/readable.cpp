#include "symbols/readable.hpp"

#include "symbols/messages.hpp"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace mlockscope::symbols {
namespace {

// The demangler is recursive: long names are hostile or unreadable.
constexpr std::size_t most_mangled = 2048;

// "::h" and 16 hexadecimal digits: the last part of names of rustc's legacy mangling.
std::string_view without_hash(std::string_view name) {
  constexpr std::size_t length = 19;
  if (name.size() <= length) return name;
  const std::string_view end = name.substr(name.size() - length);
  const bool hash = end.starts_with("::h") &&
                    end.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
  return hash ? name.substr(0, name.size() - length) : name;
}

} // namespace

std::string bounded(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  const auto inside = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && most - end < 3 && inside(end)) --end;
  return std::string(text.substr(0, end));
}

std::string readable(std::string_view symbol) {
  if (!symbol.starts_with("_Z") || symbol.size() > most_mangled)
    return bounded(symbol, most_symbol);
  const std::string mangled(symbol);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  if (status != 0 || !name) return bounded(symbol, most_symbol);
  return bounded(without_hash(name.get()), most_symbol);
}

} // namespace mlockscope::symbols
