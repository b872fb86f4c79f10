// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The kernel's list of mappings of followed address spaces, with their counts of calls begun and
 * ended: equal counts say that nothing was under way, and which call the list comes after.
 * Read for one process, or for all of them when tracing starts.
 */
#include "spaces.bpf.h"

/* Start following whatever has locked memory already. */
__u32 snapshot_adopts __weak = 0;

/* The address space of the task, if it is followed, or is to be from now on. */
static __always_inline struct space *space_of_task(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	struct space *space;

	if (!mm)
		return NULL;
	space = find_space((__u64)mm);
	if (space || !snapshot_adopts || birth_flags(mm) || !wanted(task))
		return space;
	return add_space((__u64)mm, task, 0);
}

/* What a record says of the address space as a whole. */
static __always_inline void fill_mapping(struct wire_mapping *record, struct space *space,
					 struct task_struct *task)
{
	/* finished first: read the other way round, a call in between would look like none */
	record->finished = *(volatile __u64 *)&space->finished;
	record->started = *(volatile __u64 *)&space->started;
	record->started +=
		space->quiet_started - space->quiet_finished; /* these are under way, too */
	record->lost = space->lost;
	record->space = space->id;
	record->pid = visible_pid(task->group_leader);
	record->time = bpf_ktime_get_ns();
	if (BPF_CORE_READ(task, mm, def_flags) & VM_LOCKED)
		record->flags |= WIRE_MAPPING_FUTURE;
	__builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
}

#ifdef MLOCKSCOPE_PLAIN
/* Without an iterator over VMAs: one record without a range for each process that is followed. The
 * collector has the ranges from /proc, see userspace/capture/iterator.cpp. */
SEC("iter/task")
int list_mappings(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct wire_mapping record = { .type = WIRE_MAPPING };
	struct space *space;

	if (!task || task->pid != task->tgid || passed_over(task))
		return 0;
	space = space_of_task(task);
	if (!space)
		return 0;
	fill_mapping(&record, space, task);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
#else
SEC("iter/task_vma")
int list_mappings(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct wire_mapping record = { .type = WIRE_MAPPING };
	struct space *space;

	if (!task || !vma || passed_over(task))
		return 0;
	space = space_of_task(task);
	if (!space)
		return 0;
	fill_mapping(&record, space, task);
	record.start = vma->vm_start;
	record.end = vma->vm_end;
	if (vma->vm_flags & VM_LOCKED)
		record.flags |= WIRE_MAPPING_LOCKED;
	if (vma->vm_flags & VM_NEVER_LOCKED)
		record.flags |= WIRE_MAPPING_SPECIAL;
	if (vma->vm_flags & VM_GROWSDOWN)
		record.flags |= WIRE_MAPPING_GROWS_DOWN;
	if (vma->vm_flags & VM_SHARED)
		record.flags |= WIRE_MAPPING_SHARED;
	if (vma->vm_flags & VM_WIPEONFORK)
		record.flags |= WIRE_MAPPING_WIPED;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
#endif

SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct wire_task record = { .type = WIRE_TASK };

	if (!task || task->pid != task->tgid || passed_over(task))
		return 0;
	record.passes = wanted(task);
	record.pid = visible_pid(task);
	record.level = pid_depth(task);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
