// As parked.c, in C++: names are mangled.
#include <cstdio>
#include <unistd.h>

namespace pool {

template <class T> struct Keeper {
  [[gnu::noinline, gnu::noclone]] void keep(T times) {
    char byte[100];
    while (times-- > 0 && ::read(0, byte, 1) > 0) {
    }
    asm volatile("" : : "r"(byte) : "memory");
  }
};

[[gnu::noinline, gnu::noclone]] void hold(Keeper<long>& keeper) {
  keeper.keep(1000000);
  asm volatile("" : : : "memory");
}

} // namespace pool

int main() {
  std::printf("pool::hold %p\nparked 0\n", reinterpret_cast<void*>(&pool::hold));
  std::fflush(stdout);
  pool::Keeper<long> keeper;
  pool::hold(keeper);
}
