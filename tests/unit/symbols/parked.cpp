#include "parked.hpp"

#include "procfs/maps.hpp"
#include "support/catch.hpp"

#include <cinttypes>
#include <csignal>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlockscope;

std::string program_path(const std::string& name) { return std::string(PROGRAMS) + "/" + name; }

Parked::Parked(const std::string& path, std::vector<std::string> arguments,
               const std::function<void()>& prepare) {
  int in[2];
  int out[2];
  REQUIRE(::pipe(in) == 0);
  REQUIRE(::pipe(out) == 0);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
    if (prepare) prepare();
    std::vector<char*> words{const_cast<char*>(path.c_str())};
    for (std::string& each : arguments) words.push_back(each.data());
    words.push_back(nullptr);
    ::execv(path.c_str(), words.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = ::fdopen(out[0], "r");
  read_words();
}

void Parked::read_words() {
  char name[100];
  std::uint64_t value = 0;
  while (words_.count("parked") == 0) {
    const int read = std::fscanf(output_, "%99s %" SCNx64, name, &value);
    REQUIRE(read == 2); // or it could not be started
    words_[name] = value;
  }
}

void Parked::end() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(input_);
  std::fclose(output_);
  pid_ = -1;
}

model::Address Parked::address(const std::string& name) const {
  const auto at = words_.find(name);
  return at == words_.end() ? 0 : at->second;
}

std::vector<model::CodeMapping> Parked::code() const {
  auto code = procfs::read_code("/proc", pid());
  REQUIRE(code.ok());
  return code.take();
}

namespace {

model::StackCopy registers_of(int pid) {
  model::StackCopy copy;
#if defined(__x86_64__)
  user_regs_struct now{};
  iovec piece{&now, sizeof(now)};
  REQUIRE(::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &piece) == 0);
  copy.values = {now.rip, now.rsp, now.rbp, now.rbx, now.r12, now.r13, now.r14, now.r15};
#elif defined(__aarch64__)
  user_regs_struct now{};
  iovec piece{&now, sizeof(now)};
  REQUIRE(::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &piece) == 0);
  copy.values = {now.pc, now.sp, now.regs[29], now.regs[30]};
#endif
  return copy;
}

} // namespace

model::StackCopy Parked::copy(std::size_t bytes) const {
  // It has said that it parks, and may still be on its way: wait for it to sleep in read(2).
  for (int i = 0; i < 1000; ++i) {
    const std::string path = "/proc/" + std::to_string(pid_) + "/stat";
    std::FILE* const stat = std::fopen(path.c_str(), "r");
    char state = '?';
    if (stat) {
      CHECK(std::fscanf(stat, "%*d (%*[^)]) %c", &state) == 1);
      std::fclose(stat);
    }
    if (state == 'S') break;
    ::usleep(1000);
  }
  REQUIRE(::ptrace(PTRACE_SEIZE, pid_, 0, 0) == 0);
  REQUIRE(::ptrace(PTRACE_INTERRUPT, pid_, 0, 0) == 0);
  REQUIRE(::waitpid(pid_, nullptr, __WALL) == pid_);
  model::StackCopy copy = registers_of(pid_);
  const std::uint64_t sp = copy.values[model::StackCopy::sp];
  // Up to the top of the stack, where a longer read would fail as a whole.
  for (std::size_t at = 0; at < bytes;) {
    const std::size_t size = std::min(bytes - at, 4096 - ((sp + at) & 4095U));
    copy.bytes.resize(at + size);
    iovec to{copy.bytes.data() + at, size};
    iovec from{reinterpret_cast<void*>(sp + at), size};
    if (::process_vm_readv(pid_, &to, 1, &from, 1, 0) != static_cast<ssize_t>(size)) {
      copy.bytes.resize(at);
      break;
    }
    at += size;
  }
  REQUIRE(::ptrace(PTRACE_DETACH, pid_, 0, 0) == 0);
  return copy;
}

Asker::Asker(symbols::Resolver::Options options) {
  auto started = symbols::Resolver::start(options);
  REQUIRE(started.ok());
  resolver_ = started.take();
}

void Asker::describe(const Parked& program) { describe(program.code(), program.pid()); }

void Asker::describe(const std::vector<model::CodeMapping>& code, std::uint32_t pid) {
  key_ = {model::SpaceId{static_cast<std::uint64_t>(key_.space) + 1}, 0};
  resolver_->describe(key_, code, pid);
}

model::Stack Asker::ask(std::vector<model::Address> addresses,
                        std::optional<model::StackCopy> copy) {
  resolver_->submit({++last_id_, key_, std::move(addresses), std::move(copy)});
  std::vector<symbols::Answer> answers;
  resolver_->finish(std::chrono::seconds(30), answers);
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0].id == last_id_);
  return answers[0].stack;
}

std::vector<std::string> names(const model::Stack& stack) {
  std::vector<std::string> names;
  for (const auto& frame : stack) names.push_back(frame.symbol.value_or("?"));
  return names;
}

model::CodeMapping as_mapped(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  model::CodeMapping mapping;
  mapping.pages = {0x10000000, 0x10000000 + ((size + 4095) & ~std::uint64_t{4095})};
  mapping.inode = status.st_ino;
  mapping.device = status.st_dev;
  mapping.path = path;
  return mapping;
}
