// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* How address spaces and followed processes begin and end. */
#include "calls.bpf.h"
#include "function_arguments.bpf.h"

#include <bpf/bpf_tracing.h>

static __always_inline void follow_child(struct task_struct *parent, struct task_struct *child)
{
	__u32 from = visible_pid(parent->group_leader), to = visible_pid(child->group_leader);
	__u8 value;

	if (!(filters & (FILTER_FOLLOW | FILTER_FAMILY)) || from == to || !to)
		return;
	value = descent_of(from);
	if ((filters & FILTER_FOLLOW) && !(value & FOLLOWED) && passes(parent))
		value |= FOLLOWED;
	if (value && bpf_map_update_elem(&descent, &to, &value, BPF_ANY))
		__sync_fetch_and_add(&spaces_refused, 1);
}

static __always_inline void send_fork(const struct space *parent, const struct space *child,
				      struct task_struct *task)
{
	struct task_struct *forking = current_task();
	__u64 stack = stack_number(parent->id, forking); /* before the fork that names it */
	struct wire_fork *record = take_record(sizeof(*record), &lifetimes_lost);

	if (!record)
		return;
	record->type = WIRE_FORK;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->lost = parent->lost;
	record->parent = parent->id;
	record->child = child->id;
	record->time = bpf_ktime_get_ns();
	record->pid = visible_pid(KREAD(forking, group_leader));
	record->tid = visible_pid(forking);
	record->uid = bpf_get_current_uid_gid();
	record->child_pid = visible_pid(KREAD(task, group_leader));
	record->stack = stack;
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
	__u64 old = (__u64)parent->mm, new = (__u64)child->mm, none = 0, id;
	struct space *from, *to;

	follow_child(parent, child);
	if (!old || !new || old == new)
		return 0;
	from = find_space(old);
	if (!from || is_idle(from) || !wanted(child))
		return 0;
	to = add_space(new, child, WIRE_BORN_CLEAN);
	if (!to)
		return 0;
	id = to->id;
	/* It has locked nothing so far; what else it does matters while it may have copies. */
	if (!follow_mappings && !watch_of(from))
		bpf_map_update_elem(&idle_since, &id, &none, BPF_ANY);
	send_fork(from, to, child);
	return 0;
}

/* kernel/exit.c do_exit(): signal->live has been counted down by then. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct *task)
{
	__u32 pid = visible_pid(KREAD(task, group_leader));
	struct pending *p = pending_of(task, false);

	if (p && p->active)
		give_up_call(p, !(task->signal->flags & SIGNAL_GROUP_EXIT));
	if (p && p->fault.waiting)
		tell_fault(p, task);
	forget_pending(task);
	if ((filters & (FILTER_FOLLOW | FILTER_FAMILY)) && task->signal->live.counter == 0)
		bpf_map_delete_elem(&descent, &pid);
	return 0;
}

/*
 * mm/mmap.c exit_mmap(): the last user, by exit or by exec, is gone. The entry goes first, so a new
 * address space in the same mm_struct is another one even if this record is lost.
 */
static __always_inline int space_ends(__u64 key)
{
	struct space *space = find_space(key);
	struct watch *watch;
	struct wire_end *record;
	__u64 id, lost;

	if (!space)
		return 0;
	id = space->id;
	lost = space->lost;
	watch = watch_of(space);
	if (watch)
		__builtin_memset(watch, 0, sizeof(*watch));
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

/* The tracepoint is there since 6.1; before, the function. */
SEC("tp_btf/exit_mmap")
int BPF_PROG(tracepoint__exit_mmap, struct mm_struct *mm)
{
	return space_ends((__u64)mm);
}

SEC("fentry/exit_mmap")
int BPF_PROG(fentry__exit_mmap, struct mm_struct *mm)
{
	return space_ends((__u64)mm);
}

SEC("kprobe/exit_mmap")
int kprobe__exit_mmap(struct pt_regs *ctx)
{
	return space_ends(argument(ctx, 0));
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
