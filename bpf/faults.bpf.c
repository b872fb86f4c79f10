// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The fault path, and what shows that pages went to swap. The fault probes are attached when the
 * first lock is seen (or from the start, for a command of its own); a process that has locked
 * nothing then costs a look-up at each fault. The swap probe is attached only while some exposure
 * is open.
 */
#include "faults.bpf.h"
#include "function_arguments.bpf.h"

#include <bpf/bpf_tracing.h>

/* arch/x86/include/asm/trap_pf.h */
#define X86_PF_PROT  0x1
#define X86_PF_WRITE 0x2

/* Of do_user_addr_fault() and faultin_page(): include/linux/mm_types.h enum fault_flag */
#define FAULT_FLAG_WRITE 0x1

/* Is it on a locked page, or might it be on an exposed one? `vma`: where the fault is, if known. */
static __always_inline bool matters_here(const struct watch *watch, struct pending *p,
					 struct vm_area_struct *vma)
{
	struct vma_note note = {};
	bool known = true;

	if (vma)
		note_vma_of(vma, &note);
	else
		known = !find_vma(&note, p->fault.addr);
	p->fault.anonymous = known && note.anonymous;
	return watch->exposing || (known && (note.flags & VM_LOCKED));
}

static __always_inline int fault_begins(unsigned long addr, struct vm_area_struct *vma, __u8 flags)
{
	struct task_struct *task = current_task();
	__u64 mm = (__u64)KREAD(task, mm);
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
	p = pending_of(task, inside);
	if (!p)
		return 0;
	if (p->fault.waiting)
		tell_fault(p, task);
	p->fault.addr = addr;
	if (!inside || !matters_here(watch, p, vma))
		return 0;
	p->fault.time = bpf_ktime_get_ns();
	p->fault.space = space->id;
	p->fault.min_flt = KREAD(task, min_flt);
	p->fault.maj_flt = KREAD(task, maj_flt);
	p->fault.flags = flags;
	p->fault.waiting = 1;
	return 0;
}

static __always_inline __u8 flags_of_error(unsigned long error)
{
	return (error & X86_PF_PROT ? WIRE_FAULT_PRESENT : 0) |
	       (error & X86_PF_WRITE ? WIRE_FAULT_WRITE : 0);
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(tracepoint__user_fault, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	return fault_begins(addr, NULL, flags_of_error(error));
}

/* The kernel on the program's behalf: read(2) into a page, write(2) from it. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(tracepoint__kernel_fault, unsigned long addr, struct pt_regs *regs,
	     unsigned long error)
{
	return fault_begins(addr, NULL, flags_of_error(error));
}

/*
 * mm/memory.c handle_mm_fault(): both of these, on every architecture, and its end. Without
 * registers it is no fault of the program's, but mlock that brings the pages in (mm/gup.c
 * faultin_page()). Of a fault that has to be tried again nothing is counted, and it comes again.
 */
static __always_inline int function_begins(struct vm_area_struct *vma, unsigned long addr,
					   unsigned long flags, const void *regs)
{
	return regs ? fault_begins(addr, vma, flags & FAULT_FLAG_WRITE ? WIRE_FAULT_WRITE : 0) : 0;
}

static __always_inline int function_ends(void)
{
	struct task_struct *task = current_task();
	struct pending *p = pending_of(task, false);

	if (p && p->fault.waiting)
		tell_fault(p, task);
	return 0;
}

/* What kind of fault it turned out to be. */
static __always_inline int fault_is(__u8 flag)
{
	struct pending *p = pending_of(current_task(), false);

	if (p && p->fault.waiting)
		p->fault.flags |= flag;
	return 0;
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(fentry__fault_enter, struct vm_area_struct *vma, unsigned long addr,
	     unsigned int flags, struct pt_regs *regs)
{
	return function_begins(vma, addr, flags, regs);
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(fentry__fault_exit)
{
	return function_ends();
}

/* mm/memory.c handle_pte_fault(): what is there is a page that may not be written to. */
SEC("fentry/do_wp_page")
int BPF_PROG(fentry__fault_on_present)
{
	return fault_is(WIRE_FAULT_PRESENT);
}

/* ... or the entry of a page in swap. */
SEC("fentry/do_swap_page")
int BPF_PROG(fentry__fault_on_swapped)
{
	return fault_is(WIRE_FAULT_SWAP);
}

SEC("kprobe/handle_mm_fault")
int kprobe__fault_enter(struct pt_regs *ctx)
{
	return function_begins((struct vm_area_struct *)argument(ctx, 0), argument(ctx, 1),
			       argument(ctx, 2), (void *)argument(ctx, 3));
}

SEC("kretprobe/handle_mm_fault")
int kprobe__fault_exit(struct pt_regs *ctx)
{
	return function_ends();
}

SEC("kprobe/do_wp_page")
int kprobe__fault_on_present(struct pt_regs *ctx)
{
	return fault_is(WIRE_FAULT_PRESENT);
}

SEC("kprobe/do_swap_page")
int kprobe__fault_on_swapped(struct pt_regs *ctx)
{
	return fault_is(WIRE_FAULT_SWAP);
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
	struct pt_regs *regs = user_registers(task);

	return KREAD(task, mm) == mm && !(KREAD(task, flags) & PF_MEMALLOC) &&
	       call_number(regs) == -1;
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
	struct task_struct *task = current_task();
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
		p = pending_of(task, false);
		if (p && p->fault.addr && in_watch(watch, p->fault.addr))
			send_swap(space->id, WIRE_SWAP_BACK, p->fault.addr);
	} else if (KREAD(task, flags) & PF_MEMALLOC) {
		p = pending_of(task, true);
		if (p)
			p->reclaim.spaces[p->reclaim.count++ & (MOST_OWNERS - 1)] = space->id;
	}
	if (claim_once(&watch->told))
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
static __always_inline int page_goes(__u64 index, __u64 mapping)
{
	struct pending *p = pending_of(current_task(), false);
	__u32 count;

	if (!p || !p->reclaim.count)
		return 0;
	count = p->reclaim.count;
	p->reclaim.count = 0;
	if (muted || !(mapping & FOLIO_MAPPING_ANON))
		return 0;
	for (__u32 i = 0; i < MOST_OWNERS && i < count; i++)
		send_swap(p->reclaim.spaces[i], WIRE_SWAP_OUT, index * page_size);
	return 0;
}

SEC("tp_btf/mm_vmscan_write_folio")
int BPF_PROG(page_written, struct folio *folio)
{
	return page_goes(BPF_CORE_READ(folio, index), (__u64)BPF_CORE_READ(folio, mapping));
}

/* Its name before 5.18, when a page had the two fields itself. */
SEC("tp_btf/mm_vmscan_writepage")
int BPF_PROG(single_page_written, struct page *page)
{
	return page_goes(BPF_CORE_READ(page, index), (__u64)BPF_CORE_READ(page, mapping));
}

/* Run over all tasks when tracing ends: their last faults. */
SEC("iter/task")
int tell_last_faults(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct pending *p;

	if (!task)
		return 0;
	p = pending_of(task, false);
	if (p && p->fault.waiting)
		tell_fault(p, task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
