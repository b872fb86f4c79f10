/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel's own word: VM_LOCKED of the VMAs of a page range, read under mmap_lock by
 * bpf_find_vma(). One VMA is the rule and costs one look-up; more are walked up to WIRE_MAX_VMAS.
 * The look-up fails if another thread holds mmap_lock for writing, and always where the kernel has
 * no such helper: then the word is unknown.
 */
#ifndef MLOCKSCOPE_WORDS_BPF_H
#define MLOCKSCOPE_WORDS_BPF_H

#include "maps.bpf.h"

#ifndef ENOENT
#define ENOENT	   2
#define EOPNOTSUPP 95
#endif

struct vma_note {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 file_size; /* only with want_file */
	__u64 magic;
	__u64 want_file;
	__u64 anonymous; /* its pages can only come from swap */
};

static __always_inline void note_vma_of(struct vm_area_struct *vma, struct vma_note *note)
{
	struct file *file = BPF_CORE_READ(vma, vm_file);

	note->start = BPF_CORE_READ(vma, vm_start);
	note->end = BPF_CORE_READ(vma, vm_end);
	note->flags = BPF_CORE_READ(vma, vm_flags);
	note->anonymous = !file && !(note->flags & (VM_SHARED | VM_UFFD));
	if (note->want_file) {
		note->file_size = BPF_CORE_READ(file, f_inode, i_size);
		note->magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	}
}

#ifdef MLOCKSCOPE_PLAIN
static __always_inline long find_vma(struct vma_note *note, __u64 addr)
{
	return -EOPNOTSUPP;
}
#else
static long note_vma(struct task_struct *task, struct vm_area_struct *vma, struct vma_note *note)
{
	note->start = vma->vm_start;
	note->end = vma->vm_end;
	note->flags = vma->vm_flags;
	note->anonymous = !vma->vm_file && !(vma->vm_flags & (VM_SHARED | VM_UFFD));
	if (note->want_file) {
		note->file_size = BPF_CORE_READ(vma, vm_file, f_inode, i_size);
		note->magic = BPF_CORE_READ(vma, vm_file, f_inode, i_sb, s_magic);
	}
	return 0;
}

static __always_inline long find_vma(struct vma_note *note, __u64 addr)
{
	return bpf_find_vma(bpf_get_current_task_btf(), addr, note_vma, note, 0);
}
#endif

static __always_inline void note_flags(struct wire_word *word, const struct vma_note *note)
{
	word->locked = note->flags & VM_LOCKED ? WIRE_ALL : WIRE_NONE;
	if (note->flags & VM_GROWSDOWN)
		word->flags |= WIRE_GROWS_DOWN;
}

/* The word over [start, end) if one VMA holds it all. False: read it with walk_word(). */
static __always_inline bool short_word(struct wire_word *word, __u64 start, __u64 end)
{
	struct vma_note note = {};

	if (find_vma(&note, start) || note.end < end)
		return false;
	word->walked_end = end;
	note_flags(word, &note);
	return true;
}

static __always_inline void walk_vma(struct walk *walk, const struct vma_note *note,
				     struct wire_run *runs)
{
	__u64 end = note->end < walk->end ? note->end : walk->end;
	__u32 last;

	if (note->flags & VM_GROWSDOWN)
		walk->flags |= WIRE_GROWS_DOWN;
	if (note->flags & VM_LOCKED) {
		if (!walk->open)
			runs[walk->runs++ & (WIRE_MAX_RUNS - 1)].start = walk->at;
		last = (walk->runs - 1) & (WIRE_MAX_RUNS - 1);
		runs[last].end = end;
		walk->locked += end - walk->at;
	}
	walk->open = note->flags & VM_LOCKED;
	walk->at = end;
}

struct vma_step {
	struct walk *walk;
	struct wire_run *runs;
};

static long next_vma(__u32 i, struct vma_step *step)
{
	struct walk *walk = step->walk;
	struct vma_note note = {};

	if (walk->at >= walk->end || (walk->runs == WIRE_MAX_RUNS && !walk->open))
		return 1;
	walk->error = find_vma(&note, walk->at);
	if (walk->error)
		return 1;
	walk_vma(walk, &note, step->runs);
	return 0;
}

/*
 * The word over [start, end), however many VMAs, with the locked runs in `runs`. The state of the
 * walk is in map memory, where the verifier does not follow every value of it through the loop.
 */
static __noinline __maybe_unused int walk_word(struct walk *walk, struct wire_word *word,
					       struct wire_run *runs, const struct range *range)
{
	struct vma_step step = { walk, runs };

	if (!walk || !word || !runs || !range)
		return 0;
	walk->at = range->start;
	walk->end = range->end;
	walk->locked = walk->open = walk->runs = walk->flags = 0;
	walk->error = 0;
	repeat(WIRE_MAX_VMAS, next_vma, &step);
	word->walked_end = walk->at;
	word->flags = walk->flags;
	word->runs = 0;
	if (walk->error == -ENOENT)
		word->flags |= WIRE_HOLE;
	else if (walk->error) {
		word->locked = WIRE_UNKNOWN;
		return 0;
	}
	if (!walk->locked)
		word->locked = WIRE_NONE;
	else if (walk->locked == walk->at - range->start)
		word->locked = WIRE_ALL;
	else {
		word->locked = WIRE_SOME;
		word->runs = walk->runs;
	}
	return 0;
}

#endif
