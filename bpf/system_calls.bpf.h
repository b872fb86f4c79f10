/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The traced system calls by their numbers, and where each ABI has their arguments. */
#ifndef MLOCKSCOPE_SYSTEM_CALLS_BPF_H
#define MLOCKSCOPE_SYSTEM_CALLS_BPF_H

#include "calls.bpf.h"

#define TYPED(regs, field) ((regs)->field)

/* arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h */
#if defined(__TARGET_ARCH_x86)
static __always_inline __u32 call_of(long nr)
{
	switch (nr) {
	case 9:
		return WIRE_MMAP;
	case 11:
		return WIRE_MUNMAP;
	case 12:
		return WIRE_BRK;
	case 25:
		return WIRE_MREMAP;
	case 30:
		return WIRE_SHMAT;
	case 67:
		return WIRE_SHMDT;
	case 149:
		return WIRE_MLOCK;
	case 150:
		return WIRE_MUNLOCK;
	case 151:
		return WIRE_MLOCKALL;
	case 152:
		return WIRE_MUNLOCKALL;
	case 325:
		return WIRE_MLOCK2;
	}
	return WIRE_CALLS;
}

/* arch/x86/entry/syscalls/syscall_32.tbl. mmap is mmap2 there; the first one, which takes its
 * arguments in memory, and ipc() are not looked at. */
static __always_inline __u32 call_of_compat(long nr)
{
	switch (nr) {
	case 45:
		return WIRE_BRK;
	case 91:
		return WIRE_MUNMAP;
	case 150:
		return WIRE_MLOCK;
	case 151:
		return WIRE_MUNLOCK;
	case 152:
		return WIRE_MLOCKALL;
	case 153:
		return WIRE_MUNLOCKALL;
	case 163:
		return WIRE_MREMAP;
	case 192:
		return WIRE_MMAP;
	case 376:
		return WIRE_MLOCK2;
	case 397:
		return WIRE_SHMAT;
	case 398:
		return WIRE_SHMDT;
	}
	return WIRE_CALLS;
}

/* The arguments, of which `get` reads one: TYPED from registers that the verifier knows as such,
 * BPF_CORE_READ from others. arch/x86/include/asm/syscall_wrapper.h SC_X86_64_REGS_TO_ARGS */
#define READ_ARGUMENTS(args, regs, get)                                                            \
	({                                                                                         \
		args[0] = get(regs, di);                                                           \
		args[1] = get(regs, si);                                                           \
		args[2] = get(regs, dx);                                                           \
		args[3] = get(regs, r10);                                                          \
		args[4] = get(regs, r8);                                                           \
	})

/* ... SC_IA32_REGS_TO_ARGS: the lower halves */
#define READ_COMPAT_ARGUMENTS(args, regs, get)                                                     \
	({                                                                                         \
		args[0] = (__u32)get(regs, bx);                                                    \
		args[1] = (__u32)get(regs, cx);                                                    \
		args[2] = (__u32)get(regs, dx);                                                    \
		args[3] = (__u32)get(regs, si);                                                    \
		args[4] = (__u32)get(regs, di);                                                    \
	})

static __always_inline long number_of_call(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, orig_ax);
}

/* This system call came by int 0x80 or from a 32-bit program; see user_32bit_mode() and
 * in_ia32_syscall() in arch/x86/include/asm. */
static __always_inline bool by_compat_abi(void)
{
	struct task_struct *task = current_task();

	return KREAD(task, thread_info.status) & TS_COMPAT;
}
#else
static __always_inline __u32 call_of(long nr)
{
	switch (nr) {
	case 196:
		return WIRE_SHMAT;
	case 197:
		return WIRE_SHMDT;
	case 214:
		return WIRE_BRK;
	case 215:
		return WIRE_MUNMAP;
	case 216:
		return WIRE_MREMAP;
	case 222:
		return WIRE_MMAP;
	case 228:
		return WIRE_MLOCK;
	case 229:
		return WIRE_MUNLOCK;
	case 230:
		return WIRE_MLOCKALL;
	case 231:
		return WIRE_MUNLOCKALL;
	case 284:
		return WIRE_MLOCK2;
	}
	return WIRE_CALLS;
}

/* arch/arm64/include/asm/syscall_wrapper.h SC_ARM64_REGS_TO_ARGS */
#define READ_ARGUMENTS(args, regs, get)                                                            \
	({                                                                                         \
		args[0] = get(regs, regs[0]);                                                      \
		args[1] = get(regs, regs[1]);                                                      \
		args[2] = get(regs, regs[2]);                                                      \
		args[3] = get(regs, regs[3]);                                                      \
		args[4] = get(regs, regs[4]);                                                      \
	})

static __always_inline long number_of_call(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, syscallno);
}
#endif

/* How many arguments each call has: what else is in the registers is not its own. */
static const __u8 argument_counts[WIRE_CALLS] = {
	[WIRE_MLOCK] = 2,  [WIRE_MLOCK2] = 3,	  [WIRE_MUNLOCK] = 2, [WIRE_MLOCKALL] = 1,
	[WIRE_MMAP] = 4,   [WIRE_MUNMAP] = 2,	  [WIRE_MREMAP] = 5,  [WIRE_BRK] = 1,
	[WIRE_SHMAT] = 3,  [WIRE_SHMDT] = 1,
};

static __always_inline int enter_numbered(__u32 call, unsigned long *args)
{
	if (call >= WIRE_CALLS)
		return 0;
	for (int i = 0; i < 5; i++)
		if (i >= argument_counts[call])
			args[i] = 0;
	return call_enter(call, args);
}

#endif
