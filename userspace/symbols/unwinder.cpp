#include "symbols/unwinder.hpp"

#include "symbols/expression.hpp"
#include "symbols/messages.hpp"

#include <algorithm>
#include <cstdlib>
#include <elfutils/libdw.h>

namespace mlockscope::symbols {
namespace {

using Saved = model::StackCopy;

// The numbers that DWARF has for the registers: System V ABI for AMD64, figure 3.36; DWARF for the
// Arm 64-bit Architecture, 4.1.
#if defined(__x86_64__)
constexpr std::size_t stack_pointer = 7, frame_pointer = 6;
constexpr std::pair<std::size_t, Saved::Register> saved[] = {
    {16, Saved::ip},  {7, Saved::sp},   {6, Saved::fp},   {3, Saved::bx_or_lr},
    {12, Saved::r12}, {13, Saved::r13}, {14, Saved::r14}, {15, Saved::r15}};
constexpr std::uint64_t address_bits = UINT64_MAX;
#elif defined(__aarch64__)
constexpr std::size_t stack_pointer = 31, frame_pointer = 29;
constexpr std::pair<std::size_t, Saved::Register> saved[] = {
    {31, Saved::sp}, {29, Saved::fp}, {30, Saved::bx_or_lr}};
// Return addresses may carry a pointer authentication code in the bits above.
constexpr std::uint64_t address_bits = (std::uint64_t{1} << 48) - 1;
#endif

struct State {
  Registers registers;
  Place at;
};

std::optional<std::uint64_t> caller_register(Dwarf_Frame* frame, std::size_t number,
                                             const FrameState& state) {
  Dwarf_Op buffer[3];
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_register(frame, static_cast<int>(number), buffer, &operations, &count) != 0)
    return std::nullopt;
  if (count == 0) // "undefined", or "same value"
    return operations == buffer ? std::nullopt : state.registers[number];
  const auto location = evaluate(operations, count, state);
  if (!location || location->is_value)
    return location ? std::optional(location->number) : std::nullopt;
  return state.memory.read(location->number);
}

std::optional<State> by_call_frame(Dwarf_Frame* frame, const State& now,
                                   const CopiedMemory& memory) {
  bool signal = false;
  const int link = dwarf_frame_info(frame, nullptr, nullptr, &signal);
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (link < 0 || static_cast<std::size_t>(link) >= now.registers.size() ||
      dwarf_frame_cfa(frame, &operations, &count) != 0 || count == 0)
    return std::nullopt;
  FrameState state{now.registers, memory, std::nullopt};
  const auto cfa = evaluate(operations, count, state);
  if (!cfa) return std::nullopt;
  state.cfa = cfa->number;

  State up;
  for (std::size_t i = 0; i < up.registers.size(); ++i)
    up.registers[i] = caller_register(frame, i, state);
  up.registers[stack_pointer] = state.cfa; // by definition, unless a signal switched stacks
  const auto address = up.registers[static_cast<std::size_t>(link)];
  if (!address) return std::nullopt;
  up.at = {*address & address_bits, signal};
  return up;
}

std::optional<State> by_frame_pointer(const State& now, const CopiedMemory& memory) {
  const auto frame = now.registers[frame_pointer];
  if (!frame || *frame < now.registers[stack_pointer]) return std::nullopt;
  const auto caller = memory.read(*frame);
  const auto address = memory.read(*frame + 8);
  if (!caller || !address) return std::nullopt;
  State up;
  up.registers[stack_pointer] = *frame + 16;
  up.registers[frame_pointer] = *caller;
  up.at = {*address & address_bits, false};
  return up;
}

// mmap(2) maps nothing below, security/Kconfig LSM_MMAP_MIN_ADDR.
constexpr model::Address lowest_code = 65536;

// Without call frame information the step out of a library is a guess, and so is what follows, if
// it does not lead back to code that is known. Code made at run time may not be known, but leads
// there.
void cut(std::vector<Place>& unwound, const std::function<bool(model::Address)>& is_code) {
  const auto impossible = std::find_if(unwound.begin(), unwound.end(), [&](const Place& each) {
    return each != unwound.front() && each.address < lowest_code;
  });
  unwound.erase(impossible, unwound.end());
  while (unwound.size() > 1 && !is_code(unwound.back().to_look_up())) unwound.pop_back();
}

} // namespace

void FreeFrame::operator()(Dwarf_Frame_s* frame) const { std::free(frame); }

std::vector<Place> unwind(const model::StackCopy& copy, const FindCallFrame& find) {
  State now;
  for (const auto& [number, at] : saved) now.registers[number] = copy.values[at];
  now.at = {copy.values[Saved::ip], true};
  const CopiedMemory memory{copy.values[Saved::sp], copy.bytes};

  std::vector<Place> places{now.at};
  while (places.size() < most_frames) {
    const CallFrame frame = find(now.at.to_look_up());
    auto up = frame ? by_call_frame(frame.get(), now, memory) : by_frame_pointer(now, memory);
    if (!up || up->at.address == 0) break;
    // The stack shrinks with each step out; a leaf of arm64 has nothing on it.
    const auto before = now.registers[stack_pointer], after = up->registers[stack_pointer];
    if (!after || !before || *after < *before || (*after == *before && up->at == now.at)) break;
    now = *up;
    places.push_back(now.at);
  }
  return places;
}

std::vector<Place> better(std::vector<Place> unwound,
                          const std::vector<model::Address>& by_frame_pointers,
                          const std::function<bool(model::Address)>& is_code) {
  std::vector<Place> chain;
  for (std::size_t i = 0; i < by_frame_pointers.size() && chain.size() < most_frames; ++i) {
    const Place place{by_frame_pointers[i], i == 0};
    const bool code = is_code(place.to_look_up());
    if (code || i == 0)
      chain.push_back(place);
    else if (i > 1)
      break;
  }
  cut(unwound, is_code);
  if (unwound.empty()) return chain;
  const auto meets = std::find_if(chain.begin(), chain.end(), [&](const Place& each) {
    return each.address == unwound.back().address;
  });
  for (auto more = meets; more != chain.end(); ++more)
    if (more != meets && unwound.size() < most_frames) unwound.push_back(*more);
  return unwound.size() >= chain.size() ? unwound : chain;
}

} // namespace mlockscope::symbols
