/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * User stacks by number. A stack is told once, before the first call that names it; the call itself
 * has only the number.
 *
 * A number is a hash of the address space, the addresses and the code words near the top of the
 * stack (stack_walk.bpf.h). So two paths that end in the same two places have two numbers even
 * where no frame pointers lead further. Left-over words may give one path several numbers: that
 * costs a record and is harmless, while the stack of somebody else would be a lie. Neither the
 * stack pointer nor the frame pointer takes part: threads with stacks of their own share numbers,
 * and a register that holds data does not make every call another place. Paths that differ only
 * more than NEAR_WORDS above the top, where no frame pointers lead, are taken for one.
 */
#ifndef MLOCKSCOPE_STACKS_BPF_H
#define MLOCKSCOPE_STACKS_BPF_H

#include "stack_records.bpf.h"

#define STACKS_OFF	 0
#define STACKS_AUTOMATIC 1 /* as known from last time, if this can be seen at little cost */
#define STACKS_ON	 2

/* Set before load. */
const volatile __u32 stacks __weak = STACKS_OFF;
const volatile __u64 walks_per_second __weak = 0; /* on each CPU, if automatic; 0: no limit */

/* How the number of a stack was found last time. */
struct stack_hint {
	__u64 key; /* 0: unused */
	__u64 number;
	struct code_words words;
};

#define HINT_WAYS    4
#define HINT_BUCKETS 128 /* a power of two */

struct stack_hints {
	struct stack_hint ways[HINT_WAYS];
	__u64 next; /* to be replaced */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HINT_BUCKETS);
	__type(key, __u32);
	__type(value, struct stack_hints);
} stack_hints SEC(".maps") __weak;

/* The number of the record's addresses, and of `more`. */
static __always_inline __u64 number_of(const struct stack_work *w, __u64 more)
{
	__u64 hash = mix(mix(stack_seed, w->space), more);

	for (__u32 i = 0; i < WIRE_STACK_ADDRESSES && i < w->record.stack.count; i++)
		hash = mix(hash, w->record.stack.addresses[i]);
	hash = mix(hash, hash >> 32) & ~(__u64)COPY_OWED;
	return hash ? hash : 2;
}

static __always_inline bool may_walk(struct stack_work *w)
{
	__u64 now;

	if (!walks_per_second)
		return true;
	now = bpf_ktime_get_ns();
	if (now - w->window >= 1000000000) {
		w->window = now;
		w->walks = 0;
	}
	return w->walks++ < walks_per_second;
}

/* The stack pointer is in it so that paths that are taken in turn do not drive each other out. */
static __always_inline __u64 hint_key(const struct stack_work *w)
{
	return mix(place_of(w), w->record.registers[REG_SP]) | 1;
}

static __always_inline struct stack_hints *hints_at(__u64 key)
{
	__u32 slot = (key >> 32) & (HINT_BUCKETS - 1);

	return bpf_map_lookup_elem(&stack_hints, &slot);
}

/* The number that this path had last time, if it is still told; 0: walk. */
static __always_inline __u64 recall(struct stack_work *w)
{
	__u64 key = hint_key(w);
	struct stack_hints *hints = hints_at(key);

	for (int i = 0; hints && i < HINT_WAYS; i++) {
		const struct stack_hint *hint = &hints->ways[i];
		const __u64 *told;

		if (hint->key != key || !same_words(w, &hint->words))
			continue;
		told = told_slot(hint->number);
		return told && *told == hint->number ? hint->number : 0;
	}
	return 0;
}

static __always_inline void remember(const struct stack_work *w, __u64 number)
{
	__u64 key = hint_key(w);
	struct stack_hints *hints = hints_at(key);
	struct stack_hint *hint;

	if (!hints || w->words.count > MOST_CODE_WORDS || w->words.far_count > MOST_FAR_WORDS)
		return;
	hint = &hints->ways[hints->next++ & (HINT_WAYS - 1)];
	hint->key = key;
	hint->number = number;
	hint->words = w->words;
}

/* Only the two places that need no walk: better than none, and their number is soon known. */
static __always_inline __u64 number_without_walk(struct stack_work *w)
{
	__u64 number;

	__sync_fetch_and_add(&stacks_skipped, 1);
	w->record.stack.count = 0;
	add_address(w, w->record.registers[REG_IP]);
	if (follows_call(w->caller))
		add_address(w, w->caller);
	number = number_of(w, 0);
	return tell_stack(w, number, false) ? number : 0;
}

/* The number of the current task's user stack. 0: it is not known. At the enter of a call only. */
static __noinline __maybe_unused __u64 stack_number(__u64 space, struct task_struct *task)
{
	const __u32 mine = 0;
	struct stack_work *w = bpf_map_lookup_elem(&stack_works, &mine);
	__u64 number;

	if (!stacks || !w || !task)
		return 0;
	w->space = space;
	read_registers(w->record.registers, task);
	w->caller = plain_address(caller_of(w->record.registers));
	if (stacks == STACKS_AUTOMATIC) {
		number = recall(w);
		if (number)
			return number;
		if (!may_walk(w))
			return number_without_walk(w);
	}
	walk_stack(w);
	number = number_of(w, w->words.hash);
	if (!tell_stack(w, number, true))
		return 0;
	if (stacks == STACKS_AUTOMATIC)
		remember(w, number);
	return number;
}

#endif
