/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the code of a stack comes from: the mappings of files that its addresses lie in, each told
 * once, before the stack. /proc/PID/maps has the same, but a program that locks and exits is gone
 * before anybody could read it there; or has executed another, and has the maps of that one.
 *
 * The words that look like return addresses (stack_walk.bpf.h) take part: in libraries without
 * frame pointers the addresses that unwinding finds are among them. Code that is in no file and
 * paths that are too long for a record are left to /proc, and so is everything while another thread
 * holds mmap_lock for writing.
 */
#ifndef MLOCKSCOPE_CODE_RECORDS_BPF_H
#define MLOCKSCOPE_CODE_RECORDS_BPF_H

#include "paths.bpf.h"
#include "pids.bpf.h"
#include "stack_walk.bpf.h"

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

#define TOLD_CODE      16384 /* a power of two */
#define CODE_PER_STACK 32    /* mappings told, at most */
#define LOOKED_AT      8     /* mappings that are not looked at twice for one stack */

/* Shared with the collector: no room in the ring for a mapping. It is told with the next stack. */
__u64 code_lost __weak = 0;

/* Hashes of the mappings told, each in its slot. One that lost its slot is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TOLD_CODE);
	__type(key, __u32);
	__type(value, __u64);
} told_code SEC(".maps") __weak;

/* One for each CPU is enough: see stack_work. */
struct code_work {
	__u64 space;
	__u64 key; /* of the mapping found that is not told; 0: none */
	__u32 told;
	__u32 looked_at;
	struct range seen[LOOKED_AT];
	struct wire_code record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct code_work);
} code_works SEC(".maps") __weak;

struct code_step {
	struct stack_work *stack;
	struct code_work *work;
};

static __always_inline __u64 *told_code_slot(__u64 key)
{
	__u32 slot = (key >> 32) & (TOLD_CODE - 1);

	return bpf_map_lookup_elem(&told_code, &slot);
}

/*
 * The real file under an overlay: show_map_vma() has the path that the user knows. Which bit of
 * f_mode says so depends on the kernel, and the other one means something else. So it is also asked
 * for what the layers of an overlay have, clone_private_mount(), and for a name in a folder, which
 * other files of such mounts do not have.
 */
static __always_inline bool has_user_path(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct mount *mount =
		(void *)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);

	return bpf_core_field_exists(struct backing_file, user_path) &&
	       (BPF_CORE_READ(file, f_mode) & FMODE_BACKING_BITS) &&
	       (long)BPF_CORE_READ(mount, mnt_ns) == MNT_NS_INTERNAL &&
	       BPF_CORE_READ(dentry, d_parent) != dentry;
}

static __always_inline void note_file(struct wire_code *record, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (has_user_path(file)) {
		struct backing_file *backing = (void *)file;

		dentry = BPF_CORE_READ(backing, user_path.dentry);
		mount = BPF_CORE_READ(backing, user_path.mnt);
		inode = BPF_CORE_READ(dentry, d_inode);
	}
	record->inode = BPF_CORE_READ(inode, i_ino);
	record->device = BPF_CORE_READ(inode, i_sb, s_dev);
	/* include/linux/dcache.h d_unlinked() */
	record->flags = BPF_CORE_READ(dentry, d_hash.pprev) ? 0 : WIRE_CODE_DELETED;
	walk_path(&record->path, dentry, mount);
}

#ifdef MLOCKSCOPE_PLAIN
/* Mappings cannot be looked up: all is left to /proc. */
static __always_inline int tell_code(struct stack_work *w, bool whole)
{
	return 0;
}
#else
/* Under mmap_lock, so that nothing that is walked goes away. */
static long note_code(struct task_struct *task, struct vm_area_struct *vma, struct code_step *step)
{
	struct code_work *c = step->work;
	struct file *file = vma->vm_file;
	__u64 key, *told;

	c->seen[c->looked_at++ & (LOOKED_AT - 1)] = (struct range){ vma->vm_start, vma->vm_end };
	if (!file || !(vma->vm_flags & VM_EXEC))
		return 0;
	key = mix(mix(mix(stack_seed, c->space), vma->vm_start), vma->vm_end);
	key = mix(mix(key, BPF_CORE_READ(file, f_inode, i_ino)), vma->vm_pgoff) | 1;
	told = told_code_slot(key);
	if (!told || *told == key)
		return 0;
	c->key = key;
	c->record.start = vma->vm_start;
	c->record.end = vma->vm_end;
	c->record.offset = vma->vm_pgoff * page_size;
	note_file(&c->record, file);
	return 0;
}

static __always_inline long find_code(__u64 address, struct code_step *step)
{
	return bpf_find_vma(bpf_get_current_task_btf(), address, note_code, step, 0);
}
static __always_inline bool send_code(struct code_work *c)
{
	__u64 size =
		offsetof(struct wire_code, path.part) + WIRE_PART_LEN * (__u64)c->record.path.parts;

	if (size > sizeof(c->record))
		return false;
	/* The stack that comes next wakes the reader. */
	return !bpf_ringbuf_output(&events, &c->record, size, BPF_RB_NO_WAKEUP);
}

static __always_inline int tell_code_at(struct code_work *c, __u64 address)
{
	struct code_step step = { .work = c };
	__u64 *told;

	if (!c || c->told >= CODE_PER_STACK)
		return 0;
	address--; /* a call may be the last instruction of its mapping */
	for (int i = 0; i < LOOKED_AT; i++)
		if (address - c->seen[i].start < c->seen[i].end - c->seen[i].start)
			return 0;
	c->key = 0;
	if (find_code(address, &step) || !c->key)
		return 0;
	told = told_code_slot(c->key);
	if (!told)
		return 0;
	c->told++;
	if (send_code(c)) {
		*told = c->key;
	} else {
		*told = 0;
		__sync_fetch_and_add(&code_lost, 1);
	}
	return 0;
}

static long tell_code_of_address(__u32 i, struct code_step *step)
{
	struct stack_work *w = step->stack;

	if (i >= WIRE_STACK_ADDRESSES || i >= w->record.stack.count)
		return 1;
	tell_code_at(step->work, w->record.stack.addresses[i]);
	return 0;
}

static long tell_code_of_word(__u32 i, struct code_step *step)
{
	struct stack_work *w = step->stack;
	__u32 at;

	if (i >= MOST_CODE_WORDS || i >= w->words.count)
		return 1;
	at = w->words.at[i];
	if (at < NEAR_WORDS && at < w->near_words)
		tell_code_at(step->work, plain_address(w->near[at]));
	return 0;
}

/* Before the stack is told. `whole`: it was walked, and its words are its own. */
static __always_inline int tell_code(struct stack_work *w, bool whole)
{
	const __u32 mine = 0;
	struct code_step step = { w, bpf_map_lookup_elem(&code_works, &mine) };
	struct task_struct *task = current_task();

	if (!w || !step.work)
		return 0;
	step.work->space = w->space;
	step.work->told = step.work->looked_at = 0;
	__builtin_memset(step.work->seen, 0, sizeof(step.work->seen));
	step.work->record.type = WIRE_CODE;
	__builtin_memset(step.work->record.pad, 0, sizeof(step.work->record.pad));
	step.work->record.pid = visible_pid(KREAD(task, group_leader));
	step.work->record.space = w->space;
	step.work->record.time = bpf_ktime_get_ns();
	repeat(WIRE_STACK_ADDRESSES, tell_code_of_address, &step);
	if (whole)
		repeat(MOST_CODE_WORDS, tell_code_of_word, &step);
	return 0;
}
#endif

#endif
