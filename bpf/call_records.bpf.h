/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The record of a finished call: the common one, and the one with details. */
#ifndef MLOCKSCOPE_CALL_RECORDS_BPF_H
#define MLOCKSCOPE_CALL_RECORDS_BPF_H

#include "call_ranges.bpf.h"
#include "spaces.bpf.h"
#include "stacks.bpf.h"
#include "under_lock.bpf.h"
#include "words.bpf.h"

static __always_inline void fill_call(struct wire_call *record, __u32 call, const struct pending *p,
				      const struct space *space, struct task_struct *task, long ret)
{
	record->call = call;
	record->flags = space->flags;
	record->lost = space->lost;
	record->space = space->id;
	record->enter = p->enter;
	record->exit = bpf_ktime_get_ns();
	record->pid = visible_pid(KREAD(task, group_leader));
	record->tid = visible_pid(task);
	record->uid = KREAD(task, cred, uid.val);
	record->sequence = p->sequence;
	copy_comm(record->comm, task);
	for (int i = 0; i < 5; i++)
		record->args[i] = p->args[i];
	record->extent = p->extent;
	record->ret = ret;
	record->before = p->before;
	record->after = (struct wire_word){};
	record->stack = p->stack;
}

/* To be asked after the word at exit was read: did another call begin or go on beside this one? */
static __always_inline __u16 overlap_flag(const struct pending *p, const struct space *space)
{
	return p->overlapped || *(volatile __u64 *)&space->started != p->order + 1 ? WIRE_OVERLAPPED
										   : 0;
}

/* False: it takes more than one VMA. */
static __always_inline bool read_word(struct wire_word *word, struct range range)
{
#ifdef MLOCKSCOPE_PLAIN
	word->walked_end =
		range.start; /* none can be read, and the record is as good as a longer one */
	return true;
#else
	return short_word(word, range.start, range.end);
#endif
}

/* The word at exit, if it needs no runs. */
static __always_inline bool after_call(struct wire_word *word, __u32 call, const struct pending *p,
				       struct range range)
{
	if (range.start >= range.end)
		return true;
	if (!p->sequence || !is_range_lock(call))
		return read_word(word, range);
	word_of_walk(word, &p->walk_after, range.start);
	return word->locked != WIRE_SOME;
}

/* The common record. False if it is not enough: a range of several VMAs. */
static __always_inline bool send_short(__u32 call, struct pending *p, struct space *space, long ret,
				       struct range range)
{
	struct task_struct *task = current_task();
	struct wire_call *record = take_record(sizeof(*record), &space->lost);

	if (!record)
		return true;
	record->type = WIRE_CALL;
	fill_call(record, call, p, space, task, ret);
	if (!after_call(&record->after, call, p, range)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return false;
	}
	record->flags |= overlap_flag(p, space) | settled_flag(p, space);
	p->seen = record->flags & WIRE_OVERLAPPED ? (struct range){} : range;
	p->seen_order = p->order;
	p->seen_word = record->after;
	send_record(record, p->order % 64 == 0);
	return true;
}

static __always_inline void note_failure(struct wire_call_detail *record, __u64 addr)
{
	struct task_struct *task = current_task();
	struct vma_note note = { .want_file = 1 };
	const struct cred *cred = KREAD(task, cred);
	__u64 caps = 0;

	record->evidence = WIRE_FAILED;
	record->limit_soft = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	record->limit_hard = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_max);
	record->locked_bytes = BPF_CORE_READ(task, mm, locked_vm) * page_size;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	if (caps & (1ULL << CAP_IPC_LOCK))
		record->evidence |= WIRE_CAP_IPC_LOCK;
	if (!find_vma(&note, addr) && note.magic == SECRETMEM_MAGIC)
		record->evidence |= WIRE_SECRETMEM;
	record->place = call_place(task);
}

static __noinline int send_detail(__u32 call, struct pending *p, struct space *space, long ret)
{
	struct task_struct *task = current_task();
	struct wire_call_detail *record;
	struct range range;

	if (!p || !space)
		return 0;
	range = judged_range(call, p, ret);
	record = take_record(sizeof(*record), &space->lost);
	if (!record)
		return 0;
	record->call.type = WIRE_CALL_DETAIL;
	fill_call(&record->call, call, p, space, task, ret);
	record->limit_soft = record->limit_hard = record->locked_bytes = record->place = 0;
	record->evidence = record->pad = 0;
	record->old_start = p->old.start;
	record->old_end = p->old.end;
	record->old_after = (struct wire_word){};
	if (p->sequence && is_range_lock(call)) {
		word_of_walk(&record->call.after, &p->walk_after, range.start);
		for (int i = 0; i < WIRE_MAX_RUNS; i++)
			record->after_runs[i] = p->runs_after[i];
	} else if (range.start < range.end) {
		walk_word(&p->walk, &record->call.after, record->after_runs, &range);
	}
	if (p->old.start < p->old.end)
		walk_word(&p->walk, &record->old_after, record->old_runs, &p->old);
	for (int i = 0; i < WIRE_MAX_RUNS; i++)
		record->before_runs[i] = p->runs[i];
	if (ret < 0 && (call <= WIRE_MUNLOCKALL || call == WIRE_MMAP))
		note_failure(record, p->args[0]);
	record->call.flags |= overlap_flag(p, space) | settled_flag(p, space);
	send_record(record, true);
	return 0;
}

#endif
