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

#endif
