#include "program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>

namespace mlockscope::live {
namespace {

constexpr auto nap = std::chrono::milliseconds(5);
/// A minute; more where everything is slow, as under emulation.
int most_naps() {
  const char* const seconds = std::getenv("MLOCKSCOPE_TEST_PATIENCE");
  return 200 * (seconds == nullptr || *seconds == '\0' ? 60 : std::atoi(seconds));
}

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  util::Fd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {util::Fd(ends[0]), util::Fd(ends[1])};
}

std::string words_of(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

void redirect(const std::string& path, int to) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0 || ::dup2(file, to) < 0) ::_exit(125);
}

} // namespace

Folder::Folder() : path_(std::filesystem::temp_directory_path() / "mlockscope-live-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr || ::chmod(path_.c_str(), 0755) != 0) fail(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text, unsigned mode) const {
  std::ofstream(path(name)) << text;
  if (::chmod(path(name).c_str(), mode) != 0) fail(path(name));
  return path(name);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void give_up_or_sleep(const std::string& what, int& tries) {
  if (++tries > most_naps()) throw std::runtime_error("waited in vain: " + what);
  std::this_thread::sleep_for(nap);
}

Program::Program(const Words& command, const Settings& settings) {
  Pipe input = make_pipe(), go = make_pipe();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(command, settings, input.read.get(), settings.held ? go.read.get() : -1);
  input_ = std::move(input.write);
  if (settings.held) go_ = std::move(go.write);
}

/// In the child. Descriptors of the test are all close-on-exec.
void Program::become(const Words& command, const Settings& settings, int input, int go) const {
  char byte = 0;
  if (go >= 0 && ::read(go, &byte, 1) != 1) ::_exit(125);
  ::dup2(input, STDIN_FILENO);
  redirect(folder_.path("out"), STDOUT_FILENO);
  redirect(folder_.path("err"), STDERR_FILENO);
  for (const auto& [from, to] : settings.descriptors) ::dup2(from, to);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::perror(arguments[0]);
  ::_exit(125);
}

Program::~Program() {
  if (running()) kill(SIGKILL);
  wait();
}

void Program::release() {
  if (::write(go_.get(), "", 1) != 1) fail("release");
  go_.reset();
}

void Program::say(const std::string& text) {
  if (::write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail("write to a program");
}

void Program::kill(int signal) const { ::kill(pid_, signal); }

std::string Program::wait() {
  end_input();
  int status = 0;
  while (ending_.empty())
    if (::waitpid(pid_, &status, 0) == pid_) ending_ = words_of(status);
  return ending_;
}

bool Program::running() {
  int status = 0;
  if (ending_.empty() && ::waitpid(pid_, &status, WNOHANG) == pid_) ending_ = words_of(status);
  return ending_.empty();
}

std::string Program::line(std::size_t number) {
  std::string found;
  wait_until("line " + std::to_string(number) + " of a program", [&] {
    const bool ended = !running();
    std::istringstream text(out());
    std::size_t count = 0;
    while (count < number && std::getline(text, found) && !text.eof()) ++count;
    if (count < number && ended) throw std::runtime_error("it ended first: " + ending_ + err());
    return count == number;
  });
  return found;
}

} // namespace mlockscope::live
