#include "symbols/unwinder.hpp"

#include "support/catch.hpp"
#include "symbols/expression.hpp"
#include "symbols/messages.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

using namespace mlockscope;
using namespace mlockscope::symbols;

namespace {

using Addresses = std::vector<model::Address>;

CallFrame nothing_known(model::Address) { return nullptr; }
bool from_a_million_on(model::Address address) { return address >= 1000000; }

Addresses addresses(const std::vector<Place>& places) {
  Addresses list;
  for (const Place& each : places) list.push_back(each.address);
  return list;
}

// A copy at 0x7000 that consists of these words, with a frame pointer.
model::StackCopy copy_of(const std::vector<std::uint64_t>& words, std::uint64_t frame_pointer) {
  model::StackCopy copy;
  copy.values[model::StackCopy::ip] = 0x4000;
  copy.values[model::StackCopy::sp] = 0x7000;
  copy.values[model::StackCopy::fp] = frame_pointer;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(words.data());
  copy.bytes.assign(bytes, bytes + words.size() * sizeof(words[0]));
  return copy;
}

std::optional<Location> run(std::vector<Dwarf_Op> ops, const FrameState& state) {
  return evaluate(ops.data(), ops.size(), state);
}

} // namespace

TEST_CASE("without call frame information, frame pointers lead on") {
  const auto copy = copy_of({0, 0x7020, 0x4100, 0, 0x7030, 0x4200, 0, 0}, 0x7008);
  CHECK(addresses(unwind(copy, nothing_known)) == Addresses{0x4000, 0x4100, 0x4200});
}

TEST_CASE("a chain that turns back or leaves the copy ends") {
  CHECK(unwind(copy_of({0x7000, 0x4100}, 0x7000), nothing_known).size() == 2); // its own caller
  CHECK(unwind(copy_of({0x6ff0, 0x4100, 1}, 0x7000), nothing_known).size() == 2);
  CHECK(unwind(copy_of({1, 2}, 0x6ff8), nothing_known).size() == 1);
  CHECK(unwind(copy_of({1, 2}, 0x7008), nothing_known).size() == 1); // half of it
  CHECK(unwind(copy_of({}, UINT64_MAX - 4), nothing_known).size() == 1);
  std::vector<std::uint64_t> endless;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    endless.push_back(0x7000 + 16 * (i + 1));
    endless.push_back(0x4100);
  }
  CHECK(unwind(copy_of(endless, 0x7000), nothing_known).size() == most_frames);
}

TEST_CASE("the better account of a stack") {
  const auto best = [](std::vector<Place> unwound, const Addresses& chain) {
    return addresses(better(std::move(unwound), chain, from_a_million_on));
  };
  const std::vector<Place> unwound{{2000000, true}, {2100000, false}, {2200000, false}};
  // As far as frame pointers, or farther.
  CHECK(best(unwound, {2000000, 2100000}) == Addresses{2000000, 2100000, 2200000});
  CHECK(best(unwound, {2000000, 3100000, 3200000}) == Addresses{2000000, 2100000, 2200000});
  // It ended early.
  CHECK(best({{2000000, true}}, {2000000, 2100000, 2200000}) ==
        Addresses{2000000, 2100000, 2200000});
  CHECK(best({{2000000, true}, {2050000, false}, {2100000, false}},
             {2000000, 2100000, 2200000, 2300000}) ==
        Addresses{2000000, 2050000, 2100000, 2200000, 2300000});
  CHECK(best({{2000000, true}, {9000000, false}}, {2000000, 2100000, 2200000}) ==
        Addresses{2000000, 2100000, 2200000});
  // No code: the top of the stack is left out, what follows is the end.
  CHECK(best({}, {2000000, 5, 2200000, 2300000}) == Addresses{2000000, 2200000, 2300000});
  CHECK(best({}, {2000000, 2100000, 5, 2300000}) == Addresses{2000000, 2100000});
  CHECK(best({}, {}) == Addresses{});
  // Unwound to what is no code: nothing from there on is believed, unless it leads back.
  CHECK(best({{2000000, true}, {500000, false}, {600000, false}}, {2000000}) == Addresses{2000000});
  CHECK(best({{2000000, true}, {500000, false}, {2100000, false}, {600000, false}}, {2000000}) ==
        Addresses{2000000, 500000, 2100000});
  CHECK(best({{2000000, true}, {4, false}, {2200000, false}}, {2000000}) == Addresses{2000000});
  CHECK(best({{2000000, true}, {2100000, false}, {4, false}, {2200000, false}},
             {2000000, 5, 2100000}) == Addresses{2000000, 2100000});
  CHECK(best({{5, true}, {2100000, false}, {4, false}}, {5}) == Addresses{5, 2100000});
  // Only the first is an instruction to come.
  const auto places = better({}, {2000000, 2100000}, from_a_million_on);
  CHECK(places[0].to_look_up() == 2000000);
  CHECK(places[1].to_look_up() == 2099999);
}

TEST_CASE("expressions of call frames are evaluated") {
  Registers registers;
  registers[7] = 0x7000;
  registers[16] = 0x401;
  const std::vector<std::uint8_t> bytes{1, 0, 0, 0, 0, 0, 0, 0};
  const CopiedMemory memory{0x7000, bytes};
  const FrameState state{registers, memory, 0x7010};
  const auto op = [](unsigned atom, std::uint64_t number = 0, std::uint64_t number2 = 0) {
    return Dwarf_Op{static_cast<std::uint8_t>(atom), number, number2, 0};
  };
  CHECK(run({op(DW_OP_breg7, 8)}, state)->number == 0x7008);
  CHECK(run({op(DW_OP_call_frame_cfa), op(DW_OP_plus_uconst, 0U - 8ULL)}, state)->number == 0x7008);
  CHECK(run({op(DW_OP_breg7), op(DW_OP_deref)}, state)->number == 1);
  CHECK(run({op(DW_OP_regx, 7)}, state)->is_value);
  // What .eh_frame has for the procedure linkage table of x86-64: rsp + 8 + ((rip & 15) >= 11) * 8.
  const std::vector<Dwarf_Op> plt{op(DW_OP_breg7, 8), op(DW_OP_breg16), op(DW_OP_lit15),
                                  op(DW_OP_and),      op(DW_OP_lit11),  op(DW_OP_ge),
                                  op(DW_OP_lit3),     op(DW_OP_shl),    op(DW_OP_plus)};
  CHECK(run(plt, state)->number == 0x7008);
  registers[16] = 0x40b;
  CHECK(run(plt, state)->number == 0x7010);
}

TEST_CASE("an expression that needs what is not known has no result") {
  const Registers registers;
  const std::vector<std::uint8_t> bytes;
  const CopiedMemory memory{0, bytes};
  const FrameState state{registers, memory, std::nullopt};
  const auto op = [](unsigned atom, std::uint64_t number = 0) {
    return Dwarf_Op{static_cast<std::uint8_t>(atom), number, 0, 0};
  };
  CHECK_FALSE(run({}, state));
  CHECK_FALSE(run({op(DW_OP_breg7)}, state));
  CHECK_FALSE(run({op(DW_OP_call_frame_cfa)}, state));
  CHECK_FALSE(run({op(DW_OP_plus)}, state));
  CHECK_FALSE(run({op(DW_OP_deref)}, state));
  CHECK_FALSE(run({op(DW_OP_lit0), op(DW_OP_deref)}, state));
  CHECK_FALSE(run({op(DW_OP_regx, 100000)}, state));
  CHECK_FALSE(run({op(DW_OP_lit1), op(DW_OP_bra)}, state)); // could go on for ever
  CHECK_FALSE(run(std::vector<Dwarf_Op>(1000, op(DW_OP_lit1)), state));
}
