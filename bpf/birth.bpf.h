/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Whose an address space is: the paths of its program and its cgroup, walked when it is first
 * followed. The process may be gone before anybody could read them in /proc.
 */
#ifndef MLOCKSCOPE_BIRTH_BPF_H
#define MLOCKSCOPE_BIRTH_BPF_H

#include "paths.bpf.h"
#include "pids.bpf.h"

static __noinline int exe_path(struct wire_path *path, struct task_struct *task)
{
	struct dentry *dentry;
	struct vfsmount *mount;

	if (!path || !task)
		return 0;
	path->parts = path->flags = 0;
	dentry = BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	mount = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	if (dentry && mount)
		walk_path(path, dentry, mount);
	return 0;
}

struct cgroup_step {
	struct wire_path *path;
	struct cgroup_subsys_state *css;
};

static long next_cgroup(__u32 i, struct cgroup_step *step)
{
	struct cgroup_subsys_state *css = step->css;
	struct cgroup_subsys_state *parent = BPF_CORE_READ(css, parent);

	if (!parent) {
		step->path->flags = WIRE_PATH_COMPLETE;
		return 1;
	}
	if (!add_part(step->path, BPF_CORE_READ(css, cgroup, kn, name)))
		return 1;
	step->css = parent;
	return 0;
}

static __noinline int cgroup_path(struct wire_path *path, struct task_struct *task)
{
	struct cgroup_step step = { .path = path };
	struct cgroup *cgroup;

	if (!path || !task)
		return 0;
	path->parts = path->flags = 0;
	cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	if (!cgroup)
		return 0;
	step.css = &cgroup->self;
	repeat(FEW(WIRE_PATH_PARTS + 1, 12), next_cgroup, &step);
	return 0;
}

/* Names, no events: if there is no room, the collector asks /proc, and nothing is lost. */
static __noinline int send_birth(__u64 space, struct task_struct *task)
{
	struct wire_birth *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return 0;
	record->type = WIRE_BIRTH;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->pid = visible_pid(KREAD(task, group_leader));
	record->space = space;
	__builtin_memset(record->comm, 0, sizeof(record->comm));
	BPF_CORE_READ_STR_INTO(&record->comm, task, group_leader, comm);
	record->start_code = BPF_CORE_READ(task, mm, start_code);
	record->end_code = BPF_CORE_READ(task, mm, end_code);
	exe_path(&record->exe, task);
	cgroup_path(&record->cgroup, task);
	bpf_ringbuf_submit(record, news_flags());
	return 0;
}

#endif
