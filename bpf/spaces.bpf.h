/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Address spaces: found, and begun to be followed. They end in lifetime.bpf.c. */
#ifndef MLOCKSCOPE_SPACES_BPF_H
#define MLOCKSCOPE_SPACES_BPF_H

#include "birth.bpf.h"
#include "filter.bpf.h"

/* The address space of that id; NULL if it has ended. */
static __always_inline struct space *space_at(__u64 id)
{
	__u32 slot = id & (MAX_SPACES - 1);
	struct space *space = bpf_map_lookup_elem(&spaces, &slot);

	return space && space->id == id ? space : NULL;
}

static __always_inline struct space *find_space(__u64 mm)
{
	const __u64 *id = bpf_map_lookup_elem(&space_ids, &mm);

	return id ? space_at(*id) : NULL;
}

#ifdef MLOCKSCOPE_PLAIN
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} space_counts SEC(".maps") __weak;

/* Without atomics that give a number to one only, each CPU has numbers of its own, and so slots of
 * its own. */
static __always_inline __u64 new_space_id(void)
{
	const __u32 mine = 0;
	__u64 *count = bpf_map_lookup_elem(&space_counts, &mine);

	__sync_fetch_and_add(&last_space, 1);
	return count ? ++*count * cpus + bpf_get_smp_processor_id() % cpus : 0;
}
#else
static __always_inline __u64 new_space_id(void)
{
	return __sync_fetch_and_add(&last_space, 1) + 1;
}
#endif

/* Takes a slot. Those of address spaces that still live are passed over. */
static __always_inline struct space *take_slot(void)
{
	for (int i = 0; i < 16; i++) {
		__u64 id = new_space_id();
		__u32 slot = id & (MAX_SPACES - 1);
		struct space *space = bpf_map_lookup_elem(&spaces, &slot);

		if (space && claim(&space->id, id))
			return space;
	}
	return NULL;
}

/* Begins to follow the address space at `mm`; `task` is one of its users. NULL if there is no room.
 */
static __noinline __maybe_unused struct space *add_space(__u64 mm, struct task_struct *task,
							 __u32 flags)
{
	struct space *space = take_slot();
	__u64 id;

	if (!space) {
		__sync_fetch_and_add(&spaces_refused, 1);
		return NULL;
	}
	id = space->id;
	space->mm = mm;
	space->started = space->finished = space->lost = 0;
	space->quiet_started = space->quiet_finished = 0;
	space->moves_started = space->moves_finished = 0;
	space->sequence = 0;
	space->pid = visible_pid(KREAD(task, group_leader));
	space->flags = flags;
	if (bpf_map_update_elem(&space_ids, &mm, &id, BPF_NOEXIST)) {
		space->id = 0;
		space = find_space(mm); /* another thread was faster */
		if (!space)
			__sync_fetch_and_add(&spaces_refused, 1);
		return space;
	}
	send_birth(id, task);
	return space;
}

/* Nothing in it matters until its next lock call. */
static __always_inline bool is_idle(const struct space *space)
{
	__u64 id = space->id;
	const __u64 *since = bpf_map_lookup_elem(&idle_since, &id);

	return since && *since == space->started;
}

/*
 * Nothing is locked in it, and nothing will be without a lock call: no MCL_FUTURE. If others use
 * it, too, one of them may be in a call whose beginning was not seen.
 */
static __always_inline __u32 birth_flags(struct mm_struct *mm)
{
	if (BPF_CORE_READ(mm, mm_users.counter) > 1 || BPF_CORE_READ(mm, locked_vm) ||
	    (BPF_CORE_READ(mm, def_flags) & VM_LOCKED))
		return 0;
	return WIRE_BORN_CLEAN;
}

#endif
