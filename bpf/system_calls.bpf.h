/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The traced system calls by their numbers, and where each ABI has their arguments. */
#ifndef MLOCKSCOPE_SYSTEM_CALLS_BPF_H
#define MLOCKSCOPE_SYSTEM_CALLS_BPF_H

#include "calls.bpf.h"

#define MOST_NUMBERS 512 /* more than any of them */

/* By number: which call, plus one. arch/x86/entry/syscalls/syscall_64.tbl;
 * include/uapi/asm-generic/unistd.h */
#if defined(__TARGET_ARCH_x86)
const volatile __u8 numbers[MOST_NUMBERS] __weak = {
	[9] = WIRE_MMAP + 1,	     [11] = WIRE_MUNMAP + 1,   [12] = WIRE_BRK + 1,
	[25] = WIRE_MREMAP + 1,	     [30] = WIRE_SHMAT + 1,    [67] = WIRE_SHMDT + 1,
	[149] = WIRE_MLOCK + 1,	     [150] = WIRE_MUNLOCK + 1, [151] = WIRE_MLOCKALL + 1,
	[152] = WIRE_MUNLOCKALL + 1, [325] = WIRE_MLOCK2 + 1,
};

/* arch/x86/entry/syscalls/syscall_32.tbl. mmap is mmap2 there; the first one, which takes its
 * arguments in memory, and ipc() are not looked at. */
const volatile __u8 compat_numbers[MOST_NUMBERS] __weak = {
	[45] = WIRE_BRK + 1,	  [91] = WIRE_MUNMAP + 1,    [150] = WIRE_MLOCK + 1,
	[151] = WIRE_MUNLOCK + 1, [152] = WIRE_MLOCKALL + 1, [153] = WIRE_MUNLOCKALL + 1,
	[163] = WIRE_MREMAP + 1,  [192] = WIRE_MMAP + 1,     [376] = WIRE_MLOCK2 + 1,
	[397] = WIRE_SHMAT + 1,	  [398] = WIRE_SHMDT + 1,
};

/* arch/x86/include/asm/syscall_wrapper.h SC_X86_64_REGS_TO_ARGS. Not read where a function or a
 * tracepoint has them: 5.10 has no type for them there, and a program that reads five arguments in
 * a tracepoint is refused where the call has fewer (kernel/events/core.c
 * perf_event_set_bpf_prog()). */
static __always_inline void read_arguments(unsigned long *args, struct pt_regs *regs)
{
	args[0] = KREAD(regs, di);
	args[1] = KREAD(regs, si);
	args[2] = KREAD(regs, dx);
	args[3] = KREAD(regs, r10);
	args[4] = KREAD(regs, r8);
}

/* ... SC_IA32_REGS_TO_ARGS: the lower halves */
static __always_inline void read_compat_arguments(unsigned long *args, struct pt_regs *regs)
{
	args[0] = (__u32)KREAD(regs, bx);
	args[1] = (__u32)KREAD(regs, cx);
	args[2] = (__u32)KREAD(regs, dx);
	args[3] = (__u32)KREAD(regs, si);
	args[4] = (__u32)KREAD(regs, di);
}

static __always_inline long number_of_call(struct pt_regs *regs)
{
	return KREAD(regs, orig_ax);
}

/* This system call came by int 0x80 or from a 32-bit program; see user_32bit_mode() and
 * in_ia32_syscall() in arch/x86/include/asm. */
static __always_inline bool by_compat_abi(void)
{
	struct task_struct *task = current_task();

	return KREAD(task, thread_info.status) & TS_COMPAT;
}
#else
const volatile __u8 numbers[MOST_NUMBERS] __weak = {
	[196] = WIRE_SHMAT + 1,	     [197] = WIRE_SHMDT + 1,   [214] = WIRE_BRK + 1,
	[215] = WIRE_MUNMAP + 1,     [216] = WIRE_MREMAP + 1,  [222] = WIRE_MMAP + 1,
	[228] = WIRE_MLOCK + 1,	     [229] = WIRE_MUNLOCK + 1, [230] = WIRE_MLOCKALL + 1,
	[231] = WIRE_MUNLOCKALL + 1, [284] = WIRE_MLOCK2 + 1,
};

/* arch/arm64/include/asm/syscall_wrapper.h SC_ARM64_REGS_TO_ARGS */
static __always_inline void read_arguments(unsigned long *args, struct pt_regs *regs)
{
	for (int i = 0; i < 5; i++)
		args[i] = BPF_CORE_READ(regs, regs[i]);
}

static __always_inline long number_of_call(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, syscallno);
}
#endif

/* Looked up, not compared: else the verifier would go through the programs once for each call. */
static __always_inline __u32 number_in(const volatile __u8 *table, unsigned long nr)
{
	return nr < MOST_NUMBERS ? (__u32)table[nr] - 1 : WIRE_CALLS;
}

static __always_inline __u32 call_of(long nr)
{
	return number_in(numbers, nr);
}

#if defined(__TARGET_ARCH_x86)
static __always_inline __u32 call_of_compat(long nr)
{
	return number_in(compat_numbers, nr);
}
#endif

#define A (~0UL)
/* Which arguments each call has: what else is in the registers is not its own. */
const volatile __u64 argument_masks[16][5] __weak = {
	[WIRE_MLOCK] = { A, A },	   [WIRE_MLOCK2] = { A, A, A },
	[WIRE_MUNLOCK] = { A, A },	   [WIRE_MLOCKALL] = { A },
	[WIRE_MMAP] = { A, A, A, A },	   [WIRE_MUNMAP] = { A, A },
	[WIRE_MREMAP] = { A, A, A, A, A }, [WIRE_BRK] = { A },
	[WIRE_SHMAT] = { A, A, A },	   [WIRE_SHMDT] = { A },
};
#undef A

static __always_inline int enter_numbered(__u32 call, unsigned long *args)
{
	if (call >= WIRE_CALLS)
		return 0;
	for (int i = 0; i < 5; i++)
		args[i] &= argument_masks[call & 15][i];
	return call_enter(call, args);
}

#endif
