/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Stacks on their way to the collector: each number once, as long as its slot is not given to
 * another. These are no events. What does not get through is counted, and puts no model in doubt.
 */
#ifndef MLOCKSCOPE_STACK_RECORDS_BPF_H
#define MLOCKSCOPE_STACK_RECORDS_BPF_H

#include "code_records.bpf.h"

/* Set before load. */
const volatile __u32 stack_copies __weak = 0;	  /* a stack that is new is told with its bytes */
const volatile __u32 copies_per_place __weak = 0; /* at most; 0: no limit */
const volatile __u32 told_slots __weak = 16384;	  /* a power of two */

/* Shared with the collector. */
__u64 stacks_lost __weak = 0;	  /* no room in the ring: a call without a stack */
__u64 stacks_skipped __weak = 0;  /* calls of which only the innermost places are known */
__u64 stacks_recycled __weak = 0; /* gave up their slot to another; told again if seen again */

/* The numbers told, each in its slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} told_stacks SEC(".maps") __weak;

#define COPY_OWED 1 /* in a slot: told without its bytes for want of room. Numbers are even. */

#define COPIED_PLACES 4096 /* a power of two */

/* How many copies a place has had. */
struct copied_place {
	__u64 place;
	__u64 copies;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COPIED_PLACES);
	__type(key, __u32);
	__type(value, struct copied_place);
} copied_places SEC(".maps") __weak;

static __always_inline __u64 place_of(const struct stack_work *w)
{
	return mix(mix(mix(stack_seed, w->space), w->record.registers[REG_IP]), w->caller);
}

/* Copies to the ring must not take the room that events need. */
static __always_inline bool room_for_copy(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) <
	       bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 2;
}

/* Its count of copies if it may have one more. */
static __always_inline struct copied_place *copy_allowed(const struct stack_work *w)
{
	__u64 place = place_of(w);
	__u32 slot = (place >> 32) & (COPIED_PLACES - 1);
	struct copied_place *copied = bpf_map_lookup_elem(&copied_places, &slot);

	if (!stack_copies || !copied)
		return NULL;
	if (copied->place != place) {
		copied->place = place;
		copied->copies = 0;
	}
	return !copies_per_place || copied->copies < copies_per_place ? copied : NULL;
}

#define COPY_STEP 1024

/* The bytes from sp upwards, up to the end of what is mapped. */
static __noinline int copy_stack(struct stack_work *w)
{
	__u64 at, rest, bytes = 0;

	if (!w)
		return 0;
	for (__u32 i = 0; i < WIRE_STACK_BYTES / COPY_STEP; i++) {
		at = w->record.registers[REG_SP] + i * COPY_STEP;
		if (!bpf_probe_read_user(w->record.copy + i * COPY_STEP, COPY_STEP, (void *)at)) {
			bytes += COPY_STEP;
			continue;
		}
		rest = (page_size - (at & (page_size - 1))) & (COPY_STEP - 1);
		if (!bpf_probe_read_user(w->record.copy + i * COPY_STEP, rest, (void *)at))
			bytes += rest;
		break;
	}
	w->record.bytes = bytes;
	w->record.pad = 0;
	return 0;
}

static __always_inline bool send_plain(struct stack_work *w)
{
	__u64 size = offsetof(struct wire_stack, addresses) + 8 * (__u64)w->record.stack.count;

	w->record.stack.type = WIRE_STACK;
	if (size > sizeof(w->record.stack))
		return false;
	return !bpf_ringbuf_output(&events, &w->record.stack, size, news_flags());
}

static __always_inline bool send_copy(struct stack_work *w)
{
	__u64 size;

	copy_stack(w);
	size = offsetof(struct wire_stack_copy, copy) + w->record.bytes;
	w->record.stack.type = WIRE_STACK_COPY;
	if (size > sizeof(w->record))
		return false;
	return !bpf_ringbuf_output(&events, &w->record, size, news_flags());
}

static __always_inline bool send_stack(struct stack_work *w, __u64 number, bool copy)
{
	struct task_struct *task = current_task();
	struct wire_stack *stack = &w->record.stack;

	__builtin_memset(stack->pad, 0, sizeof(stack->pad));
	stack->pid = visible_pid(KREAD(task, group_leader));
	stack->number = number;
	stack->space = w->space;
	stack->time = bpf_ktime_get_ns();
	return copy ? send_copy(w) : send_plain(w);
}

static __always_inline __u64 *told_slot(__u64 number)
{
	__u32 slot = (number >> 1) & (told_slots - 1);

	return bpf_map_lookup_elem(&told_stacks, &slot);
}

/* The record is known to the reader before a call names it. False if that cannot be done. */
static __noinline bool tell_stack(struct stack_work *w, __u64 number, bool whole)
{
	__u64 *told = told_slot(number), before;
	struct copied_place *copied;
	bool room;

	if (!w || !told)
		return false;
	before = *told;
	if (before == number)
		return true;
	copied = whole ? copy_allowed(w) : NULL;
	if (whole && stack_copies && !copied)
		__sync_fetch_and_add(&stacks_skipped, 1);
	room = copied && room_for_copy();
	if (before == (number | COPY_OWED) && !room)
		return true;
	tell_code(w, whole);
	if (!send_stack(w, number, room)) {
		__sync_fetch_and_add(&stacks_lost, 1);
		return false;
	}
	if (before && (before | COPY_OWED) != (number | COPY_OWED))
		__sync_fetch_and_add(&stacks_recycled, 1);
	if (room)
		copied->copies++;
	*told = copied && !room ? number | COPY_OWED : number;
	return true;
}

#endif
