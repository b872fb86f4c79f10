// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The calls that lock and unlock: they make an address space one that is followed. */
#include "calls.bpf.h"

TRACED_CALL(mlock, WIRE_MLOCK, 2)
TRACED_CALL(mlock2, WIRE_MLOCK2, 3)
TRACED_CALL(munlock, WIRE_MUNLOCK, 2)
TRACED_CALL(mlockall, WIRE_MLOCKALL, 1)
TRACED_CALL(munlockall, WIRE_MUNLOCKALL, 0)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
