/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The user stack of a task that has just entered a system call.
 *
 * Two walks. Frame pointers give addresses, as far as code keeps them. bpf_get_stack() would follow
 * whatever the register holds: in code without frame pointers that may be the address of a key, and
 * eight bytes of it would be told as code. So each step is checked here: a frame lies on the stack
 * above the one before it, and a return address comes after a call instruction. Libraries without
 * frame pointers are the rule, and there that walk ends at once. What tells two paths to the same
 * lock call apart is then still on the stack: every word near its top that comes after a call
 * instruction. The return addresses are among these words, besides some that are left over from
 * calls made before.
 */
#ifndef MLOCKSCOPE_STACK_WALK_BPF_H
#define MLOCKSCOPE_STACK_WALK_BPF_H

#include "maps.bpf.h"

#define NEAR_WORDS	FEW(512, 16) /* of the stack that are looked through */
#define MOST_CODE_WORDS 30	     /* of these */
#define MOST_FAR_WORDS	8
#define STACK_REACH	(1ULL << 30) /* no frame is further from the top of its stack */
#define USER_END	(1ULL << 56) /* x86-64 with five levels of page tables; arm64: 52 bits */
#define LOWEST_CODE	65536

enum { REG_IP, REG_SP, REG_FP, REG_LR }; /* the first of wire_stack_copy.registers */

/*
 * The words of a stack by which its path is known again: those near the top that look like return
 * addresses, and those that frame pointers led to further up. More than there is room for: `count`
 * or `far_count` is beyond it.
 */
struct code_words {
	__u64 hash;	/* of the near ones */
	__u64 far_hash; /* of the others */
	__u16 count;
	__u16 far_count;
	__u16 at[MOST_CODE_WORDS]; /* ascending, in words from sp */
	__u32 far[MOST_FAR_WORDS]; /* the same */
};

/*
 * What is too large for the stack of a program. One for each CPU is enough: preemption is off, and
 * kernel/trace/bpf_trace.c trace_call_bpf() lets no other program of this kind in between.
 */
struct stack_work {
	__u64 space;
	__u64 caller; /* where the C library's wrapper returns to, if it is a leaf */
	__u64 frame;  /* the next one, by frame pointers */
	__u64 low;    /* nothing below it can be a frame any more */
	__u64 window; /* this second began then, */
	__u64 walks;  /* and has seen so many walks */
	struct code_words words;
	__u64 near_words; /* read into `near` */
	__u64 near[NEAR_WORDS];
	struct wire_stack_copy record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_work);
} stack_works SEC(".maps") __weak;

/* Set before load: so that no program can make its stacks collide with those of another. */
const volatile __u64 stack_seed __weak = 0;

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio, odd */
	return hash ^ (hash >> 29);
}

#if defined(__TARGET_ARCH_x86)
static __always_inline void read_registers(__u64 *to, struct task_struct *task)
{
	struct pt_regs *regs = user_registers(task);

	to[REG_IP] = KREAD(regs, ip);
	to[REG_SP] = KREAD(regs, sp);
	to[REG_FP] = KREAD(regs, bp);
	to[3] = KREAD(regs, bx);
	to[4] = KREAD(regs, r12);
	to[5] = KREAD(regs, r13);
	to[6] = KREAD(regs, r14);
	to[7] = KREAD(regs, r15);
}

/* In a system call wrapper of the C library, a leaf, the return address is on top of the stack. */
static __always_inline __u64 caller_of(const __u64 *registers)
{
	__u64 caller = 0;

	bpf_probe_read_user(&caller, sizeof(caller), (void *)registers[REG_SP]);
	return caller;
}

/* FF /2: call through a register or memory, however long its operand is. */
static __always_inline bool calls_through(const __u8 *at)
{
	return at[0] == 0xff && (at[1] & 0x38) == 0x10;
}

/* Intel's manual, CALL: E8 rel32, or FF /2 with one to six bytes of operand. */
static __noinline bool follows_call(__u64 address)
{
	__u8 code[8];

	if (address < LOWEST_CODE || address >= USER_END ||
	    bpf_probe_read_user(code, sizeof(code), (void *)(address - sizeof(code))))
		return false;
	return code[3] == 0xe8 || calls_through(code + 6) || calls_through(code + 5) ||
	       calls_through(code + 4) || calls_through(code + 2) || calls_through(code + 1);
}

static __always_inline __u64 plain_address(__u64 word)
{
	return word;
}
#else
static __always_inline void read_registers(__u64 *to, struct task_struct *task)
{
	struct user_pt_regs *regs = (void *)user_registers(task);

	to[REG_IP] = BPF_CORE_READ(regs, pc);
	to[REG_SP] = BPF_CORE_READ(regs, sp);
	to[REG_FP] = BPF_CORE_READ(regs, regs[29]);
	to[REG_LR] = BPF_CORE_READ(regs, regs[30]);
	to[4] = to[5] = to[6] = to[7] = 0;
}

/* ... or in the link register. */
static __always_inline __u64 caller_of(const __u64 *registers)
{
	return registers[REG_LR];
}

/* Arm's manual: BL, or BLR and its kin with pointer authentication. */
static __noinline bool follows_call(__u64 address)
{
	__u32 code = 0;

	if (address < LOWEST_CODE || address >= USER_END ||
	    bpf_probe_read_user(&code, sizeof(code), (void *)(address - sizeof(code))))
		return false;
	return (code & 0xfc000000) == 0x94000000 || (code & 0xfefff000) == 0xd63f0000;
}

/* Without the signature of pointer authentication, in bits 48 to 54 of a return address. */
static __always_inline __u64 plain_address(__u64 word)
{
	return word & ((1ULL << 48) - 1);
}
#endif

/* The caller of the C library's wrapper, without a walk. */
static __always_inline __u64 call_place(struct task_struct *task)
{
	__u64 registers[WIRE_STACK_REGISTERS];

	read_registers(registers, task);
	return caller_of(registers);
}

static __always_inline void add_address(struct stack_work *w, __u64 address)
{
	__u32 i = w->record.stack.count;

	if (i >= WIRE_STACK_ADDRESSES)
		return;
	w->record.stack.addresses[i] = address;
	w->record.stack.count = i + 1;
}

static __always_inline void note_far_word(struct stack_work *w, __u64 at, __u64 address)
{
	__u64 place = (at - w->record.registers[REG_SP]) / 8;
	__u32 n = w->words.far_count;

	if (place < NEAR_WORDS || n > MOST_FAR_WORDS)
		return;
	if (n < MOST_FAR_WORDS)
		w->words.far[n] = place;
	w->words.far_count = n + 1;
	w->words.far_hash = mix(w->words.far_hash, address);
}

struct stack_step {
	struct stack_work *work;
};

static long next_frame(__u32 i, struct stack_step *step)
{
	struct stack_work *w = step->work;
	__u64 at = w->frame, frame[2]; /* that of the caller, return address */

	if (at < w->low || at - w->record.registers[REG_SP] > STACK_REACH || (at & 7) ||
	    bpf_probe_read_user(frame, sizeof(frame), (void *)at))
		return 1;
	frame[1] = plain_address(frame[1]);
	if (!follows_call(frame[1]))
		return 1;
	add_address(w, frame[1]);
	note_far_word(w, at + 8, frame[1]);
	w->frame = frame[0];
	w->low = at + sizeof(frame);
	return 0;
}

/* A pointer to something on this stack is none to code. */
static __always_inline bool may_be_code(const struct stack_work *w, __u64 word)
{
	return word - w->record.registers[REG_SP] > STACK_REACH;
}

static long note_code_word(__u32 i, struct stack_step *step)
{
	struct stack_work *w = step->work;
	__u32 n = w->words.count;
	__u64 word;

	if (i >= NEAR_WORDS || i >= w->near_words)
		return 1;
	word = plain_address(w->near[i]);
	if (!may_be_code(w, word) || !follows_call(word))
		return 0;
	w->words.count = n + 1;
	if (n >= MOST_CODE_WORDS)
		return 1;
	w->words.at[n] = i;
	w->words.hash = mix(w->words.hash, word);
	return 0;
}

/* Up to `words` from the top of the stack; less where its mapping ends. False if there are none. */
static __always_inline bool read_near(struct stack_work *w, __u64 words)
{
	const void *top = (void *)w->record.registers[REG_SP];
	__u64 bytes = words * 8;

	if (bytes > sizeof(w->near))
		bytes = sizeof(w->near);
	if (bpf_probe_read_user(w->near, bytes, top)) {
		bytes = (page_size - ((__u64)top & (page_size - 1))) & (sizeof(w->near) - 8);
		if (bpf_probe_read_user(w->near, bytes, top))
			bytes = 0;
	}
	w->near_words = bytes / 8;
	return bytes;
}

/* fs/binfmt_elf.c create_elf_tables(): from start_stack on there are arguments, and no frames. */
static __always_inline __u64 words_below_arguments(const struct stack_work *w)
{
	struct task_struct *task = current_task();
	__u64 sp = w->record.registers[REG_SP], end = BPF_CORE_READ(task, mm, start_stack);

	return end > sp && end - sp < 8 * NEAR_WORDS ? (end - sp) / 8 : NEAR_WORDS;
}

/* Fills in the addresses of the record and the code words. */
static __noinline __maybe_unused int walk_stack(struct stack_work *w)
{
	struct stack_step step = { w };

	if (!w)
		return 0;
	w->words.hash = w->words.far_hash = stack_seed;
	w->words.count = w->words.far_count = 0;
	w->record.stack.count = 0;
	add_address(w, w->record.registers[REG_IP]);
	if (follows_call(w->caller))
		add_address(w, w->caller);
	w->frame = w->record.registers[REG_FP];
	w->low = w->record.registers[REG_SP];
	repeat(FEW(WIRE_STACK_ADDRESSES, 12), next_frame, &step);
	if (read_near(w, words_below_arguments(w)))
		repeat(NEAR_WORDS, note_code_word, &step);
	return 0;
}

static __always_inline bool same_far_words(const struct stack_work *w,
					   const struct code_words *words)
{
	__u64 hash = stack_seed, word;

	for (__u32 i = 0; i < MOST_FAR_WORDS && i < words->far_count; i++) {
		const void *at = (void *)(w->record.registers[REG_SP] + 8 * (__u64)words->far[i]);

		if (bpf_probe_read_user(&word, sizeof(word), at))
			return false;
		hash = mix(hash, plain_address(word));
	}
	return hash == words->far_hash;
}

/*
 * The stack has the same words at the same places. If so, it is the same path: the return address
 * of a function lies where its caller left it, and the first that differs is one of these words.
 */
static __noinline __maybe_unused bool same_words(struct stack_work *w,
						 const struct code_words *words)
{
	__u64 hash = stack_seed;
	__u32 last;

	if (!w || !words)
		return false;
	last = words->count - 1;
	if (last >= MOST_CODE_WORDS || !read_near(w, words->at[last] + 1))
		return false;
	for (__u32 i = 0; i < MOST_CODE_WORDS && i <= last; i++) {
		__u32 at = words->at[i] & (NEAR_WORDS - 1);

		if (at >= w->near_words)
			return false;
		hash = mix(hash, plain_address(w->near[at]));
	}
	return hash == words->hash && same_far_words(w, words);
}

#endif
