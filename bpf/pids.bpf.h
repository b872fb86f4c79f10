/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Process ids as the collector's PID namespace has them: those its /proc, its user and its filters
 * speak of.
 */
#ifndef MLOCKSCOPE_PIDS_BPF_H
#define MLOCKSCOPE_PIDS_BPF_H

#include "maps.bpf.h"

static __always_inline __u32 pid_depth(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level);
}

/* kernel/pid.c pid_nr_ns(): 0 if that namespace does not see the task. */
static __noinline __u32 pid_at_level(struct task_struct *task, __u32 level)
{
	struct pid *pid;
	const char *entry;
	__u32 nr = 0;

	if (!task || pid_depth(task) < level)
		return 0;
	pid = BPF_CORE_READ(task, thread_pid);
	entry = (const char *)pid + bpf_core_field_offset(struct pid, numbers) +
		level * bpf_core_type_size(struct upid);
	bpf_core_read(&nr, sizeof(nr), &((const struct upid *)entry)->nr);
	return nr;
}

/* Of a thread; of a process, if asked of its group leader. */
static __always_inline __u32 visible_pid(struct task_struct *task)
{
	return pid_level ? pid_at_level(task, pid_level) : (__u32)KREAD(task, pid);
}

#define ONLY_READER (~0U)

/* For kernels that cannot be told which process an iterator is to go through: the one, or the
 * reader itself, or 0 for all. */
__u32 only_pid __weak = 0;

static __always_inline bool passed_over(struct task_struct *task)
{
	if (only_pid == ONLY_READER)
		return (__u32)KREAD(task, tgid) != bpf_get_current_pid_tgid() >> 32;
	return only_pid && visible_pid(KREAD(task, group_leader)) != only_pid;
}

#endif
