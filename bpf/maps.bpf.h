/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Every map and knob, and the only functions that take ring space and count what could not be sent.
 * Definitions are weak: each object file has them, the linker (bpftool gen object) keeps one.
 */
#ifndef MLOCKSCOPE_MAPS_BPF_H
#define MLOCKSCOPE_MAPS_BPF_H

#include "features.bpf.h"
#include "wire.h"

/* What is known of one address space while it lives. */
struct space {
	__u64 id; /* 0: the slot is free */
	__u64 mm;
	__u64 started;	      /* traced calls that have begun */
	__u64 finished;	      /* ... that have ended, and were sent or counted as lost */
	__u64 quiet_started;  /* calls on mappings that began while nothing was locked: not sent, */
	__u64 quiet_finished; /* unless a lock call has begun when they end */
	__u64 moves_started;  /* calls on mappings, of either kind */
	__u64 moves_finished;
	__u64 lost;
	__u32 pid;
	__u32 flags;	/* WIRE_BORN_CLEAN */
	__u32 sequence; /* of the last call that changed locks; see under_lock.bpf.h */
	__u32 pad;
};

#define MAX_SPACES 65536 /* a power of two */

/* Address spaces with locks or claims: the slot of one is its id modulo the number of slots. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SPACES);
	__type(key, __u32);
	__type(value, struct space);
} spaces SEC(".maps") __weak;

/* mm_struct -> id. exit_mmap() removes the entry and frees the slot. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SPACES);
	__type(key, __u64);
	__type(value, __u64);
} space_ids SEC(".maps") __weak;

/*
 * Where the collector has nothing left to follow: space.id -> space.started at that time. As soon
 * as a lock call begins, the two differ and everything is sent again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SPACES);
	__type(key, __u64);
	__type(value, __u64);
} idle_since SEC(".maps") __weak;

struct range {
	__u64 start;
	__u64 end;
};

/* How far a walk over VMAs has come. */
struct walk {
	__u64 at;
	__u64 end;
	__u64 locked; /* bytes seen locked */
	__u64 open;   /* the last run still goes on */
	__u32 runs;
	__u32 flags;
	long error;
};

/*
 * Where faults matter: ranges that hold all that was ever locked by a call, and more. They only
 * grow. A second range is begun for what lies further off than the heap from the stack.
 */
#define WATCH_RANGES 3
#define WATCH_NEAR   (1ULL << 30)

/* Of the address space whose slot in `spaces` has the same number. */
struct watch {
	__u64 space; /* 0: nothing was locked so far */
	struct range ranges[WATCH_RANGES];
	__u32 exposing; /* set by the collector: some exposure is open */
	__u32 told;	/* swap traffic was told of, and the collector has not looked yet */
};

/* The collector writes through its own mapping of it: no system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_SPACES);
	__type(key, __u32);
	__type(value, struct watch);
} watches SEC(".maps") __weak;

/* The last page fault of a task. It is over when something else of that task is seen: only then is
 * it known whether it was a major one. */
struct last_fault {
	__u64 addr;
	__u64 time;
	__u64 space;
	__u64 min_flt; /* of the task, when it began */
	__u64 maj_flt;
	__u8 waiting; /* it is to be told of */
	__u8 flags;   /* of wire_fault, as far as they are known */
	__u8 anonymous;
	__u8 pad[5];
};

#define MOST_OWNERS 4

/* Address spaces that a page was taken from that is about to be written to swap, by this task. */
struct reclaim {
	__u64 spaces[MOST_OWNERS];
	__u32 count;
	__u32 pad;
};

/* mlock_fixup() between its enter and its exit. */
struct fixup {
	__u64 result; /* where it leaves the VMA it made */
	__u64 start;
	__u64 end;
	__u64 flags; /* of the VMA, before */
};

/* A call between its enter and its exit, and what the call before it left behind. */
struct pending {
	__u64 mm;
	__u64 space;
	__u64 order; /* space.started before this call */
	__u64 enter;
	__u64 args[5];
	__u64 extent;
	__u64 stack;	  /* its number; 0: not known */
	struct range old; /* mremap: the VMA or the range at the old address */
	__u8 active;
	__u8 call;
	__u8 overlapped;
	__u8 quiet;
	__u8 alone; /* no call on mappings was under way when it began */
	__u8 pad[3];
	__u32 sequence; /* 0: it has changed nothing so far */
	__u32 pad2;
	__u64 moves; /* space.moves_started before this call */
	struct wire_word before;
	struct wire_run runs[WIRE_MAX_RUNS];
	struct walk walk;
	/* What was seen under the lock of the call itself. */
	struct fixup fixup;
	struct walk walk_before;
	struct walk walk_after;
	struct wire_run runs_after[WIRE_MAX_RUNS];
	/* The word read at the exit of the last call, over one VMA, if nothing was beside it. */
	__u64 seen_order; /* its order; the next one may rely on it */
	struct range seen;
	struct wire_word seen_word;
	struct last_fault fault;
	struct reclaim reclaim;
};

#ifdef MLOCKSCOPE_PLAIN
/* By thread id. If it is full, a call is refused, and that counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct pending);
} pending_calls SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pending);
} no_pending SEC(".maps") __weak;
#else
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pending);
} pending_calls SEC(".maps") __weak;
#endif

/* Of the task; NULL if there is none, or no room to make it. */
static __always_inline struct pending *pending_of(struct task_struct *task, bool make)
{
#ifdef MLOCKSCOPE_PLAIN
	const __u32 mine = 0;
	__u32 tid = KREAD(task, pid);
	struct pending *p = bpf_map_lookup_elem(&pending_calls, &tid);
	const struct pending *empty;

	if (p || !make)
		return p;
	empty = bpf_map_lookup_elem(&no_pending, &mine);
	if (empty)
		bpf_map_update_elem(&pending_calls, &tid, empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&pending_calls, &tid);
#else
	return bpf_task_storage_get(&pending_calls, task, 0,
				    make ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
#endif
}

/* Task storage goes with its task. */
static __always_inline void forget_pending(struct task_struct *task)
{
#ifdef MLOCKSCOPE_PLAIN
	__u32 tid = KREAD(task, pid);

	bpf_map_delete_elem(&pending_calls, &tid);
#endif
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} events SEC(".maps") __weak;

/* Set before load. */
const volatile __u64 page_size __weak = 4096;
const volatile __u32 cpus __weak = 1024; /* at least as many as there can be; a power of two */
const volatile __u64 wake_bytes __weak =
	1024 * 1024;			       /* wake a dozing reader when this much waits */
const volatile __u32 simulate_loss __weak = 0; /* drop every Nth record */
/* An address space is followed from its first mapping on, not from its first lock. */
const volatile __u32 follow_mappings __weak = 0;
/* One command is watched, which may end at once: what has to be named while it lives wakes. */
const volatile __u32 short_lived __weak = 0;

/* Shared with the collector while running. */
#define READER_BUSY   0 /* it will look again without being told */
#define READER_DOZING 1 /* it looks again within 5 ms */
#define READER_ASLEEP 2 /* it has to be woken */
__u32 reader_state __weak = READER_BUSY;
__u32 muted __weak = 0;		 /* no new call is looked at: tracing begins or ends */
__u32 pid_level __weak = 0;	 /* depth of the collector's PID namespace below the initial one */
__u64 last_space __weak = 0;	 /* ids given out */
__u64 records_lost __weak = 0;	 /* ring full (or simulated), of every kind */
__u64 lifetimes_lost __weak = 0; /* of these, forks and ends of address spaces */
__u64 faults_lost __weak = 0;	 /* ... faults and swap traffic */
__u64 spaces_refused __weak = 0; /* no slot, or no task storage: a process goes unseen */
__u64 simulated __weak = 0;

static __always_inline bool drop_on_purpose(void)
{
	return simulate_loss && count_up(&simulated) % simulate_loss == simulate_loss - 1;
}

/* NULL if there is no room: counted in records_lost and in `also`. */
static __always_inline void *take_record(__u64 size, __u64 *also)
{
	void *record = drop_on_purpose() ? NULL : bpf_ringbuf_reserve(&events, size, 0);

	if (!record) {
		__sync_fetch_and_add(&records_lost, 1);
		__sync_fetch_and_add(also, 1);
	}
	return record;
}

/*
 * A wake-up costs more than everything else a probe does, so the reader is woken once after a
 * pause, and while it is working only if much has piled up. To look how much costs a little, too:
 * `look` says when.
 */
static __always_inline __u64 wake_flags(bool look)
{
	if (reader_state == READER_ASLEEP ||
	    (look && reader_state == READER_DOZING &&
	     bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > wake_bytes)) {
		reader_state = READER_BUSY;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

/* For a record that makes the reader look into /proc, where the process may be gone soon. */
static __always_inline __u64 news_flags(void)
{
	if (!short_lived || reader_state == READER_BUSY)
		return wake_flags(true);
	reader_state = READER_BUSY;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void send_record(void *record, bool look)
{
	bpf_ringbuf_submit(record, wake_flags(look));
}

#endif
