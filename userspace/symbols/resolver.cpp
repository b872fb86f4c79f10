#include "symbols/resolver.hpp"

#include "symbols/broker.hpp"
#include "symbols/channel.hpp"
#include "symbols/messages.hpp"
#include "symbols/sandbox.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mlockscope::symbols {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t most_outgoing = std::size_t{64} << 20; // bytes that the broker has not read
// A file system that does not answer holds the broker in open(2), for ever: then names end.
constexpr std::chrono::seconds most_silence{60};

[[noreturn]] void be_broker(util::Fd socket, const Resolver::Options& options) {
  // What ends the tracer may leave stacks to be named: the end of the socket ends the broker.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
    ::signal(signal, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_NAME, "mlockscope-sym");
  close_all_but(socket.get(), -1);
  if (!options.verbose) ::dup2(STDOUT_FILENO, STDERR_FILENO);
  [[maybe_unused]] const int ignored = ::chdir("/"); // keeps no file system busy
  rlimit limits{};
  if (::getrlimit(RLIMIT_NOFILE, &limits) == 0) {
    limits.rlim_cur = limits.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limits);
  }
  int status = 0;
  try {
    run_broker(std::move(socket), options);
  } catch (...) {
    status = 1; // out of memory; the resolver sees that it is gone
  }
  ::_exit(status);
}

// It is no child of ours, so that who waits for all children, as `run --wait-all` does, neither
// waits for it nor takes its exit status. Gives its id, or 0 with errno.
pid_t start_broker(util::Fd socket, const Resolver::Options& options) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return 0;
  const util::Fd told(ends[0]);
  util::Fd tell(ends[1]);
  const pid_t between = ::fork();
  if (between < 0) return 0;
  if (between == 0) {
    const pid_t broker = ::fork();
    if (broker == 0) be_broker(std::move(socket), options);
    const ssize_t written = ::write(tell.get(), &broker, sizeof(broker));
    ::_exit(written == sizeof(broker) ? 0 : 1);
  }
  tell.reset();
  while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_t broker = 0;
  const ssize_t got = ::read(told.get(), &broker, sizeof(broker));
  if (got != sizeof(broker) || broker < 0) errno = EAGAIN; // as fork(2) says it
  return got == sizeof(broker) ? broker : 0;
}

} // namespace

class Resolver::Impl {
public:
  Impl(Options options, util::Fd socket, pid_t broker)
      : options_(options), broker_(broker),
        broker_fd_(static_cast<int>(::syscall(SYS_pidfd_open, broker, 0))),
        channel_(std::move(socket), most_message), ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        events_(::epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, ready_.get(), &event);
    ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, channel_.fd(), &event);
  }
  ~Impl() { end_broker(); }

  void describe(CodeKey key, const std::vector<model::CodeMapping>& code, std::uint32_t pid);
  void forget(model::SpaceId space);
  void submit(const Request& request);
  std::size_t collect(std::vector<Answer>& answers);
  void finish(milliseconds patience, std::vector<Answer>& answers);

  [[nodiscard]] int fd() const { return events_.get(); }
  [[nodiscard]] Counters counters() const { return counters_; }
  [[nodiscard]] int broker_pid() const { return broker_; }

private:
  [[nodiscard]] bool alive() const { return broker_ > 0 && !channel_.gone(); }
  [[nodiscard]] bool full() const { return channel_.queued() > most_outgoing; }
  void send(const Writer& message);
  void watch_output();
  void answer(std::uint64_t id, model::Stack stack);
  void take(std::string_view message);
  void receive();
  void end_broker();
  void give_up_all();

  Options options_;
  pid_t broker_;
  util::Fd broker_fd_;
  Channel channel_;
  util::Fd ready_;  ///< readable while done_ has answers
  util::Fd events_; ///< both of them
  bool watching_output_ = false;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, std::uint64_t> waiting_; ///< number of the request, the caller's id
  std::vector<Answer> done_;
  Clock::time_point heard_ = Clock::now(); ///< of the broker, or began to wait for it
  Counters counters_;
};

void Resolver::Impl::watch_output() {
  const bool wanted = channel_.queued() > 0;
  if (wanted == watching_output_ || channel_.gone()) return;
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  ::epoll_ctl(events_.get(), EPOLL_CTL_MOD, channel_.fd(), &event);
  watching_output_ = wanted;
}

void Resolver::Impl::send(const Writer& message) {
  channel_.send(message.bytes());
  watch_output();
}

void Resolver::Impl::describe(CodeKey key, const std::vector<model::CodeMapping>& code,
                              std::uint32_t pid) {
  if (!alive() || full()) {
    ++counters_.lost_descriptions;
    return;
  }
  Writer message(Kind::describe);
  message.number(static_cast<std::uint64_t>(key.space));
  message.number(key.version);
  message.number(pid);
  message.number(static_cast<std::uint32_t>(code.size()));
  for (const model::CodeMapping& each : code) {
    message.number(each.pages.start);
    message.number(each.pages.end);
    message.number(each.offset);
    message.number(each.inode);
    message.number(each.device);
    message.text(std::string_view(each.path).substr(0, most_path));
    message.text(std::string_view(each.build_id).substr(0, most_build_id));
  }
  send(message);
}

void Resolver::Impl::forget(model::SpaceId space) {
  if (!alive()) return;
  Writer message(Kind::forget);
  message.number(static_cast<std::uint64_t>(space));
  send(message);
}

void Resolver::Impl::submit(const Request& request) {
  ++counters_.requests;
  const bool refused = waiting_.size() >= options_.most_waiting || full();
  if (refused) ++counters_.refused;
  if (refused || !alive()) return answer(request.id, {});
  if (waiting_.empty()) heard_ = Clock::now();
  waiting_[++last_number_] = request.id;
  Writer message(Kind::request);
  message.number(last_number_);
  message.number(static_cast<std::uint64_t>(request.code.space));
  message.number(request.code.version);
  put_place(message, request.addresses, request.copy);
  send(message);
}

void Resolver::Impl::answer(std::uint64_t id, model::Stack stack) {
  if (stack.empty()) ++counters_.empty_answers;
  const std::uint64_t one = 1;
  if (done_.empty()) [[maybe_unused]]
    const ssize_t written = ::write(ready_.get(), &one, sizeof(one));
  done_.push_back({id, std::move(stack)});
}

void Resolver::Impl::take(std::string_view message) {
  Reader reader(message);
  if (kind_of(reader) != Kind::answer) return;
  const auto at = waiting_.find(reader.number<std::uint64_t>());
  counters_.helper_restarts = reader.number<std::uint64_t>();
  counters_.timeouts = reader.number<std::uint64_t>();
  counters_.files_given_up = reader.number<std::uint64_t>();
  if (at == waiting_.end()) return; // finish() did not wait for it
  const std::uint64_t id = at->second;
  waiting_.erase(at);
  answer(id, get_stack(reader));
}

void Resolver::Impl::receive() {
  if (broker_ <= 0) return;
  channel_.flush();
  watch_output();
  std::vector<std::string> messages;
  channel_.receive(messages);
  for (const std::string& each : messages) take(each);
  if (!messages.empty()) heard_ = Clock::now();
  const bool silent = !waiting_.empty() && Clock::now() - heard_ > most_silence + options_.deadline;
  if (!channel_.gone() && !silent) return;
  counters_.broker_lost = 1;
  ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, channel_.fd(), nullptr);
  end_broker();
  give_up_all();
}

void Resolver::Impl::give_up_all() {
  for (const auto& [number, id] : waiting_) answer(id, {});
  waiting_.clear();
}

std::size_t Resolver::Impl::collect(std::vector<Answer>& answers) {
  receive();
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(ready_.get(), &count, sizeof(count));
  const std::size_t found = done_.size();
  counters_.answers += found;
  std::move(done_.begin(), done_.end(), std::back_inserter(answers));
  done_.clear();
  return found;
}

void Resolver::Impl::finish(milliseconds patience, std::vector<Answer>& answers) {
  const auto until = Clock::now() + patience;
  for (receive(); !waiting_.empty(); receive()) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    if (left <= 0) break;
    // Not fd(): what is done and not yet collected would keep it readable.
    const bool writing = channel_.queued() > 0;
    pollfd end{channel_.fd(), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
    ::poll(&end, 1, static_cast<int>(std::min<std::int64_t>(left, 1000)));
  }
  give_up_all();
  collect(answers);
}

void Resolver::Impl::end_broker() {
  // It may hang in open(2); else the end of the socket would do. The helper goes with it:
  // PR_SET_PDEATHSIG.
  if (broker_ > 0) ::syscall(SYS_pidfd_send_signal, broker_fd_.get(), SIGKILL, nullptr, 0);
  broker_ = 0;
}

util::Result<std::unique_ptr<Resolver>> Resolver::start(Options options) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return util::system_error("cannot make a socket pair for the symbol broker", errno);
  util::Fd ours(ends[0]);
  util::Fd theirs(ends[1]);
  const pid_t broker = start_broker(std::move(theirs), options);
  if (broker <= 0) return util::system_error("cannot start the symbol broker", errno);
  auto impl = std::make_unique<Impl>(options, std::move(ours), broker);
  return std::unique_ptr<Resolver>(new Resolver(std::move(impl)));
}

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::~Resolver() = default;

void Resolver::describe(CodeKey key, const std::vector<model::CodeMapping>& code,
                        std::uint32_t pid) {
  impl_->describe(key, code, pid);
}
void Resolver::forget(model::SpaceId space) { impl_->forget(space); }
void Resolver::submit(Request request) { impl_->submit(request); }
int Resolver::fd() const { return impl_->fd(); }
std::size_t Resolver::collect(std::vector<Answer>& answers) { return impl_->collect(answers); }
void Resolver::finish(std::chrono::milliseconds patience, std::vector<Answer>& answers) {
  impl_->finish(patience, answers);
}
Counters Resolver::counters() const { return impl_->counters(); }
int Resolver::broker_pid() const { return impl_->broker_pid(); }

} // namespace mlockscope::symbols
