/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The life of an entry in `spaces`. */
#ifndef MLOCKSCOPE_SPACES_BPF_H
#define MLOCKSCOPE_SPACES_BPF_H

#include "birth.bpf.h"
#include "filter.bpf.h"

/* Begins to follow the address space at `mm`; `task` is one of its users. NULL if there is no room.
 */
static __noinline struct space *add_space(__u64 mm, struct task_struct *task, __u32 flags)
{
	struct space fresh = {
		.id = __sync_fetch_and_add(&last_space, 1) + 1,
		.pid = BPF_CORE_READ(task, tgid),
		.flags = flags,
	};
	struct space *space;

	if (!bpf_map_update_elem(&spaces, &mm, &fresh, BPF_NOEXIST))
		send_birth(fresh.id, task);
	space = bpf_map_lookup_elem(&spaces, &mm);
	if (!space)
		__sync_fetch_and_add(&spaces_refused, 1);
	return space;
}

/* Nothing is locked in it, and nothing will be without a lock call: no MCL_FUTURE. */
static __always_inline __u32 birth_flags(struct mm_struct *mm)
{
	if (BPF_CORE_READ(mm, locked_vm) || (BPF_CORE_READ(mm, def_flags) & VM_LOCKED))
		return 0;
	return WIRE_BORN_CLEAN;
}

#endif
