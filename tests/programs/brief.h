// libbrief.so: mlock() and munlock(), one function further from the program.
#pragma once

#include <stddef.h>

int brief_lock(const void* start, size_t length);
int brief_unlock(const void* start, size_t length);
int lock_first(void);
int lock_second(void);
int unlock_first(void);
