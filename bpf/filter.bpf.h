/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which processes are looked at, decided before anything is copied. Asked once an address space:
 * when its first lock call begins, when it is forked off, or when tracing starts.
 */
#ifndef MLOCKSCOPE_FILTER_BPF_H
#define MLOCKSCOPE_FILTER_BPF_H

#include "pids.bpf.h"

#define MAX_GLOBS  16
#define MAX_LEVELS 16 /* depth of cgroups looked through */

#define FILTER_PID	0x1
#define FILTER_COMM	0x2
#define FILTER_UID	0x4
#define FILTER_CGROUP	0x8
#define FILTER_NOT_PID	0x10
#define FILTER_NOT_COMM 0x20
#define FILTER_FOLLOW	0x40 /* descendants of what matches, too */
#define FILTER_FAMILY	0x80 /* only the command of mlockscope run and its descendants */

const volatile __u32 filters __weak = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} filter_pids SEC(".maps") __weak, filter_not_pids SEC(".maps") __weak,
	filter_uids SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u8);
} filter_cgroups SEC(".maps") __weak;

#define IN_FAMILY 0x1 /* the command of mlockscope run, or a descendant */
#define FOLLOWED  0x2 /* descendant of a process that passed the filters, for --follow */

/* By process. Children inherit it; see lifetime.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} descent SEC(".maps") __weak;

/*
 * A glob as a bit-parallel automaton: bit i means "the first i pattern characters are matched".
 * accept[c] has the bits from which character c leads on, star those that stay whatever comes.
 * Made by userspace/capture/glob.cpp.
 */
struct glob {
	__u32 used;
	__u32 star;
	__u32 final;
	__u32 accept[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_GLOBS); /* --comm, then --not-comm */
	__type(key, __u32);
	__type(value, struct glob);
} filter_globs SEC(".maps") __weak;

static __always_inline bool glob_matches(const struct glob *glob, const char *text)
{
	__u32 states = 1 | ((glob->star & 1) << 1);

	for (int i = 0; i < WIRE_COMM_LEN && text[i]; i++) {
		__u8 c = text[i];

		states = ((states & glob->accept[c]) << 1) | (states & glob->star);
		states |= (states & glob->star) << 1;
	}
	return states & glob->final;
}

static __noinline bool comm_in(const char *comm, __u32 first)
{
	for (__u32 i = 0; i < MAX_GLOBS; i++) {
		__u32 key = first + i;
		const struct glob *glob = bpf_map_lookup_elem(&filter_globs, &key);

		if (!glob || !glob->used)
			return false;
		if (glob_matches(glob, comm))
			return true;
	}
	return false;
}

static __always_inline bool in_cgroups(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct cgroup_subsys_state *css = NULL;

	if (cgroup)
		css = &cgroup->self;
	for (int i = 0; i < MAX_LEVELS && css; i++) {
		__u64 id = BPF_CORE_READ(css, cgroup, kn, id);

		if (bpf_map_lookup_elem(&filter_cgroups, &id))
			return true;
		css = BPF_CORE_READ(css, parent);
	}
	return false;
}

static __always_inline __u8 descent_of(__u32 pid)
{
	const __u8 *value = bpf_map_lookup_elem(&descent, &pid);

	return value ? *value : 0;
}

static __noinline bool passes(struct task_struct *task)
{
	__u32 pid = visible_pid(KREAD(task, group_leader));
	__u32 uid = BPF_CORE_READ(task, cred, uid.val);
	char comm[WIRE_COMM_LEN] = {};
	__u8 from = 0;

	if (!pid)
		return false;
	if (filters & (FILTER_FAMILY | FILTER_FOLLOW))
		from = descent_of(pid);
	if ((filters & FILTER_FAMILY) && !(from & IN_FAMILY))
		return false;
	if (filters & (FILTER_COMM | FILTER_NOT_COMM))
		BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	if ((filters & FILTER_NOT_PID) && bpf_map_lookup_elem(&filter_not_pids, &pid))
		return false;
	if ((filters & FILTER_NOT_COMM) && comm_in(comm, MAX_GLOBS))
		return false;
	if (from & FOLLOWED)
		return true;
	if ((filters & FILTER_PID) && !bpf_map_lookup_elem(&filter_pids, &pid))
		return false;
	if ((filters & FILTER_UID) && !bpf_map_lookup_elem(&filter_uids, &uid))
		return false;
	if ((filters & FILTER_COMM) && !comm_in(comm, 0))
		return false;
	return !(filters & FILTER_CGROUP) || in_cgroups(task);
}

static __always_inline bool wanted(struct task_struct *task)
{
	return (!filters && !pid_level) || passes(task);
}

#endif
