// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What else moves or ends locked memory. mmap is a lock call, too, if MAP_LOCKED is given. */
#include "calls.bpf.h"

TRACED_CALL(mmap, WIRE_MMAP, 4)
TRACED_CALL(munmap, WIRE_MUNMAP, 2)
TRACED_CALL(mremap, WIRE_MREMAP, 5)
TRACED_CALL(brk, WIRE_BRK, 1)
TRACED_CALL(shmat, WIRE_SHMAT, 3)
TRACED_CALL(shmdt, WIRE_SHMDT, 1)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
