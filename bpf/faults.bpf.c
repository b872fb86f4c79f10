// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The fault path, and what shows that pages went to swap. The fault probes are attached when the
 * first lock is seen (or from the start, for a command of its own); a process that has locked
 * nothing then costs a look-up at each fault. The swap probe is attached only while some exposure
 * is open.
 */
#include "faults.bpf.h"

#include <bpf/bpf_tracing.h>

/* arch/x86/include/asm/trap_pf.h */
#define X86_PF_PROT  0x1
#define X86_PF_WRITE 0x2

/* Is it on a locked page, or might it be on an exposed one? */
static __always_inline bool matters_here(const struct watch *watch, struct pending *p)
{
	struct vma_note note = {};
	bool known = !find_vma(&note, p->fault.addr);

	p->fault.anonymous = known && note.anonymous;
	return watch->exposing || (known && (note.flags & VM_LOCKED));
}

static __always_inline int fault_begins(unsigned long addr, unsigned long error)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 mm = (__u64)task->mm;
	struct watch *watch;
	struct space *space;
	struct pending *p;
	bool inside;

	if (!mm || muted)
		return 0;
	space = find_space(mm);
	if (!space)
		return 0;
	watch = watch_of(space);
	if (!watch)
		return 0;
	inside = in_watch(watch, addr) && !is_idle(space);
	p = bpf_task_storage_get(&pending_calls, task, 0,
				 inside ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (!p)
		return 0;
	if (p->fault.waiting)
		tell_fault(p, task);
	p->fault.addr = addr;
	if (!inside || !matters_here(watch, p))
		return 0;
	p->fault.time = bpf_ktime_get_ns();
	p->fault.space = space->id;
	p->fault.min_flt = task->min_flt;
	p->fault.maj_flt = task->maj_flt;
	p->fault.flags = (error & X86_PF_PROT ? WIRE_FAULT_PRESENT : 0) |
			 (error & X86_PF_WRITE ? WIRE_FAULT_WRITE : 0);
	p->fault.waiting = 1;
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(user_faulted, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	return fault_begins(addr, error);
}

/* The kernel on the program's behalf: read(2) into a page, write(2) from it. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(kernel_faulted, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	return fault_begins(addr, error);
}

static __always_inline void send_swap(__u64 space, __u8 what, __u64 addr)
{
	struct wire_swap *record = take_record(sizeof(*record), &faults_lost);

	if (!record)
		return;
	record->type = WIRE_SWAP;
	record->what = what;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
	record->space = space;
	record->time = bpf_ktime_get_ns();
	record->addr = addr;
	send_record(record, true);
}

/* -1 in an exception, the number in a system call */
#if defined(__TARGET_ARCH_x86)
#define call_number(regs) ((long)BPF_CORE_READ(regs, orig_ax)) /* arch/x86/entry/entry_64.S */
#else
#define call_number(regs) ((long)BPF_CORE_READ(regs, syscallno))
#endif

/* This task is in a page fault of its own, and not reclaiming memory: what changes came back. */
static __always_inline bool faults_in(struct task_struct *task, struct mm_struct *mm)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return task->mm == mm && !(task->flags & PF_MEMALLOC) && call_number(regs) == -1;
}

/* Until 6.1, tasks kept counts of their own and added them up some faults later
 * (SPLIT_RSS_COUNTING): then the fault that is under way is another one. */
static __always_inline bool tells_at_once(void)
{
	/* Of a type that every kernel has: for one that the kernel's own BTF does not have, libbpf
	 * looks through that of its modules, and only CAP_SYS_ADMIN may list those. */
	return !bpf_core_field_exists(struct task_struct, rss_stat);
}

/*
 * mm/memory.c, mm/rmap.c: the count of an address space's pages in swap changes. The task is the
 * one that faults, or whoever reclaims memory.
 */
SEC("tp_btf/rss_stat")
int BPF_PROG(swap_changed, struct mm_struct *mm, int member)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct watch *watch;
	struct space *space;
	struct pending *p;

	if (member != MM_SWAPENTS || muted)
		return 0;
	space = find_space((__u64)mm);
	if (!space)
		return 0;
	watch = watch_of(space);
	if (!watch || !watch->exposing)
		return 0;
	if (tells_at_once() && faults_in(task, mm)) {
		p = bpf_task_storage_get(&pending_calls, task, 0, 0);
		if (p && p->fault.addr && in_watch(watch, p->fault.addr))
			send_swap(space->id, WIRE_SWAP_BACK, p->fault.addr);
	} else if (task->flags & PF_MEMALLOC) {
		p = bpf_task_storage_get(&pending_calls, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (p)
			p->reclaim.spaces[p->reclaim.count++ & (MOST_OWNERS - 1)] = space->id;
	}
	if (__sync_val_compare_and_swap(&watch->told, 0, 1) == 0)
		send_swap(space->id, WIRE_SWAP_TRAFFIC, 0);
	return 0;
}

/*
 * mm/vmscan.c shrink_folio_list(): a page is taken from all address spaces that map it, which
 * changes their counts (above), and then it is written, by the same task. An anonymous page's index
 * is its address, for as long as mremap has not moved the mapping (mm/rmap.c
 * __folio_set_anon()). The process may be gone before anybody can look into its page table: then
 * this is what is left to tell.
 */
SEC("tp_btf/mm_vmscan_write_folio")
int BPF_PROG(page_written, struct folio *folio)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pending *p = bpf_task_storage_get(&pending_calls, task, 0, 0);
	__u64 addr = folio->index * page_size;
	__u32 count;

	if (!p || !p->reclaim.count)
		return 0;
	count = p->reclaim.count;
	p->reclaim.count = 0;
	if (muted || !((__u64)BPF_CORE_READ(folio, mapping) & FOLIO_MAPPING_ANON))
		return 0;
	for (__u32 i = 0; i < MOST_OWNERS && i < count; i++)
		send_swap(p->reclaim.spaces[i], WIRE_SWAP_OUT, addr);
	return 0;
}

/* Run over all tasks when tracing ends: their last faults. */
SEC("iter/task")
int tell_last_faults(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct pending *p;

	if (!task)
		return 0;
	p = bpf_task_storage_get(&pending_calls, task, 0, 0);
	if (p && p->fault.waiting)
		tell_fault(p, task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
