/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Page faults that matter, told when they are over. No tracepoint marks the end of a fault, but a
 * task's counters min_flt and maj_flt do (mm/memory.c mm_account_fault()): they are read at the
 * beginning of the fault and again when the next thing of this task is seen.
 */
#ifndef MLOCKSCOPE_FAULTS_BPF_H
#define MLOCKSCOPE_FAULTS_BPF_H

#include "spaces.bpf.h"
#include "words.bpf.h"

/* Set before load: probes are attached that tell ... */
const volatile __u32 sees_swap_entries __weak =
	0;				      /* that a fault was on the entry of a page in swap */
const volatile __u32 sees_present __weak = 1; /* that it was on a page that was there */

static __always_inline struct watch *watch_of(const struct space *space)
{
	__u32 slot = space->id & (MAX_SPACES - 1);
	struct watch *watch = bpf_map_lookup_elem(&watches, &slot);

	return watch && watch->space == space->id ? watch : NULL;
}

/* Keeps an eye on `range`, too. Threads that do this at once may lose one of their ranges. */
static __always_inline void watch_range(const struct space *space, struct range range)
{
	__u32 slot = space->id & (MAX_SPACES - 1);
	struct watch *watch = bpf_map_lookup_elem(&watches, &slot);

	if (!watch || range.start >= range.end)
		return;
	if (watch->space != space->id && !claim(&watch->space, space->id))
		return; /* the one before it is not gone yet */
	for (int i = 0; i < WATCH_RANGES; i++) {
		struct range *each = &watch->ranges[i];
		bool unused = !each->end, last = i == WATCH_RANGES - 1;

		if (unused) {
			*each = range;
			return;
		}
		if (!last &&
		    (range.end + WATCH_NEAR < each->start || each->end + WATCH_NEAR < range.start))
			continue;
		if (range.start < each->start)
			each->start = range.start;
		if (range.end > each->end)
			each->end = range.end;
		return;
	}
}

static __always_inline bool in_watch(const struct watch *watch, __u64 addr)
{
	for (int i = 0; i < WATCH_RANGES; i++)
		if (addr - watch->ranges[i].start < watch->ranges[i].end - watch->ranges[i].start)
			return true;
	return false;
}

/* Sends the fault that waits, if it was one: what ends in a signal is not counted by the kernel. */
static __noinline int tell_fault(struct pending *p, struct task_struct *task)
{
	struct wire_fault *record;
	__u64 minor, major;

	if (!p || !task)
		return 0;
	minor = KREAD(task, min_flt) - p->fault.min_flt;
	major = KREAD(task, maj_flt) - p->fault.maj_flt;
	p->fault.waiting = 0;
	if (!minor && !major)
		return 0;
	record = take_record(sizeof(*record), &faults_lost);
	if (!record)
		return 0;
	record->type = WIRE_FAULT;
	record->flags = p->fault.flags;
	if (!minor) {
		record->flags |= WIRE_FAULT_MAJOR;
		/* A page that was there cannot have come from a disk: userfaultfd, retried. */
		if (!sees_swap_entries && p->fault.anonymous &&
		    !(p->fault.flags & WIRE_FAULT_PRESENT))
			record->flags |= WIRE_FAULT_SWAP;
	} else {
		record->flags &= ~WIRE_FAULT_SWAP; /* it was in memory still */
	}
	if (!sees_present)
		record->flags |= WIRE_FAULT_UNKNOWN;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->pid = visible_pid(KREAD(task, group_leader));
	record->tid = visible_pid(task);
	record->uid = KREAD(task, cred, uid.val);
	record->space = p->fault.space;
	record->time = p->fault.time;
	record->addr = p->fault.addr;
	copy_comm(record->comm, task);
	send_record(record, true);
	return 0;
}

#endif
