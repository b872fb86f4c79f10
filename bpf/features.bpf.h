/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What kernels differ in, as helpers that both builds of the probes share. The plain build
 * (MLOCKSCOPE_PLAIN) does without what came after 5.10:
 *
 *   bpf_get_current_task_btf()                  5.11
 *   task storage in tracing programs            5.12
 *   atomic instructions that return a value     5.12
 *   the iterator over VMAs                      5.12
 *   bpf_task_pt_regs()                          5.15
 *   bpf_find_vma(), bpf_loop()                  5.17
 *
 * Pointers to callbacks and atomics with a result are refused even where they are never reached, so
 * this is decided when the probes are compiled, and userspace/capture/probes.cpp asks the kernel
 * which of the two to load.
 */
#ifndef MLOCKSCOPE_FEATURES_BPF_H
#define MLOCKSCOPE_FEATURES_BPF_H

#include "kernel_types.h"

/* KREAD(task, cred, uid.val): task->cred->uid.val. A task that only bpf_get_current_task() gives is
 * a number to the verifier, which has to be read through. */
#ifdef MLOCKSCOPE_PLAIN
#define KREAD(...) BPF_CORE_READ(__VA_ARGS__)
#else
#define KREAD2(a, b)			 ((a)->b)
#define KREAD3(a, b, c)			 ((a)->b->c)
#define KREAD4(a, b, c, d)		 ((a)->b->c->d)
#define KREAD_OF(a, b, c, d, macro, ...) macro
#define KREAD(...)			 KREAD_OF(__VA_ARGS__, KREAD4, KREAD3, KREAD2, )(__VA_ARGS__)
#endif

static __always_inline struct task_struct *current_task(void)
{
#ifdef MLOCKSCOPE_PLAIN
	return (struct task_struct *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

/* TASK_COMM_LEN bytes */
static __always_inline void copy_comm(char *to, struct task_struct *task)
{
#ifdef MLOCKSCOPE_PLAIN
	bpf_core_read(to, sizeof(task->comm), &task->comm);
#else
	__builtin_memcpy(to, task->comm, sizeof(task->comm));
#endif
}

/* Of the user-space side of the current system call or exception. */
static __always_inline struct pt_regs *user_registers(struct task_struct *task)
{
#ifdef MLOCKSCOPE_PLAIN
	/* arch/x86/include/asm/processor.h task_pt_regs(), page_64_types.h THREAD_SIZE (without
	 * KASAN) */
	return (void *)KREAD(task, stack) + 16384 - bpf_core_type_size(struct pt_regs);
#else
	return (struct pt_regs *)bpf_task_pt_regs(task);
#endif
}

/*
 * Adds one, returns what was there before. Without atomics that return it, two that add at once may
 * both get the higher number: good for telling that something was beside, not for naming things.
 */
static __always_inline __u64 count_up(__u64 *counter)
{
#ifdef MLOCKSCOPE_PLAIN
	__sync_fetch_and_add(counter, 1);
	return *(volatile __u64 *)counter - 1;
#else
	return __sync_fetch_and_add(counter, 1);
#endif
}

/* Puts `value` where 0 is; false if something else is there. Without such an atomic, of two that do
 * it at once both may think they did. */
static __always_inline bool claim(__u64 *place, __u64 value)
{
#ifdef MLOCKSCOPE_PLAIN
	if (*(volatile __u64 *)place)
		return false;
	*(volatile __u64 *)place = value;
	return true;
#else
	return __sync_val_compare_and_swap(place, 0, value) == 0;
#endif
}

static __always_inline bool claim_once(__u32 *place)
{
#ifdef MLOCKSCOPE_PLAIN
	if (*(volatile __u32 *)place)
		return false;
	*(volatile __u32 *)place = 1;
	return true;
#else
	return __sync_val_compare_and_swap(place, 0, 1) == 0;
#endif
}

/*
 * Calls step(0, context), step(1, context) ... until one returns 1, `times` at most. Without
 * bpf_loop() the verifier goes through each turn, and FEW() says how many there are then.
 */
#ifdef MLOCKSCOPE_PLAIN
#define repeat(times, step, context)                                                               \
	for (__u32 turn = 0; turn < (times) && !step(turn, context); turn++)                       \
		;
#define FEW(times, few) (few)
#else
#define repeat(times, step, context) bpf_loop(times, step, context, 0)
#define FEW(times, few)		     (times)
#endif

#endif
