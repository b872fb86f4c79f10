// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * System calls by kprobes on the functions that the kernel has for each of them and each ABI
 * (arch/x86/include/asm/syscall_wrapper.h). Other system calls are not touched. A kretprobe that
 * comes when all its instances are in use is left out: that call counts as lost, see
 * give_up_call().
 */
#include "calls.bpf.h"
#include "function_arguments.bpf.h"
#include "system_calls.bpf.h"

/* Which call the function is of: what the collector said when it attached the probe, or, where the
 * kernel cannot be told such a thing, the number of the call. */
static __always_inline __u32 call_here(struct pt_regs *ctx, __u32 by_number)
{
#ifdef MLOCKSCOPE_PLAIN
	/* Only munlockall(), which has no arguments, is one function for both ABIs: that is what a
	 * number of the other one must be. */
	return by_number < WIRE_CALLS ? by_number : WIRE_MUNLOCKALL;
#else
	return bpf_get_attach_cookie(ctx);
#endif
}

SEC("kprobe")
int kprobe__enter(struct pt_regs *ctx)
{
	struct pt_regs *regs = user_registers(current_task());
	unsigned long args[5];

	read_arguments(args, regs);
	return enter_numbered(call_here(ctx, call_of(number_of_call(regs))), args);
}

#if defined(__TARGET_ARCH_x86)
SEC("kprobe")
int kprobe__enter_32(struct pt_regs *ctx)
{
	struct pt_regs *regs = user_registers(current_task());
	unsigned long args[5];

	read_compat_arguments(args, regs);
	return enter_numbered(call_here(ctx, call_of_compat(number_of_call(regs))), args);
}
#endif

SEC("kretprobe")
int kprobe__exit(struct pt_regs *ctx)
{
	struct pending *p = call_under_way();

	return p ? call_exit(p, returned(ctx)) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
