// sodium [heap|guarded]: keeps secrets as users of libsodium do.
//
//   heap     sodium_mlock on small blocks of the heap, which share pages: the first
//            sodium_munlock of a page takes the lock from the others (default)
//   guarded  sodium_malloc, which gives each block pages of its own
//
// {"program":"sodium","how":"heap","pid":7,"secrets":8,"failed":0}
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRETS = 8, BYTES = 32 };

static int keep_on_heap(void) {
  unsigned char* secrets[SECRETS];
  int failed = 0;
  for (int i = 0; i < SECRETS; ++i) {
    secrets[i] = malloc(BYTES);
    failed += secrets[i] == NULL || sodium_mlock(secrets[i], BYTES) != 0;
    randombytes_buf(secrets[i], BYTES);
  }
  for (int i = 0; i < SECRETS; ++i) {
    failed += sodium_munlock(secrets[i], BYTES) != 0;
    free(secrets[i]);
  }
  return failed;
}

static int keep_guarded(void) {
  void* secrets[SECRETS];
  int failed = 0;
  for (int i = 0; i < SECRETS; ++i) {
    secrets[i] = sodium_malloc(BYTES);
    if (secrets[i] == NULL) abort();
    randombytes_buf(secrets[i], BYTES);
  }
  for (int i = 0; i < SECRETS; ++i) sodium_free(secrets[i]);
  return failed;
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "heap";
  if (sodium_init() < 0) return 1;
  const int failed = strcmp(how, "guarded") == 0 ? keep_guarded() : keep_on_heap();
  printf("{\"program\":\"sodium\",\"how\":\"%s\",\"pid\":%d,\"secrets\":%d,\"failed\":%d}\n", how,
         getpid(), SECRETS, failed);
  return failed != 0;
}
