// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* mlock_fixup(), by either way to probe a function. */
#include "function_arguments.bpf.h"
#include "under_lock.bpf.h"

#include <bpf/bpf_tracing.h>

/* Since 6.2 (mm/mlock.c, "mm/mlock: use vma iterator") it takes an iterator before the rest. */
const volatile __u32 fixup_takes_iterator __weak = 0;

#define FIXUP_BEGINS(arg, first)                                                                   \
	fixup_begins((struct vm_area_struct *)(arg(first)), arg(first + 1), arg(first + 2),        \
		     arg(first + 3))

/* Not read as such: a pointer to a pointer is no argument that the verifier knows
 * (kernel/bpf/btf.c btf_ctx_access(), up to 6.1 at least). */
static __always_inline __u64 stored(const __u64 *argument)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), argument);
	return value;
}

SEC("fentry/mlock_fixup")
int fentry__fixup_enter(__u64 *ctx)
{
#define FENTRY_ARG(i) stored(&ctx[i])
	return fixup_takes_iterator ? FIXUP_BEGINS(FENTRY_ARG, 1) : FIXUP_BEGINS(FENTRY_ARG, 0);
}

SEC("fexit/mlock_fixup")
int fentry__fixup_exit(__u64 *ctx)
{
	return fixup_ends();
}

SEC("kprobe/mlock_fixup")
int kprobe__fixup_enter(struct pt_regs *ctx)
{
#define KPROBE_ARG(i) argument(ctx, i)
	return fixup_takes_iterator ? FIXUP_BEGINS(KPROBE_ARG, 1) : FIXUP_BEGINS(KPROBE_ARG, 0);
}

SEC("kretprobe/mlock_fixup")
int kprobe__fixup_exit(struct pt_regs *ctx)
{
	return fixup_ends();
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
