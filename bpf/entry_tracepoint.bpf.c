// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * System calls by their tracepoints: one program for all enters and one for all exits, attached to
 * those of the traced calls only. While any such tracepoint is in use, every system call of the
 * host takes the kernel's slow way in and out (SYSCALL_WORK_SYSCALL_TRACEPOINT); that is its price.
 *
 * The tracepoints of single calls pass over the 32-bit ABI (kernel/trace/trace_syscalls.c,
 * arch_trace_is_compat_syscall()). Those that see all calls do not.
 */
#include "calls.bpf.h"
#include "system_calls.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("tp")
int tracepoint__enter(struct syscall_enter *ctx)
{
	unsigned long args[5];

	read_arguments(args, user_registers(current_task()));
	return enter_numbered(call_of(ctx->nr), args);
}

SEC("tp")
int tracepoint__exit(struct syscall_exit *ctx)
{
	struct pending *p = call_under_way();

	return p && p->call == call_of(ctx->nr) ? call_exit(p, ctx->ret) : 0;
}

#if defined(__TARGET_ARCH_x86)
/* Sees every system call of the host: nothing comes before the look at the ABI. */
SEC("tp_btf/sys_enter")
int BPF_PROG(tracepoint__enter_32, struct pt_regs *regs, long id)
{
	unsigned long args[5];

	if (!by_compat_abi())
		return 0;
	read_compat_arguments(args, user_registers(current_task()));
	return enter_numbered(call_of_compat(id), args);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tracepoint__exit_32, struct pt_regs *regs, long ret)
{
	struct pending *p;

	if (!by_compat_abi())
		return 0;
	p = call_under_way();
	return p ? call_exit(p, ret) : 0;
}
#endif

char LICENSE[] SEC("license") = "Dual MIT/GPL";
