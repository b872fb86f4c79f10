#include "symbols/messages.hpp"

#include <algorithm>

namespace mlockscope::symbols {
namespace {

void put_optional(Writer& writer, const std::optional<std::string>& text, std::size_t most) {
  writer.number<std::uint8_t>(text.has_value());
  if (text) writer.text(std::string_view(*text).substr(0, most));
}

std::optional<std::string> get_optional(Reader& reader, std::size_t most) {
  if (reader.number<std::uint8_t>() == 0) return std::nullopt;
  return std::string(reader.text(most));
}

void put_frame(Writer& writer, const model::Frame& frame) {
  writer.number(frame.addr);
  put_optional(writer, frame.symbol, most_symbol);
  writer.number(frame.offset);
  put_optional(writer, frame.module, most_path);
  writer.number(frame.module_offset);
  writer.text(std::string_view(frame.build_id).substr(0, most_build_id));
  put_optional(writer, frame.file, most_path);
  writer.number(frame.line);
}

model::Frame get_frame(Reader& reader) {
  model::Frame frame;
  frame.addr = reader.number<model::Address>();
  frame.symbol = get_optional(reader, most_symbol);
  frame.offset = reader.number<std::uint64_t>();
  frame.module = get_optional(reader, most_path);
  frame.module_offset = reader.number<std::uint64_t>();
  frame.build_id = reader.text(most_build_id);
  frame.file = get_optional(reader, most_path);
  frame.line = reader.number<std::uint32_t>();
  return frame;
}

} // namespace

void put_place(Writer& writer, const std::vector<model::Address>& addresses,
               const std::optional<model::StackCopy>& copy) {
  const std::size_t count = std::min(addresses.size(), most_addresses);
  writer.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) writer.number(addresses[i]);
  writer.number<std::uint8_t>(copy.has_value());
  if (!copy) return;
  for (const std::uint64_t value : copy->values) writer.number(value);
  writer.text({reinterpret_cast<const char*>(copy->bytes.data()),
               std::min(copy->bytes.size(), most_copied)});
}

void get_place(Reader& reader, std::vector<model::Address>& addresses,
               std::optional<model::StackCopy>& copy) {
  const auto count = reader.number<std::uint32_t>();
  if (count > most_addresses) reader.fail();
  for (std::uint32_t i = 0; reader.ok() && i < count; ++i)
    addresses.push_back(reader.number<model::Address>());
  if (reader.number<std::uint8_t>() == 0) return;
  copy.emplace();
  for (std::uint64_t& value : copy->values) value = reader.number<std::uint64_t>();
  const std::string_view bytes = reader.text(most_copied);
  copy->bytes.assign(bytes.begin(), bytes.end());
}

void put_stack(Writer& writer, const model::Stack& stack) {
  const std::size_t count = std::min(stack.size(), most_frames);
  writer.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) put_frame(writer, stack[i]);
}

model::Stack get_stack(Reader& reader) {
  model::Stack stack;
  const auto count = reader.number<std::uint32_t>();
  if (count > most_frames) reader.fail();
  for (std::uint32_t i = 0; reader.ok() && i < count; ++i) stack.push_back(get_frame(reader));
  if (!reader.ok()) stack.clear();
  return stack;
}

} // namespace mlockscope::symbols
