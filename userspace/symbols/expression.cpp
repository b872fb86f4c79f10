#include "symbols/expression.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_operations = 256;

class Machine {
public:
  explicit Machine(const FrameState& state) : state_(state) {}

  // False: it cannot go on.
  bool step(const Dwarf_Op& op) {
    const unsigned atom = op.atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) return push(atom - DW_OP_lit0);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
      return push_sum(register_at(atom - DW_OP_breg0), op.number);
    if (atom == DW_OP_bregx) return push_sum(register_at(op.number), op.number2);
    if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) return push_register(atom - DW_OP_reg0);
    if (atom == DW_OP_regx) return push_register(op.number);
    if (atom >= DW_OP_const1u && atom <= DW_OP_consts) return push(op.number);
    return operate(atom, op.number);
  }

  [[nodiscard]] std::optional<Location> result() const {
    if (stack_.empty()) return std::nullopt;
    return Location{stack_.back(), is_value_};
  }

private:
  using Value = std::optional<std::uint64_t>;

  [[nodiscard]] Value register_at(std::uint64_t number) const {
    return number < state_.registers.size() ? state_.registers[number] : std::nullopt;
  }
  bool push(Value value) {
    if (value) stack_.push_back(*value);
    return value.has_value();
  }
  bool push_sum(Value value, std::uint64_t added) {
    return push(value ? Value(*value + added) : value);
  }
  bool push_register(std::uint64_t number) {
    is_value_ = true;
    return push(register_at(number));
  }
  Value pop() {
    if (stack_.empty()) return std::nullopt;
    const std::uint64_t top = stack_.back();
    stack_.pop_back();
    return top;
  }

  bool operate(unsigned atom, std::uint64_t number) {
    switch (atom) {
    case DW_OP_nop:
      return true;
    case DW_OP_call_frame_cfa:
      return push(state_.cfa);
    case DW_OP_stack_value:
      return is_value_ = true;
    case DW_OP_dup:
      return !stack_.empty() && push(stack_.back());
    case DW_OP_drop:
      return pop().has_value();
    case DW_OP_plus_uconst:
      return push_sum(pop(), number);
    case DW_OP_deref: {
      const Value address = pop();
      return address && push(state_.memory.read(*address));
    }
    default:
      return combine(atom);
    }
  }

  bool combine(unsigned atom) {
    const Value right = pop();
    const Value left = pop();
    return left && right && push(combined(atom, *left, *right));
  }

  // Comparisons are of signed numbers, DWARF 5, 2.5.1.5.
  static Value combined(unsigned atom, std::uint64_t left, std::uint64_t right) {
    const auto a = static_cast<std::int64_t>(left);
    const auto b = static_cast<std::int64_t>(right);
    switch (atom) {
    case DW_OP_plus:
      return left + right;
    case DW_OP_minus:
      return left - right;
    case DW_OP_and:
      return left & right;
    case DW_OP_or:
      return left | right;
    case DW_OP_xor:
      return left ^ right;
    case DW_OP_mul:
      return left * right;
    case DW_OP_shl:
      return right < 64 ? left << right : 0;
    case DW_OP_shr:
      return right < 64 ? left >> right : 0;
    case DW_OP_eq:
      return a == b;
    case DW_OP_ne:
      return a != b;
    case DW_OP_ge:
      return a >= b;
    case DW_OP_gt:
      return a > b;
    case DW_OP_le:
      return a <= b;
    case DW_OP_lt:
      return a < b;
    default:
      return std::nullopt;
    }
  }

  const FrameState& state_;
  std::vector<std::uint64_t> stack_;
  bool is_value_ = false;
};

} // namespace

std::optional<Location> evaluate(const void* operations, std::size_t count,
                                 const FrameState& state) {
  if (count > most_operations) return std::nullopt;
  const auto* const list = static_cast<const Dwarf_Op*>(operations);
  Machine machine(state);
  for (std::size_t i = 0; i < count; ++i)
    if (!machine.step(list[i])) return std::nullopt;
  return machine.result();
}

} // namespace mlockscope::symbols
