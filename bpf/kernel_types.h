/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The few kernel fields that are read, by CO-RE: offsets come from the running kernel's BTF, so
 * only names matter here, neither order nor completeness.
 */
#ifndef MLOCKSCOPE_KERNEL_TYPES_H
#define MLOCKSCOPE_KERNEL_TYPES_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define __maybe_unused __attribute__((unused)) /* not every object has a use for every helper */

/* include/linux/mm.h */
#define VM_EXEC	      0x00000004UL
#define VM_SHARED     0x00000008UL
#define VM_GROWSDOWN  0x00000100UL
#define VM_UFFD	      (0x00000200UL | 0x00001000UL) /* _MISSING, _WP */
#define VM_PFNMAP     0x00000400UL
#define VM_LOCKED     0x00002000UL
#define VM_IO	      0x00004000UL
#define VM_DONTEXPAND 0x00040000UL
#define VM_HUGETLB    0x00400000UL
#define VM_WIPEONFORK 0x02000000UL
#define VM_MIXEDMAP   0x10000000UL
/* What vma_supports_mlock() (mm/internal.h) refuses and can be told from the flags. */
#define VM_NEVER_LOCKED (VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB)

#define TS_COMPAT 0x2 /* arch/x86/include/asm/thread_info.h: in a system call of the 32-bit ABI */

#define SIGNAL_GROUP_EXIT 0x4 /* include/linux/sched/signal.h */

#define PF_MEMALLOC 0x00000800 /* include/linux/sched.h: the task reclaims memory */

#define FOLIO_MAPPING_ANON 0x1 /* include/linux/page-flags.h: in folio->mapping */

/* include/linux/fs.h FMODE_BACKING: bit 25 from 6.5 on, bit 24 from 6.14 on */
#define FMODE_BACKING_BITS ((1U << 24) | (1U << 25))
#define MNT_NS_INTERNAL	   (-22L) /* fs/mount.h: of mounts that are in no namespace */

#define SECRETMEM_MAGIC 0x5345434d /* include/uapi/linux/magic.h */
#define CAP_IPC_LOCK	14
#define RLIMIT_MEMLOCK	8

enum { MM_SWAPENTS = 2 }; /* include/linux/mm_types_task.h, the same since 5.0 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	unsigned int val;
} kuid_t;

struct super_block {
	unsigned int s_dev;
	unsigned long s_magic;
};
struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
	long long i_size;
};
struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};
struct qstr {
	const unsigned char *name;
};
struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};
struct vfsmount {
	struct dentry *mnt_root;
};
struct mnt_namespace;
struct mount { /* fs/mount.h */
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct mnt_namespace *mnt_ns;
	struct vfsmount mnt;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct file {
	unsigned int f_mode;
	struct inode *f_inode;
	struct path f_path;
};
struct backing_file {	       /* fs/file_table.c */
	struct path user_path; /* since 6.8; before, that is f_path */
};

struct address_space;
struct folio {
	struct address_space *mapping;
	unsigned long index;
};

struct page {
	struct address_space *mapping;
	unsigned long index;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

struct mm_struct {
	atomic_t mm_users;
	unsigned long locked_vm;
	unsigned long def_flags;
	unsigned long start_code;
	unsigned long end_code;
	unsigned long brk;
	unsigned long start_stack;
	struct file *exe_file;
};

struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};
struct upid {
	int nr;
};
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	struct rlimit rlim[16];
};

/* __u32[2] before 6.3 and one __u64 since: the same bytes, so only its place is asked for. */
typedef struct {
	__u64 val;
} kernel_cap_t;
struct cred {
	kuid_t uid;
	kernel_cap_t cap_effective;
};

struct kernfs_node {
	__u64 id;
	const char *name;
};
struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_rss_stat { /* until 6.1 */
	int unused;
};
struct thread_info { /* x86 */
	unsigned int status;
};
struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct mm_struct *mm;
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct pid *thread_pid;
	const struct cred *cred;
	struct css_set *cgroups;
	struct task_rss_stat rss_stat;
};

/* arch/x86/include/asm/ptrace.h, arch/arm64/include/asm/ptrace.h */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12;
	unsigned long bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, sp;
};
#else
struct pt_regs {
	__u64 regs[31];
	int syscallno;
};
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
};
#endif

#pragma clang attribute pop

/* Contexts of BPF_TRACE_ITER programs, kernel/bpf/task_iter.c. */
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};

/* Context of BPF programs on syscalls:sys_enter_*, kernel/trace/trace_syscalls.c. */
struct syscall_enter {
	__u64 unused;
	__u32 nr; /* 64 bits wide there, and 32 in the format of the event, which is the bound */
};
struct syscall_exit {
	__u64 unused;
	__u32 nr, nr_rest;
	long ret;
};

#endif
