/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The arguments and the return value of a kernel function, in a kprobe's registers. */
#ifndef MLOCKSCOPE_FUNCTION_ARGUMENTS_BPF_H
#define MLOCKSCOPE_FUNCTION_ARGUMENTS_BPF_H

#include "kernel_types.h"

/* The first six, by number; a constant. System V ABI; AAPCS64. */
#if defined(__TARGET_ARCH_x86)
#define argument(ctx, i)                                                                           \
	((i) == 0   ? (ctx)->di                                                                    \
	 : (i) == 1 ? (ctx)->si                                                                    \
	 : (i) == 2 ? (ctx)->dx                                                                    \
	 : (i) == 3 ? (ctx)->cx                                                                    \
	 : (i) == 4 ? (ctx)->r8                                                                    \
		    : (ctx)->r9)
#define returned(ctx) ((long)(ctx)->ax)
#else
#define argument(ctx, i) ((ctx)->regs[i])
#define returned(ctx)	 ((long)(ctx)->regs[0])
#endif

#endif
