// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Programs that do nothing, to see what a kernel lets itself be probed by. */
#include "kernel_types.h"

SEC("fentry")
int trial_fentry(void *ctx)
{
	return 0;
}

SEC("fexit")
int trial_fexit(void *ctx)
{
	return 0;
}

SEC("kprobe")
int trial_kprobe(void *ctx)
{
	return 0;
}

SEC("kretprobe")
int trial_kretprobe(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
