// The entry that comes in millions: what it is read into keeps the memory of its parts.
#include "recording/decode_values.hpp"
#include "recording/decoder.hpp"

namespace mlockscope::recording {
namespace {

using model::Address;
using model::CallEvent;
using model::KernelWord;
using model::PageRange;

static_assert(int{v1::MLOCK} == int(model::Call::mlock) &&
              int{v1::SHMDT} == int(model::Call::shmdt) &&
              int(v1::CallName_MAX) + 1 == int(model::Call::fork));
static_assert(int{v1::Word::NONE} == int(KernelWord::Locked::none) &&
              int{v1::Word::SOME} == int(KernelWord::Locked::some) &&
              int(v1::Word::Locked_MAX) == int(KernelWord::Locked::some));

/// Null, or what is wrong. The word keeps the memory of its runs.
const char* read_word(const v1::Word& in, Address start, std::uint64_t size, KernelWord& word) {
  if (!v1::Word::Locked_IsValid(in.locked())) return "an unknown state of locking";
  word.locked = static_cast<KernelWord::Locked>(in.locked());
  word.runs.clear();
  if (!word.known()) {
    word = {};
    return nullptr;
  }
  if (!make_range(sum(start, in.start()), sum(size, in.size()), word.walked)) return past_the_end;
  word.hole = in.hole();
  word.grows_down = in.grows_down();
  Address at = word.walked.start;
  if (in.runs_size() % 2 != 0) return "half a range";
  for (int n = 0; n < in.runs_size(); n += 2) {
    PageRange run;
    if (!next_range(at, in.runs(n), in.runs(n + 1), run) || run.end > word.walked.end)
      return "locked pages outside of the range that was looked at";
    word.runs.push_back(run);
  }
  const bool some = word.locked == KernelWord::Locked::some;
  return some == !word.runs.empty() ? nullptr : "locked pages that contradict each other";
}

void clear(KernelWord& word) {
  word.locked = KernelWord::Locked::unknown;
  word.walked = {};
  word.hole = word.grows_down = false;
  word.runs.clear();
}

const char* read_words(const v1::Call& in, CallEvent& event) {
  const char* fault = nullptr;
  PageRange walked{event.addr, event.addr};
  clear(event.before);
  clear(event.after);
  clear(event.old_after);
  if (in.has_before()) {
    fault = read_word(in.before(), event.addr, 0, event.before);
    if (event.before.known()) walked = event.before.walked;
  }
  if (!fault && in.has_after())
    fault = read_word(in.after(), walked.start, walked.size(), event.after);
  if (!fault && in.has_old_after())
    fault = read_word(in.old_after(), event.extent.start, event.extent.size(), event.old_after);
  return fault;
}

/// What most calls do not have.
bool read_rest(const v1::Call& in, CallEvent& event) {
  event.new_len = in.new_len();
  event.new_addr = in.new_addr();
  event.extent = {};
  if (in.has_extent() && !make_range(in.extent().start(), in.extent().size(), event.extent))
    return false;
  event.overlapped = in.overlapped();
  event.born_clean = in.born_clean();
  event.lost = in.lost();
  event.failure.reset();
  if (in.has_failure()) {
    const v1::Failure& failure = in.failure();
    event.failure =
        model::LockFailure{failure.limit_soft(),   failure.limit_hard(),    failure.locked_bytes(),
                           failure.cap_ipc_lock(), failure.secret_memory(), failure.place()};
  }
  event.imagined = in.imagined();
  event.stack = model::StackId{in.stack()};
  event.applied.reset();
  return !in.has_applied() ||
         make_range(in.applied().start(), in.applied().size(), event.applied.emplace());
}

} // namespace

bool Decoder::read(const v1::Call& in) {
  auto& event = std::get<CallEvent>(std::get<model::Event>(call_entry_));
  Told* const by = caller(in.caller());
  if (!by) return false;
  if (!v1::CallName_IsValid(in.call())) return fail("an unknown call");
  event.space = by->space;
  event.call = static_cast<model::Call>(in.call());
  event.caller = by->caller;
  event.exit = time(in.exit());
  event.enter = event.exit - static_cast<std::uint64_t>(in.took());
  event.addr = by->last = sum(by->last, in.addr());
  event.len = in.len();
  event.flags = in.flags();
  event.ret = in.ret();
  if (!read_rest(in, event)) return fail(past_the_end);
  const char* const fault = read_words(in, event);
  return fault == nullptr || fail(fault);
}

} // namespace mlockscope::recording
