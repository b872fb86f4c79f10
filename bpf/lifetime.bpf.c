// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* How address spaces and followed processes begin and end. */
#include "spaces.bpf.h"

#include <bpf/bpf_tracing.h>

static __always_inline void follow_child(struct task_struct *parent, struct task_struct *child)
{
	__u32 from = parent->tgid, to = child->tgid;
	__u8 yes = 1;

	if (!(filters & (FILTER_FOLLOW | FILTER_ONLY_FOLLOWED)) || from == to)
		return;
	if (bpf_map_lookup_elem(&followed, &from) ||
	    (!(filters & FILTER_ONLY_FOLLOWED) && passes(parent)))
		if (bpf_map_update_elem(&followed, &to, &yes, BPF_ANY))
			__sync_fetch_and_add(&spaces_refused, 1);
}

static __always_inline void send_fork(const struct space *parent, const struct space *child,
				      const struct task_struct *task)
{
	struct wire_fork *record = take_record(sizeof(*record), &lifetimes_lost);
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!record)
		return;
	record->type = WIRE_FORK;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->parent = parent->id;
	record->child = child->id;
	record->time = bpf_ktime_get_ns();
	record->pid = pid_tgid >> 32;
	record->tid = pid_tgid;
	record->uid = bpf_get_current_uid_gid();
	record->child_pid = task->tgid;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	send_record(record, true);
}

/*
 * kernel/fork.c kernel_clone(): the child exists and has not run. It has the bytes of its parent's
 * locked pages and none of the locks (dup_mmap() clears VM_LOCKED_MASK).
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	__u64 old = (__u64)parent->mm, new = (__u64)child->mm;
	struct space *from, *to;

	follow_child(parent, child);
	if (!old || !new || old == new)
		return 0;
	from = find_space(old);
	if (!from || !wanted(child))
		return 0;
	to = add_space(new, child, WIRE_BORN_CLEAN);
	if (to)
		send_fork(from, to, child);
	return 0;
}

/* kernel/exit.c do_exit(): signal->live has been counted down by then. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct *task)
{
	__u32 pid = task->tgid;

	if ((filters & (FILTER_FOLLOW | FILTER_ONLY_FOLLOWED)) && task->signal->live.counter == 0)
		bpf_map_delete_elem(&followed, &pid);
	return 0;
}

/*
 * mm/mmap.c exit_mmap(): the last user, by exit or by exec, is gone. The entry goes first, so a new
 * address space in the same mm_struct is another one even if this record is lost.
 */
SEC("tp_btf/exit_mmap")
int BPF_PROG(space_ended, struct mm_struct *mm)
{
	__u64 key = (__u64)mm;
	struct space *space = find_space(key);
	struct wire_end *record;
	__u64 id, lost;

	if (!space)
		return 0;
	id = space->id;
	lost = space->lost;
	bpf_map_delete_elem(&space_ids, &key);
	space->id = 0;
	bpf_map_delete_elem(&idle_since, &id);
	record = take_record(sizeof(*record), &lifetimes_lost);
	if (!record)
		return 0;
	record->type = WIRE_END;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->lost = lost;
	record->space = id;
	record->time = bpf_ktime_get_ns();
	send_record(record, true);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
