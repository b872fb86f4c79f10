// SPDX-License-Identifier: GPL-2.0
// Programs that do nothing, where the tracer's are: what is left of the cost of tracing when the
// tracer itself costs nothing.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp/syscalls/sys_enter_mlock") int enter_mlock(void* context) { return 0; }
SEC("tp/syscalls/sys_exit_mlock") int exit_mlock(void* context) { return 0; }
SEC("tp/syscalls/sys_enter_munlock") int enter_munlock(void* context) { return 0; }
SEC("tp/syscalls/sys_exit_munlock") int exit_munlock(void* context) { return 0; }
