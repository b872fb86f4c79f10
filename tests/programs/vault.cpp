// vault: as keeper, in C++: names that the compiler has mangled.
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace vault {

template <class Byte> class Key {
public:
  explicit Key(Byte* at) : at_(at) {}
  [[gnu::noinline]] void load(std::vector<int>& log) const {
    if (::mlock(at_, 32) != 0) throw std::runtime_error("mlock");
    log.push_back(1);
  }
  [[gnu::noinline]] void drop(std::vector<int>& log) const {
    if (::munlock(at_, 32) != 0) throw std::runtime_error("munlock");
    log.push_back(2);
  }

private:
  Byte* at_;
};

} // namespace vault

int main() {
  auto* const page = static_cast<unsigned char*>(
      ::mmap(nullptr, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::vector<int> log;
  const vault::Key<unsigned char> one(page), other(page + 100);
  one.load(log);
  other.load(log);
  one.drop(log);
  return log.size() == 3 ? 0 : 1;
}
