/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a lock call does to each VMA, seen where it does it: mm/mlock.c mlock_fixup(), under the
 * mmap_lock held for writing. It is called once for each VMA of the range of mlock, mlock2 and
 * munlock, in ascending order, and for every VMA of the address space by mlockall and munlockall;
 * nothing else calls it. So these words are exact, whatever other threads do beside it, and a call
 * takes its place in the order of its address space (`sequence`) with the first of them: until it
 * gives up the lock, no other call can have one.
 */
#ifndef MLOCKSCOPE_UNDER_LOCK_BPF_H
#define MLOCKSCOPE_UNDER_LOCK_BPF_H

#include "call_ranges.bpf.h"
#include "spaces.bpf.h"
#include "words.bpf.h"

/* Set before load: these probes are attached. */
const volatile __u32 under_lock __weak = 0;

static __always_inline void begin_walk(struct walk *walk, __u64 start)
{
	walk->at = start;
	walk->end = ~0ULL;
	walk->locked = walk->open = walk->runs = walk->flags = 0;
	walk->error = 0;
}

/* The call has its lock. No other task can be here for this address space. */
static __always_inline void take_place(struct pending *p, struct space *space)
{
	__u64 start = applied(p->args[0], p->args[1]).start; /* only of range locks is it used */

	space->sequence = space->sequence + 1 ? space->sequence + 1 : 1;
	p->sequence = space->sequence;
	begin_walk(&p->walk_before, start);
	begin_walk(&p->walk_after, start);
}

static __always_inline void note_part(struct walk *walk, const struct fixup *fixup, __u64 flags,
				      struct wire_run *runs)
{
	const struct vma_note note = { .start = fixup->start, .end = fixup->end, .flags = flags };

	if (walk->error || (walk->runs == WIRE_MAX_RUNS && !walk->open))
		return;
	if (walk->at == fixup->start)
		walk_vma(walk, &note, runs);
	else
		walk->error = 1; /* the exit before this one was not seen */
}

static __always_inline int fixup_begins(struct vm_area_struct *vma, __u64 result, __u64 start,
					__u64 end)
{
	struct pending *p = pending_of(current_task(), false);
	struct space *space;

	if (!p || !p->active)
		return 0;
	space = space_at(p->space);
	if (!space)
		return 0;
	if (!p->sequence)
		take_place(p, space);
	p->fixup = (struct fixup){ result, start, end, BPF_CORE_READ(vma, vm_flags) };
	if (is_range_lock(p->call))
		note_part(&p->walk_before, &p->fixup, p->fixup.flags, p->runs);
	return 0;
}

/* mlock_fixup() leaves the VMA in *prev; one that it could not split is no pointer, and nothing has
 * changed. */
static __always_inline int fixup_ends(void)
{
	struct pending *p = pending_of(current_task(), false);
	struct vm_area_struct *vma = NULL;
	__u64 flags;

	if (!p || !p->active || !p->sequence || !is_range_lock(p->call))
		return 0;
	bpf_probe_read_kernel(&vma, sizeof(vma), (void *)p->fixup.result);
	if (bpf_core_read(&flags, sizeof(flags), &vma->vm_flags))
		flags = p->fixup.flags;
	note_part(&p->walk_after, &p->fixup, flags, p->runs_after);
	return 0;
}

static __always_inline void word_of_walk(struct wire_word *word, const struct walk *walk,
					 __u64 start)
{
	word->walked_end = walk->at;
	word->flags = walk->flags;
	word->runs = 0;
	if (walk->error)
		word->locked = WIRE_UNKNOWN;
	else if (!walk->locked)
		word->locked = WIRE_NONE;
	else if (walk->locked == walk->at - start)
		word->locked = WIRE_ALL;
	else {
		word->locked = WIRE_SOME;
		word->runs = walk->runs;
	}
}

/* Nothing but calls that hold the lock were beside this one. */
static __always_inline __u16 settled_flag(const struct pending *p, const struct space *space)
{
	const volatile __u64 *started = &space->moves_started;

	return p->sequence && p->alone && *started == p->moves ? WIRE_SETTLED : 0;
}

#endif
