// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * System calls by fentry and fexit on the function that the kernel has for each of them: the
 * cheapest way, and other system calls are not touched. Such a program belongs to one function, so
 * each call has its own two; userspace/capture/hooks.cpp names the functions.
 */
#include "calls.bpf.h"
#include "system_calls.bpf.h"

#include <bpf/bpf_tracing.h>

#define TRACED_CALL(name, id)                                                                      \
	SEC("fentry")                                                                              \
	int BPF_PROG(fentry__##name##_enter)                                                       \
	{                                                                                          \
		unsigned long args[5];                                                             \
                                                                                                   \
		read_arguments(args, user_registers(current_task()));                              \
		return enter_numbered(id, args);                                                   \
	}                                                                                          \
	SEC("fexit")                                                                               \
	int BPF_PROG(fentry__##name##_exit, const struct pt_regs *regs, long ret)                  \
	{                                                                                          \
		struct pending *p = call_under_way();                                              \
                                                                                                   \
		return p && p->call == id ? call_exit(p, ret) : 0;                                 \
	}

TRACED_CALL(mlock, WIRE_MLOCK)
TRACED_CALL(mlock2, WIRE_MLOCK2)
TRACED_CALL(munlock, WIRE_MUNLOCK)
TRACED_CALL(mlockall, WIRE_MLOCKALL)
TRACED_CALL(munlockall, WIRE_MUNLOCKALL)
TRACED_CALL(mmap, WIRE_MMAP)
TRACED_CALL(munmap, WIRE_MUNMAP)
TRACED_CALL(mremap, WIRE_MREMAP)
TRACED_CALL(brk, WIRE_BRK)
TRACED_CALL(shmat, WIRE_SHMAT)
TRACED_CALL(shmdt, WIRE_SHMDT)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
