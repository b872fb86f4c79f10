// The explanations of all kinds. The examples are whole programs, and give exactly the finding
// that they stand for; the tests compile them.
#include "report/explain.hpp"

#include "report/remedies.hpp"

namespace mlockscope::report {
namespace {

using model::Kind;

constexpr std::string_view swap_harm =
    "Bytes that are not locked can be written to swap at any time, and stay on the disk when the "
    "program has wiped its memory and ended. Whoever gets the disk, its image or the hibernation "
    "file can read them (CWE-591). Nothing tells the program: the call succeeded, and its own "
    "bookkeeping still says that the bytes are locked.";

const Explanation spill{
    "an unlock takes the lock from another secret on the same page",
    "Memory is locked and unlocked by whole pages. munlock was called for some bytes, was rounded "
    "to the pages that they are on, and unlocked bytes of another lock that is still wanted.",
    swap_harm,
    R"(#include <stddef.h>
#include <sys/mman.h>

int main(void) {
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *key = page, *other = page + 100;
  mlock(key, 32);
  mlock(other, 32);
  munlock(key, 32); /* other is not locked any more */
}
)",
    "Give each secret pages of its own, by mmap or a library that does so, such as "
    "sodium_malloc(). Memory of malloc shares its pages with whatever else was allocated.\n\n"
    "Where that costs too much memory: let a pool count the users of each page, and unlock a page "
    "with its last one. Or lock the pool once and keep it locked.",
    remedies::pages_of_its_own};

const Explanation self_spill{
    "unlocking a part of a buffer unlocks more of it",
    "munlock was called for a part of what had been locked. It was rounded to whole pages, and "
    "unlocked bytes of the part that was to stay locked.",
    swap_harm,
    R"(#include <stddef.h>
#include <sys/mman.h>

int main(void) {
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *keys = pages + 4000;
  mlock(keys, 200);
  munlock(keys, 50); /* the bytes after these are not locked, either */
}
)",
    "Unlock a buffer as a whole, when all of it has served; wipe parts that are not needed any "
    "more and leave them locked. If parts have lives of their own, give each pages of its own.",
    remedies::locked_once};

const Explanation nested{
    "a second lock covers the same bytes",
    "Linux does not count locks. The bytes were locked twice, by ranges that overlap, and one "
    "munlock undid both: the other lock is still wanted, and gone.",
    swap_harm,
    R"(#include <stddef.h>
#include <sys/mman.h>

int main(void) {
  char *pool = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *key = pool + 64;
  mlock(pool, 8192);
  mlock(key, 32);
  munlock(key, 32); /* makes a hole in the pool */
}
)",
    "Let one place in the program own the locks of a page. Memory from a locked pool needs no lock "
    "of its own: wipe it when it has served, and do not call munlock for a part of the pool. Where "
    "several owners cannot be avoided, count the users of each page and unlock with the last.",
    remedies::counted_pages};

const Explanation stacked{
    "a range was locked more than once and unlocked once",
    "Linux does not count locks: the first munlock of a range undoes every mlock of it. Often two "
    "parts of a program lock the same buffer, or a library rounds to whole pages by itself and two "
    "secrets on one page become the same range.",
    swap_harm,
    R"(#include <stddef.h>
#include <sys/mman.h>

int main(void) {
  char *key = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mlock(key, 64);   /* one part of the program */
  mlock(key, 64);   /* another one */
  munlock(key, 64); /* the first is done; the second has lost its lock */
}
)",
    "Let one place own the lock of a page, count the users, and call munlock with the last.",
    remedies::counted_pages};

const Explanation lockall_hole{
    "an unlock makes a hole in what mlockall keeps locked",
    "The program locked all of its memory with mlockall, and then somebody called munlock: a "
    "library that locks and unlocks its secrets, for instance. munlock unlocks its pages even if "
    "mlockall has locked them, with all else that is on them.",
    swap_harm,
    R"(#include <stddef.h>
#include <sys/mman.h>

int main(void) {
  char *key = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  mlock(key, 32);
  munlock(key, 32); /* this page is not locked any more, all others are */
}
)",
    "Where mlockall is in use, do not call munlock: wipe the bytes and leave them locked. If a "
    "library calls it, tell the library that memory is locked already (many have a switch for "
    "that), or call mlockall again after it.",
    remedies::locked_once};

const Explanation lock_failed{
    "a lock was asked for and refused",
    "mlock, mlock2, mlockall or mmap with MAP_LOCKED did not lock the memory. Mostly "
    "RLIMIT_MEMLOCK is too small and the program has no CAP_IPC_LOCK. One finding stands for all "
    "failures of the same place.",
    "Programs often ignore the error and store the secret all the same. It can then be written to "
    "swap at any time, and stay on the disk (CWE-591). A mlockall with MCL_FUTURE that is over "
    "the limit also makes later allocations fail.",
    R"(#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

int main(void) { /* as an ordinary user: root may always lock */
  char *key = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_MEMLOCK, &none);
  mlock(key, 32); /* EPERM, and nobody looks */
}
)",
    "Look at the result, and do not store a secret in memory that is not locked; at least say so "
    "loudly.\n\n"
    "Raise the limit where the program is started: LimitMEMLOCK= in its systemd unit, memlock in "
    "/etc/security/limits.conf, --ulimit memlock= for a container. Lock little: whole pages for "
    "secrets alone, not all of the heap.",
    remedies::checked_lock};

const Explanation fork{
    "a child has an unlocked copy of locked bytes",
    "The child of a fork gets a copy of all memory, and no lock. This child lived on without "
    "execve, with a copy of bytes that its parent has locked. If the parent ended, as when a "
    "program goes to the background, nobody has them locked any more.",
    "The copy can be written to swap like any other memory, and stay on the disk (CWE-591). The "
    "child mostly does not know of it, and so never wipes it. A daemon that locked its keys before "
    "it forked runs without locks for its whole life.",
    R"(#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  char *key = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mlock(key, 32);
  if (fork() == 0) {
    sleep(1); /* a child at work, with an unlocked copy of the key */
    _exit(0);
  }
  wait(NULL);
}
)",
    "Keep secrets from children: madvise(MADV_WIPEONFORK) or MADV_DONTFORK for their pages.\n\n"
    "A child that needs them must lock them itself, and so must a daemon: fork first, lock then. "
    "To start another program use posix_spawn, or call execve at once.",
    remedies::kept_from_children};

const Explanation swapped{
    "bytes that the program believes to be locked are in swap",
    "An earlier finding opened an exposure: bytes lost their lock. Then the kernel wrote their "
    "page "
    "to swap, or it came back from there.",
    "It has happened: the secret is or was on the disk. Wiping the memory does not wipe the disk "
    "(CWE-591). Only swap that is encrypted with a key of its own for each boot protects it.",
    R"(#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(page, 'k', 4096);
  mlock(page, 32);
  mlock(page + 100, 32);
  munlock(page, 32);
  madvise(page, 4096, MADV_PAGEOUT); /* as a busy machine does itself */
  sleep(2);
}
)",
    "Treat the secret as known to whoever can read the disk: replace it, and wipe the swap "
    "(swapoff, then overwrite).\n\n"
    "Mend the finding that this one names: it says which unlock was to blame. Encrypt the swap, or "
    "do without. For keys that are used seldom, memfd_secret(2) memory is never swapped.",
    remedies::pages_of_its_own};

} // namespace

const Explanation& explanation(Kind kind) {
  switch (kind) {
  case Kind::spill:
    return spill;
  case Kind::self_spill:
    return self_spill;
  case Kind::nested:
    return nested;
  case Kind::stacked:
    return stacked;
  case Kind::lockall_hole:
    return lockall_hole;
  case Kind::lock_failed:
    return lock_failed;
  case Kind::fork:
    return fork;
  case Kind::swapped:
    break;
  }
  return swapped;
}

} // namespace mlockscope::report
