/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which processes are looked at, decided before anything is copied. Asked once an address space:
 * when its first lock call begins, when it is forked off, or when tracing starts.
 */
#ifndef MLOCKSCOPE_FILTER_BPF_H
#define MLOCKSCOPE_FILTER_BPF_H

#include "maps.bpf.h"

#define MAX_GLOBS  16
#define MAX_LEVELS 16 /* depth of cgroups looked through */

#define FILTER_PID	     0x1
#define FILTER_COMM	     0x2
#define FILTER_UID	     0x4
#define FILTER_CGROUP	     0x8
#define FILTER_NOT_PID	     0x10
#define FILTER_NOT_COMM	     0x20
#define FILTER_FOLLOW	     0x40 /* descendants of what matches, too */
#define FILTER_ONLY_FOLLOWED 0x80 /* nothing but what is in `followed`: mlockscope run */

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

/* Processes whose descendants are taken in, by thread group. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps") __weak;

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

static __noinline bool passes(struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);
	__u32 uid = BPF_CORE_READ(task, cred, uid.val);
	char comm[WIRE_COMM_LEN] = {};

	if (filters & (FILTER_COMM | FILTER_NOT_COMM))
		BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	if ((filters & FILTER_NOT_PID) && bpf_map_lookup_elem(&filter_not_pids, &pid))
		return false;
	if ((filters & FILTER_NOT_COMM) && comm_in(comm, MAX_GLOBS))
		return false;
	if (filters & (FILTER_FOLLOW | FILTER_ONLY_FOLLOWED)) {
		if (bpf_map_lookup_elem(&followed, &pid))
			return true;
		if (filters & FILTER_ONLY_FOLLOWED)
			return false;
	}
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
	return !filters || passes(task);
}

#endif
