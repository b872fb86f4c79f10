/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which pages a call is about, from its arguments, as the kernel rounds them. */
#ifndef MLOCKSCOPE_CALL_RANGES_BPF_H
#define MLOCKSCOPE_CALL_RANGES_BPF_H

#include "maps.bpf.h"

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

/* Of the calls that only change locks. */
static __always_inline bool is_lock(__u32 call)
{
	return call <= WIRE_MUNLOCKALL;
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

#endif
