/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What every traced system call has in common: at its enter the arguments, the time and the
 * kernel's word are kept with the task; at its exit one complete record is sent.
 *
 * Order. A record's place in the ring is taken before the word at exit is read. So of two calls
 * that raced, the later record has seen the effect of both, and a reader that believes the last
 * word ends where the kernel ended. Calls that raced are marked (WIRE_OVERLAPPED): two counters of
 * the address space, calls begun and calls ended, tell at no cost.
 */
#ifndef MLOCKSCOPE_CALLS_BPF_H
#define MLOCKSCOPE_CALLS_BPF_H

#include "faults.bpf.h"
#include "stacks.bpf.h"

/* include/uapi/asm-generic/mman-common.h, mman.h, linux/mman.h: the same on x86 and arm64 */
#define MAP_FIXED	 0x10
#define MAP_LOCKED	 0x2000
#define MREMAP_FIXED	 2
#define MREMAP_DONTUNMAP 4

static __always_inline __u64 page_up(__u64 at)
{
	return (at + page_size - 1) & ~(page_size - 1);
}

static __always_inline bool is_range_lock(__u32 call)
{
	return call == WIRE_MLOCK || call == WIRE_MLOCK2 || call == WIRE_MUNLOCK;
}

/* What mm/mlock.c do_mlock() and munlock() make of their arguments; wraps as they do. */
static __always_inline struct range applied(__u64 addr, __u64 len)
{
	__u64 start = addr & ~(page_size - 1);
	__u64 end = start + page_up(len + (addr & (page_size - 1)));

	return (struct range){ start, end < start ? start : end };
}

static __always_inline struct range mapped(__u64 addr, __u64 len)
{
	return (struct range){ addr, addr + page_up(len) };
}

/* The pages whose state at exit belongs to the record. */
static __always_inline struct range judged_range(__u32 call, const struct pending *p, long ret)
{
	const __u64 *a = p->args;

	if (is_range_lock(call))
		return applied(a[0], a[1]);
	if (call == WIRE_MMAP)
		return ret >= 0		  ? mapped(ret, a[1])
		       : a[3] & MAP_FIXED ? mapped(a[0], a[1])
					  : (struct range){};
	if (call == WIRE_MREMAP)
		return ret >= 0		     ? mapped(ret, a[2])
		       : a[3] & MREMAP_FIXED ? mapped(a[4], a[2])
					     : (struct range){};
	if (call == WIRE_BRK && (__u64)ret > p->extent)
		return (struct range){ page_up(p->extent), page_up(ret) };
	if (call == WIRE_SHMAT && ret >= 0)
		return (struct range){ ret, ret + p->extent };
	return (struct range){};
}

static __always_inline bool asks_for_lock(__u32 call, const unsigned long *args)
{
	return call <= WIRE_MUNLOCKALL || (call == WIRE_MMAP && (args[3] & MAP_LOCKED));
}

static __always_inline bool same(struct range a, struct range b)
{
	return a.start == b.start && a.end == b.end;
}

/*
 * The word at entry. If the call before this one was made by this task, over the same range, and
 * nothing was beside either, then what was read at its exit still holds: VM_LOCKED of a mapped page
 * changes in the calls that are traced and nowhere else.
 */
static __always_inline void note_entry_word(struct pending *p)
{
	struct range range = applied(p->args[0], p->args[1]);

	if (range.start >= range.end)
		return;
	if (p->seen_order + 1 == p->order && !p->overlapped && same(p->seen, range))
		p->before = p->seen_word;
	else if (!short_word(&p->before, range.start, range.end))
		walk_word(&p->walk, &p->before, p->runs, &range);
}

/* What only the state before the call can tell. */
static __always_inline void note_entry(__u32 call, struct pending *p, struct mm_struct *mm)
{
	struct vma_note note = { .want_file = 1 };

	if (is_range_lock(call)) {
		note_entry_word(p);
	} else if (call == WIRE_BRK) {
		p->extent = BPF_CORE_READ(mm, brk);
	} else if (call == WIRE_SHMDT) {
		/* ipc/shm.c ksys_shmdt(): the whole attachment goes, however it was split */
		if (!find_vma(&note, p->args[0]))
			p->extent = page_up(note.file_size);
	} else if (call == WIRE_MREMAP && (p->args[3] & MREMAP_DONTUNMAP)) {
		note.want_file = 0;
		if (!find_vma(&note, p->args[0]))
			p->old = (struct range){ note.start, note.end };
		/* since 6.17 a range of several, each of which is unlocked as a whole */
		if (!find_vma(&note, p->args[0] + p->args[1] - 1) && note.end > p->old.end)
			p->old.end = note.end;
	} else if (call == WIRE_MREMAP && (p->args[3] & MREMAP_FIXED)) {
		p->old = applied(p->args[0], p->args[1]);
	}
}

/* The address space that is followed from this call on, if it is not already. */
static __always_inline struct space *locking_space(__u64 mm, struct task_struct *task,
						   const struct pending *last)
{
	struct space *space = last->mm == mm ? space_at(last->space) : NULL;

	if (space)
		return space;
	space = find_space(mm);
	if (space || !wanted(task))
		return space;
	return add_space(mm, task, birth_flags(task->mm));
}

/* Counts the call in, so that others beside it can tell. */
static __always_inline void begin_call(struct pending *p, struct space *space)
{
	p->active = 1;
	if (p->quiet) {
		__sync_fetch_and_add(&space->quiet_started, 1);
		return;
	}
	p->order = __sync_fetch_and_add(&space->started, 1);
	p->overlapped =
		space->finished != p->order || space->quiet_started != space->quiet_finished;
}

/*
 * The exit of this task's last call was never seen: kernel/trace/bpf_trace.c trace_call_bpf()
 * leaves a program out where another is at work on that CPU. The call is lost, and no longer under
 * way.
 */
static __always_inline void give_up_call(struct pending *p)
{
	struct space *space = space_at(p->space);

	p->active = 0;
	p->seen = (struct range){};
	if (!space)
		return;
	if (p->quiet) {
		__sync_fetch_and_add(&space->quiet_finished, 1);
		return;
	}
	__sync_fetch_and_add(&records_lost, 1);
	__sync_fetch_and_add(&space->lost, 1);
	__sync_fetch_and_add(&space->finished, 1);
}

static __always_inline int call_enter(__u32 call, const unsigned long *args, int nargs)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 mm = (__u64)task->mm;
	bool locks = asks_for_lock(call, args);
	bool begins = locks || follow_mappings;
	struct space *space = NULL;
	struct pending *p;

	if (!mm || muted || (call == WIRE_BRK && !args[0]))
		return 0;
	if (!begins) {
		space = find_space(mm);
		if (!space)
			return 0;
	}
	p = bpf_task_storage_get(&pending_calls, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!p) {
		__sync_fetch_and_add(&spaces_refused, 1);
		return 0;
	}
	if (p->active)
		give_up_call(p);
	if (p->fault.waiting)
		tell_fault(p, task);
	if (begins) {
		space = locking_space(mm, task, p);
		if (!space)
			return 0;
	}
	for (int i = 0; i < 5; i++)
		p->args[i] = i < nargs ? args[i] : 0;
	if (p->space != space->id)
		p->seen = (struct range){};
	p->mm = mm;
	p->space = space->id;
	p->call = call;
	p->extent = 0;
	p->old = (struct range){};
	p->before = (struct wire_word){};
	p->quiet = !locks && is_idle(space);
	p->stack = locks ? stack_number(space->id, task) : 0;
	begin_call(p, space);
	p->enter = bpf_ktime_get_ns();
	note_entry(call, p, task->mm);
	return 0;
}

static __always_inline void fill_call(struct wire_call *record, __u32 call, const struct pending *p,
				      const struct space *space, struct task_struct *task, long ret)
{
	record->call = call;
	record->flags = space->flags;
	record->lost = space->lost;
	record->space = space->id;
	record->enter = p->enter;
	record->exit = bpf_ktime_get_ns();
	record->pid = visible_pid(task->group_leader);
	record->tid = visible_pid(task);
	record->uid = task->cred->uid.val;
	record->pad = 0;
	__builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
	for (int i = 0; i < 5; i++)
		record->args[i] = p->args[i];
	record->extent = p->extent;
	record->ret = ret;
	record->before = p->before;
	record->after = (struct wire_word){};
	record->stack = p->stack;
}

/* To be asked after the word at exit was read: did another call begin or go on beside this one? */
static __always_inline __u16 overlap_flag(const struct pending *p, const struct space *space)
{
	return p->overlapped || *(volatile __u64 *)&space->started != p->order + 1 ? WIRE_OVERLAPPED
										   : 0;
}

/* The common record. False if it is not enough: a range of several VMAs. */
static __always_inline bool send_short(__u32 call, struct pending *p, struct space *space, long ret,
				       struct range range)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct wire_call *record = take_record(sizeof(*record), &space->lost);

	if (!record)
		return true;
	record->type = WIRE_CALL;
	fill_call(record, call, p, space, task, ret);
	if (range.start < range.end && !short_word(&record->after, range.start, range.end)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return false;
	}
	record->flags |= overlap_flag(p, space);
	p->seen = record->flags & WIRE_OVERLAPPED ? (struct range){} : range;
	p->seen_order = p->order;
	p->seen_word = record->after;
	send_record(record, p->order % 64 == 0);
	return true;
}

static __always_inline void note_failure(struct wire_call_detail *record, __u64 addr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vma_note note = { .want_file = 1 };
	__u64 caps = 0;

	record->evidence = WIRE_FAILED;
	record->limit_soft = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	record->limit_hard = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_max);
	record->locked_bytes = BPF_CORE_READ(task, mm, locked_vm) * page_size;
	bpf_core_read(&caps, sizeof(caps), &task->cred->cap_effective);
	if (caps & (1ULL << CAP_IPC_LOCK))
		record->evidence |= WIRE_CAP_IPC_LOCK;
	if (!find_vma(&note, addr) && note.magic == SECRETMEM_MAGIC)
		record->evidence |= WIRE_SECRETMEM;
	record->place = call_place(task);
}

static __noinline int send_detail(__u32 call, struct pending *p, struct space *space, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct wire_call_detail *record;
	struct range range;

	if (!p || !space)
		return 0;
	range = judged_range(call, p, ret);
	record = take_record(sizeof(*record), &space->lost);
	if (!record)
		return 0;
	record->call.type = WIRE_CALL_DETAIL;
	fill_call(&record->call, call, p, space, task, ret);
	record->limit_soft = record->limit_hard = record->locked_bytes = record->place = 0;
	record->evidence = record->pad = 0;
	record->old_start = p->old.start;
	record->old_end = p->old.end;
	record->old_after = (struct wire_word){};
	if (range.start < range.end)
		walk_word(&p->walk, &record->call.after, record->after_runs, &range);
	if (p->old.start < p->old.end)
		walk_word(&p->walk, &record->old_after, record->old_runs, &p->old);
	for (int i = 0; i < WIRE_MAX_RUNS; i++)
		record->before_runs[i] = p->runs[i];
	if (ret < 0 && (call <= WIRE_MUNLOCKALL || call == WIRE_MMAP))
		note_failure(record, p->args[0]);
	record->call.flags |= overlap_flag(p, space);
	send_record(record, true);
	return 0;
}

/* What a call has locked, or moved to where faults were of no interest. */
static __always_inline void watch_result(__u32 call, const struct pending *p,
					 const struct space *space, long ret)
{
	if (ret < 0)
		return;
	if (call == WIRE_MLOCKALL)
		watch_range(space, (struct range){ 0, -1ULL });
	else if (call == WIRE_MLOCK || call == WIRE_MLOCK2 || call == WIRE_MREMAP ||
		 (call == WIRE_MMAP && (p->args[3] & MAP_LOCKED)))
		watch_range(space, judged_range(call, p, ret));
}

/* False for a call that can matter to nobody. */
static __always_inline bool matters(struct pending *p, struct space *space)
{
	if (!p->quiet)
		return true;
	__sync_fetch_and_add(&space->quiet_finished, 1);
	if (is_idle(space))
		return false;
	p->order = __sync_fetch_and_add(&space->started, 1);
	p->overlapped = true; /* a lock call began beside it */
	return true;
}

static __always_inline int call_exit(__u32 call, long ret)
{
	struct pending *p = bpf_task_storage_get(&pending_calls, bpf_get_current_task_btf(), 0, 0);
	struct space *space;
	bool plain;

	if (!p || !p->active || p->call != call)
		return 0;
	p->active = 0;
	space = space_at(p->space);
	if (!space || !matters(p, space))
		return 0;
	if (call == WIRE_SHMAT && ret >= 0) {
		struct vma_note note = {};

		if (!find_vma(&note, ret))
			p->extent = note.end - ret;
	}
	if (ret >= 0 && !(p->args[3] & MREMAP_DONTUNMAP))
		p->old = (struct range){}; /* moved as a whole */
	watch_result(call, p, space, ret);
	plain = ret >= 0 && p->before.locked != WIRE_SOME && !p->old.end;
	if (!plain || !send_short(call, p, space, ret, judged_range(call, p, ret)))
		send_detail(call, p, space, ret);
	__sync_fetch_and_add(&space->finished, 1);
	return 0;
}

/* The two programs of a system call, thin as can be. */
#define TRACED_CALL(name, id, nargs)                                                               \
	SEC("tp/syscalls/sys_enter_" #name)                                                        \
	int enter_##name(struct syscall_enter *ctx)                                                \
	{                                                                                          \
		unsigned long args[5] = {};                                                        \
                                                                                                   \
		if (nargs > 0)                                                                     \
			args[0] = ctx->args[0];                                                    \
		if (nargs > 1)                                                                     \
			args[1] = ctx->args[1];                                                    \
		if (nargs > 2)                                                                     \
			args[2] = ctx->args[2];                                                    \
		if (nargs > 3)                                                                     \
			args[3] = ctx->args[3];                                                    \
		if (nargs > 4)                                                                     \
			args[4] = ctx->args[4];                                                    \
		return call_enter(id, args, nargs);                                                \
	}                                                                                          \
	SEC("tp/syscalls/sys_exit_" #name)                                                         \
	int exit_##name(struct syscall_exit *ctx)                                                  \
	{                                                                                          \
		return call_exit(id, ctx->ret);                                                    \
	}

#endif
