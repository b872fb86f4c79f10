/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What every traced system call has in common: at its enter the arguments, the time and the
 * kernel's word are kept with the task; at its exit one complete record is sent.
 *
 * Order. A record's place in the ring is taken before the word at exit is read. So of two calls
 * that raced, the later record has seen the effect of both, and a reader that believes the last
 * word ends where the kernel ended. Calls that raced are marked (WIRE_OVERLAPPED): two counters of
 * the address space, calls begun and calls ended, tell at no cost.
 */
#ifndef MLOCKSCOPE_CALLS_BPF_H
#define MLOCKSCOPE_CALLS_BPF_H

#include "call_records.bpf.h"
#include "faults.bpf.h"
#include "under_lock.bpf.h"

/*
 * The word at entry. If the call before this one was made by this task, over the same range, and
 * nothing was beside either, then what was read at its exit still holds: VM_LOCKED of a mapped page
 * changes in the calls that are traced and nowhere else.
 */
static __always_inline void note_entry_word(struct pending *p)
{
	struct range range = applied(p->args[0], p->args[1]);

	if (range.start >= range.end)
		return;
	if (p->seen_order + 1 == p->order && !p->overlapped && same(p->seen, range))
		p->before = p->seen_word;
	else if (!short_word(&p->before, range.start, range.end))
		walk_word(&p->walk, &p->before, p->runs, &range);
}

/* What only the state before the call can tell. On its own, for the sake of the stack: all that is
 * called one in the other has 512 bytes. */
static __noinline int note_entry(__u32 call, struct pending *p, struct mm_struct *mm)
{
	struct vma_note note = { .want_file = 1 };

	if (!p)
		return 0;
	if (is_range_lock(call)) {
		if (!under_lock)
			note_entry_word(p);
	} else if (call == WIRE_BRK) {
		p->extent = BPF_CORE_READ(mm, brk);
	} else if (call == WIRE_SHMDT) {
		/* ipc/shm.c ksys_shmdt(): the whole attachment goes, however it was split */
		if (!find_vma(&note, p->args[0]))
			p->extent = page_up(note.file_size);
	} else if (call == WIRE_MREMAP && (p->args[3] & MREMAP_DONTUNMAP)) {
		note.want_file = 0;
		if (!find_vma(&note, p->args[0]))
			p->old = (struct range){ note.start, note.end };
		/* since 6.17 a range of several, each of which is unlocked as a whole */
		if (!find_vma(&note, p->args[0] + p->args[1] - 1) && note.end > p->old.end)
			p->old.end = note.end;
	} else if (call == WIRE_MREMAP && (p->args[3] & MREMAP_FIXED)) {
		p->old = applied(p->args[0], p->args[1]);
	}
	return 0;
}

/* The address space that is followed from this call on, if it is not already. */
static __always_inline struct space *locking_space(__u64 mm, struct task_struct *task,
						   const struct pending *last)
{
	struct space *space = last->mm == mm ? space_at(last->space) : NULL;

	if (space)
		return space;
	space = find_space(mm);
	if (space || !wanted(task))
		return space;
	return add_space(mm, task, birth_flags((void *)mm));
}

/* Counts the call in, so that others beside it can tell. */
static __always_inline void begin_call(struct pending *p, struct space *space)
{
	p->active = 1;
	if (is_lock(p->call)) {
		p->moves = *(volatile __u64 *)&space->moves_started;
		p->alone = *(volatile __u64 *)&space->moves_finished == p->moves;
	} else {
		__sync_fetch_and_add(&space->moves_started, 1);
	}
	if (p->quiet) {
		__sync_fetch_and_add(&space->quiet_started, 1);
		return;
	}
	p->order = count_up(&space->started);
	p->overlapped =
		space->finished != p->order || space->quiet_started != space->quiet_finished;
}

/* Only now, when its record is sent: a call that begins later has its own behind it. */
static __always_inline void end_move(const struct pending *p, struct space *space)
{
	if (!is_lock(p->call))
		__sync_fetch_and_add(&space->moves_finished, 1);
}

/* A lock call that has no place in the order, as one does whose probe under the lock was not run,
 * leaves those beside it unsettled, as a move does. */
static __always_inline void note_unplaced(const struct pending *p, struct space *space)
{
	if (!under_lock || !is_lock(p->call) || p->sequence)
		return;
	__sync_fetch_and_add(&space->moves_started, 1);
	__sync_fetch_and_add(&space->moves_finished, 1);
}

/*
 * The exit of this task's last call was never seen: kernel/trace/bpf_trace.c trace_call_bpf()
 * leaves a program out where another is at work on that CPU; a kretprobe has a bounded number of
 * instances; a task may be killed in a call. The call is no longer under way, and lost, unless its
 * whole address space is about to end.
 */
static __always_inline void give_up_call(struct pending *p, bool lost)
{
	struct space *space = space_at(p->space);

	p->active = 0;
	p->seen = (struct range){};
	if (!space)
		return;
	end_move(p, space);
	if (p->quiet) {
		__sync_fetch_and_add(&space->quiet_finished, 1);
		return;
	}
	if (lost) {
		__sync_fetch_and_add(&records_lost, 1);
		__sync_fetch_and_add(&space->lost, 1);
	}
	__sync_fetch_and_add(&space->finished, 1);
}

/* `args`: five, 0 where the call has no more. */
static __always_inline int call_enter(__u32 call, const unsigned long *args)
{
	struct task_struct *task = current_task();
	struct mm_struct *memory = KREAD(task, mm);
	__u64 mm = (__u64)memory;
	bool locks = asks_for_lock(call, args);
	bool begins = locks || follow_mappings;
	struct space *space = NULL;
	struct pending *p;

	if (!mm || muted || (call == WIRE_BRK && !args[0]))
		return 0;
	if (!begins) {
		space = find_space(mm);
		if (!space)
			return 0;
	}
	p = pending_of(task, true);
	if (!p) {
		__sync_fetch_and_add(&spaces_refused, 1);
		return 0;
	}
	if (p->active)
		give_up_call(p, true);
	if (p->fault.waiting)
		tell_fault(p, task);
	if (begins) {
		space = locking_space(mm, task, p);
		if (!space)
			return 0;
	}
	for (int i = 0; i < 5; i++)
		p->args[i] = args[i];
	if (p->space != space->id)
		p->seen = (struct range){};
	p->mm = mm;
	p->space = space->id;
	p->call = call;
	p->extent = 0;
	p->old = (struct range){};
	p->before = (struct wire_word){};
	p->sequence = 0;
	p->quiet = !locks && is_idle(space);
	p->stack = locks ? stack_number(space->id, task) : 0;
	begin_call(p, space);
	p->enter = bpf_ktime_get_ns();
	note_entry(call, p, memory);
	return 0;
}

/* What a call has locked, or moved to where faults were of no interest. */
static __always_inline void watch_result(__u32 call, const struct pending *p,
					 const struct space *space, long ret)
{
	if (ret < 0)
		return;
	if (call == WIRE_MLOCKALL)
		watch_range(space, (struct range){ 0, -1ULL });
	else if (call == WIRE_MLOCK || call == WIRE_MLOCK2 || call == WIRE_MREMAP ||
		 (call == WIRE_MMAP && (p->args[3] & MAP_LOCKED)))
		watch_range(space, judged_range(call, p, ret));
}

/* False for a call that can matter to nobody. */
static __always_inline bool matters(struct pending *p, struct space *space)
{
	if (!p->quiet)
		return true;
	__sync_fetch_and_add(&space->quiet_finished, 1);
	if (is_idle(space))
		return false;
	p->order = count_up(&space->started);
	p->overlapped = true; /* a lock call began beside it */
	return true;
}

/* The walk ends at the first page that is not mapped: do_mlock() and munlock() go no further. */
static __always_inline void note_words_under_lock(struct pending *p)
{
	struct range range = applied(p->args[0], p->args[1]);
	struct vma_note note = {};

	if (p->walk_after.at < range.end && find_vma(&note, p->walk_after.at) == -ENOENT)
		p->walk_before.flags = p->walk_after.flags |= WIRE_HOLE;
	word_of_walk(&p->before, &p->walk_before, range.start);
}

/* What was found out after the call, and what is left of what was noted before it. */
static __always_inline void note_exit(__u32 call, struct pending *p, long ret)
{
	struct vma_note note = {};

	if (call == WIRE_SHMAT && ret >= 0 && !find_vma(&note, ret))
		p->extent = note.end - ret;
	if (ret >= 0 && !(p->args[3] & MREMAP_DONTUNMAP))
		p->old = (struct range){}; /* moved as a whole */
	if (p->sequence && is_range_lock(call))
		note_words_under_lock(p);
}

static __always_inline int call_exit(struct pending *p, long ret)
{
	struct space *space;
	__u32 call;
	bool plain;

	p->active = 0;
	call = p->call;
	space = space_at(p->space);
	if (!space)
		return 0;
	if (!matters(p, space)) {
		end_move(p, space);
		return 0;
	}
	note_exit(call, p, ret);
	note_unplaced(p, space);
	watch_result(call, p, space, ret);
	plain = ret >= 0 && p->before.locked != WIRE_SOME && !p->old.end;
	if (!plain || !send_short(call, p, space, ret, judged_range(call, p, ret)))
		send_detail(call, p, space, ret);
	end_move(p, space);
	__sync_fetch_and_add(&space->finished, 1);
	return 0;
}

/* The call of this task whose exit is to come; NULL if its enter was not looked at. */
static __always_inline struct pending *call_under_way(void)
{
	struct pending *p = pending_of(current_task(), false);

	return p && p->active ? p : NULL;
}

#endif
