/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The contract between the probes and the collector: every record that crosses the ring buffer or
 * an iterator. Fixed-width fields, explicit padding, sizes asserted on both sides. Nothing else is
 * shared. A record starts with its type; records of unknown type or wrong size are refused by
 * userspace/decode, nowhere else.
 */
#ifndef MLOCKSCOPE_WIRE_H
#define MLOCKSCOPE_WIRE_H

#include <linux/types.h>

#define WIRE_COMM_LEN 16 /* TASK_COMM_LEN */
#define WIRE_MAX_RUNS 16 /* locked runs reported for one word */
#define WIRE_MAX_VMAS 32 /* VMAs walked for one word */

/* wire_call.type and the first byte of every other record */
#define WIRE_CALL	 1
#define WIRE_CALL_DETAIL 2
#define WIRE_FORK	 3
#define WIRE_END	 4
#define WIRE_MAPPING	 5
#define WIRE_BIRTH	 6
#define WIRE_TASK	 7
#define WIRE_FAULT	 8
#define WIRE_SWAP	 9
#define WIRE_STACK	 10
#define WIRE_STACK_COPY	 11
#define WIRE_CODE	 12

/* wire_call.call */
#define WIRE_MLOCK	0
#define WIRE_MLOCK2	1
#define WIRE_MUNLOCK	2
#define WIRE_MLOCKALL	3
#define WIRE_MUNLOCKALL 4
#define WIRE_MMAP	5
#define WIRE_MUNMAP	6
#define WIRE_MREMAP	7
#define WIRE_BRK	8
#define WIRE_SHMAT	9
#define WIRE_SHMDT	10
#define WIRE_CALLS	11

/* wire_word.locked */
#define WIRE_UNKNOWN 0
#define WIRE_NONE    1
#define WIRE_ALL     2
#define WIRE_SOME    3

/* wire_word.flags */
#define WIRE_HOLE	0x1 /* the page at walked_end is not mapped */
#define WIRE_GROWS_DOWN 0x2 /* a VMA there is a VM_GROWSDOWN stack */

/*
 * The kernel's word on VM_LOCKED over a page range: known from the start of the range (which the
 * call's arguments give) up to walked_end.
 */
struct wire_word {
	__u64 walked_end;
	__u8 locked;
	__u8 flags;
	__u8 runs; /* WIRE_SOME: entries used in the run array that belongs to this word */
	__u8 pad[5];
};

struct wire_run {
	__u64 start;
	__u64 end;
};

/* wire_call.flags */
#define WIRE_OVERLAPPED 0x1 /* another traced call of this address space was under way */
#define WIRE_BORN_CLEAN 0x2 /* nothing was locked when the address space was first seen */
/* The words were read under the call's own lock, and only calls with a sequence were beside it. */
#define WIRE_SETTLED 0x8

/* One finished system call. */
struct wire_call {
	__u8 type;
	__u8 call;
	__u16 flags;
	__u32 lost;  /* events of this address space that could not be sent, so far */
	__u64 space; /* address space, never reused */
	__u64 enter; /* CLOCK_MONOTONIC, ns */
	__u64 exit;
	__u32 pid; /* thread group, initial PID namespace */
	__u32 tid;
	__u32 uid;
	/* Place of this call among those that held the mmap_lock for mlock_fixup(); 0: not known.
	 */
	__u32 sequence;
	char comm[WIRE_COMM_LEN];
	__u64 args[5]; /* as the system call has them */
	__u64 extent;  /* brk: break before; shmat, shmdt: length of the attachment */
	__s64 ret;
	struct wire_word before;
	struct wire_word after;
	__u64 stack; /* number of the user stack at enter; 0: not known */
};

/* wire_call_detail.evidence */
#define WIRE_FAILED	  0x1 /* the limit_* and locked fields and place are set */
#define WIRE_CAP_IPC_LOCK 0x2
#define WIRE_SECRETMEM	  0x4

/* A call whose words need runs, that failed to lock, or that left an old mapping behind. */
struct wire_call_detail {
	struct wire_call call;
	__u64 limit_soft; /* RLIMIT_MEMLOCK, bytes */
	__u64 limit_hard;
	__u64 locked_bytes;
	__u64 place; /* user return address of the C library's wrapper */
	__u32 evidence;
	__u32 pad;
	/* mremap DONTUNMAP: the VMA that held the old address, at entry; failed FIXED: the range */
	__u64 old_start;
	__u64 old_end;
	struct wire_word old_after;
	struct wire_run before_runs[WIRE_MAX_RUNS];
	struct wire_run after_runs[WIRE_MAX_RUNS];
	struct wire_run old_runs[WIRE_MAX_RUNS];
};

/* fork without CLONE_VM of a traced address space */
struct wire_fork {
	__u8 type;
	__u8 pad[3];
	__u32 lost; /* as in wire_call, of the parent */
	__u64 parent;
	__u64 child;
	__u64 time;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 child_pid;
	char comm[WIRE_COMM_LEN];
	__u64 stack; /* as in wire_call, of the forking thread */
};

/* exit_mmap(): the last user of an address space is gone */
struct wire_end {
	__u8 type;
	__u8 pad[3];
	__u32 lost; /* as in wire_call */
	__u64 space;
	__u64 time;
};

#define WIRE_PATH_PARTS	   24
#define WIRE_PART_LEN	   64
#define WIRE_PATH_COMPLETE 0x1 /* it reaches the root, and no part was cut */

/* A path as the kernel has it: its parts from the last to the first, NUL-terminated. */
struct wire_path {
	__u32 parts;
	__u32 flags;
	char part[WIRE_PATH_PARTS][WIRE_PART_LEN];
};

/* An address space is followed from here on: whose it is, while that can still be asked. */
struct wire_birth {
	__u8 type;
	__u8 pad[3];
	__u32 pid;
	__u64 space;
	char comm[WIRE_COMM_LEN]; /* of the thread group's leader */
	__u64 start_code;	  /* text of the program, as execve() mapped it */
	__u64 end_code;
	struct wire_path exe;
	struct wire_path cgroup; /* cgroup v2; no part: the root */
};

/* One process, from the iterator. */
struct wire_task {
	__u8 type;
	__u8 passes; /* the filters take it in */
	__u8 pad[2];
	__u32 pid;
	__u32 level; /* depth of its PID namespace */
	__u32 pad2;
};

/* wire_mapping.flags */
#define WIRE_MAPPING_LOCKED	0x1
#define WIRE_MAPPING_SPECIAL	0x2 /* mlock skips this kind: vma_supports_mlock() */
#define WIRE_MAPPING_GROWS_DOWN 0x4
#define WIRE_MAPPING_FUTURE	0x8 /* of the address space: MCL_FUTURE is in force */
#define WIRE_MAPPING_SHARED	0x10
#define WIRE_MAPPING_WIPED	0x20 /* MADV_WIPEONFORK */

/* One VMA of an address space, from the iterator. */
struct wire_mapping {
	__u8 type;
	__u8 flags;
	__u8 pad[2];
	__u32 pid;
	__u64 space;
	__u64 started;	/* calls that have begun, and that have ended and were sent or lost: */
	__u64 finished; /* equal, and equal in all records of a pass, if nothing was under way */
	__u64 lost;
	__u64 time;
	__u64 start;
	__u64 end;
	char comm[WIRE_COMM_LEN];
};

/* wire_fault.flags */
#define WIRE_FAULT_MAJOR 0x1
#define WIRE_FAULT_WRITE 0x2
#define WIRE_FAULT_PRESENT                                                                         \
	0x4			/* a page was there: the fault was about what may be done with it  \
				 */
#define WIRE_FAULT_SWAP	   0x8	/* an anonymous page was read from a disk */
#define WIRE_FAULT_UNKNOWN 0x10 /* whether WIRE_FAULT_PRESENT should be set is not known */

/* A page fault on a page that is locked, or in an address space with exposed bytes. */
struct wire_fault {
	__u8 type;
	__u8 flags;
	__u8 pad[2];
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u64 space;
	__u64 time; /* when it began */
	__u64 addr;
	char comm[WIRE_COMM_LEN];
};

/* wire_swap.what */
#define WIRE_SWAP_TRAFFIC 0 /* some page went to swap or came back */
#define WIRE_SWAP_BACK	  1 /* the page at addr came back */
#define WIRE_SWAP_OUT	  2 /* a page was written that lies at addr, unless mremap has moved it */

/* Of an address space with exposed bytes. */
struct wire_swap {
	__u8 type;
	__u8 what;
	__u8 pad[6];
	__u64 space;
	__u64 time;
	__u64 addr;
};

#define WIRE_STACK_ADDRESSES 48
#define WIRE_STACK_REGISTERS 8
#define WIRE_STACK_BYTES     16384

/*
 * A user stack that has not been told of, or not lately: sent before the first call that names it,
 * as far as `addresses` is used. The first address is where the system call returns to, the others
 * are return addresses; see stack_walk.bpf.h.
 */
struct wire_stack {
	__u8 type;
	__u8 count; /* addresses */
	__u8 pad[2];
	__u32 pid;
	__u64 number; /* never 0 */
	__u64 space;
	__u64 time;
	__u64 addresses[WIRE_STACK_ADDRESSES];
};

/* The same, with what is needed to unwind it in user space; sent as far as `copy` is used. */
struct wire_stack_copy {
	struct wire_stack stack;
	__u64 registers[WIRE_STACK_REGISTERS]; /* ip sp bp bx r12-r15; arm64: pc sp fp lr */
	__u32 bytes;			       /* of the stack, from sp upwards */
	__u32 pad;
	__u8 copy[WIRE_STACK_BYTES];
};

/* wire_code.flags */
#define WIRE_CODE_DELETED 0x1 /* its name is gone: unlinked, or it never had one (memfd_create) */

/*
 * An executable mapping of a file, as a task of this address space had it when a stack with an
 * address in it was told: sent before that stack, as far as `path.part` is used. Inode and device
 * are those of /proc/PID/maps.
 */
struct wire_code {
	__u8 type;
	__u8 flags;
	__u8 pad[2];
	__u32 pid;
	__u64 space;
	__u64 time;
	__u64 start;
	__u64 end;
	__u64 offset; /* of start in the file, bytes */
	__u64 inode;
	__u64 device; /* as the kernel has it: 20 bits of minor number */
	struct wire_path path;
};

#ifdef __cplusplus
#define WIRE_ASSERT static_assert
#else
#define WIRE_ASSERT _Static_assert
#endif
WIRE_ASSERT(sizeof(struct wire_word) == 16, "wire_word");
WIRE_ASSERT(sizeof(struct wire_call) == 160, "wire_call");
WIRE_ASSERT(sizeof(struct wire_call_detail) == 1000, "wire_call_detail");
WIRE_ASSERT(sizeof(struct wire_fork) == 72, "wire_fork");
WIRE_ASSERT(sizeof(struct wire_end) == 24, "wire_end");
WIRE_ASSERT(sizeof(struct wire_path) == 1544, "wire_path");
WIRE_ASSERT(sizeof(struct wire_birth) == 48 + 2 * 1544, "wire_birth");
WIRE_ASSERT(sizeof(struct wire_task) == 16, "wire_task");
WIRE_ASSERT(sizeof(struct wire_mapping) == 80, "wire_mapping");
WIRE_ASSERT(sizeof(struct wire_fault) == 56, "wire_fault");
WIRE_ASSERT(sizeof(struct wire_swap) == 32, "wire_swap");
WIRE_ASSERT(sizeof(struct wire_stack) == 416, "wire_stack");
WIRE_ASSERT(sizeof(struct wire_stack_copy) == 488 + 16384, "wire_stack_copy");
WIRE_ASSERT(sizeof(struct wire_code) == 64 + 1544, "wire_code");
#undef WIRE_ASSERT

#endif
