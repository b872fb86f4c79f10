#include "symbols/broker.hpp"

#include "symbols/code_book.hpp"
#include "symbols/debug_files.hpp"
#include "symbols/helper_process.hpp"
#include "symbols/messages.hpp"

#include <algorithm>
#include <poll.h>

namespace mlockscope::symbols {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Once for each strike that gives a file up, and once without it.
constexpr unsigned most_attempts = 3;
constexpr std::size_t most_queued = std::size_t{64} << 20; // bytes; more wait in the socket
constexpr std::size_t most_code = std::size_t{1} << 20;    // bytes of the mappings of one code

struct Job {
  std::uint64_t number = 0;
  CodeKey key;
  std::vector<model::Address> addresses;
  std::optional<model::StackCopy> copy;
  std::size_t size = 0; ///< bytes of the message
  unsigned attempts = 0;
  CodeBook::CodePtr code{};
};

class Broker {
public:
  Broker(util::Fd socket, const Resolver::Options& options)
      : resolver_(std::move(socket), SIZE_MAX), codes_(files_, options.most_spaces),
        helper_(
            {{options.helper_memory, options.verbose}, options.cache_memory, options.perf_maps}),
        deadline_(options.deadline) {}

  void serve() {
    while (!resolver_.gone()) {
      wait();
      read_resolver();
      if (helper_.running()) read_helper();
      if (current_ && Clock::now() >= due_) {
        ++timeouts_;
        helper_died();
      }
      while (!current_ && !jobs_.empty() && Clock::now() >= not_before_) start_next();
      resolver_.flush();
    }
  }

private:
  void wait();
  void read_resolver();
  void take(std::string_view message);
  void describe(Reader& reader);
  void queue(Reader& reader, std::size_t size);

  void start_next();
  void read_helper();
  void reply(Reader& reader);
  FilePtr file_for(Ask what, const CodeBook::Mapping* mapping, std::uint32_t attempt,
                   std::string_view text);
  void finish(const model::Stack& stack);
  void helper_died();

  Channel resolver_;
  OpenFiles files_;
  CodeBook codes_;
  HelperProcess helper_;
  milliseconds deadline_;

  std::deque<Job> jobs_;
  std::size_t queued_ = 0;     ///< bytes of jobs_ and current_
  std::optional<Job> current_; ///< the helper is at it
  Clock::time_point due_;
  Clock::time_point not_before_; ///< when the helper may be started again
  unsigned deaths_in_a_row_ = 0;
  std::vector<FilePtr> in_use_; ///< debug files of the current job: their ids shall stay known
  std::uint64_t restarts_ = 0, timeouts_ = 0, given_up_ = 0;
};

void Broker::wait() {
  short resolver = queued_ < most_queued ? POLLIN : 0;
  if (resolver_.queued() > 0) resolver |= POLLOUT;
  pollfd ends[2] = {{resolver_.fd(), resolver, 0}, {-1, POLLIN, 0}};
  if (helper_.running()) ends[1].fd = helper_.channel().fd();
  int timeout = -1;
  if (current_ || !jobs_.empty()) {
    const auto until = current_ ? due_ : not_before_;
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    timeout = static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  ::poll(ends, 2, timeout);
}

void Broker::read_resolver() {
  if (queued_ >= most_queued) return;
  std::vector<std::string> messages;
  resolver_.receive(messages);
  for (const std::string& each : messages) take(each);
}

void Broker::take(std::string_view message) {
  Reader reader(message);
  switch (kind_of(reader)) {
  case Kind::describe:
    return describe(reader);
  case Kind::forget:
    return codes_.forget(model::SpaceId{reader.number<std::uint64_t>()});
  case Kind::request:
    return queue(reader, message.size());
  default:
    return;
  }
}

void Broker::describe(Reader& reader) {
  CodeKey key;
  key.space = model::SpaceId{reader.number<std::uint64_t>()};
  key.version = reader.number<std::uint32_t>();
  const auto pid = reader.number<std::uint32_t>();
  const auto count = reader.number<std::uint32_t>();
  std::vector<model::CodeMapping> mappings;
  for (std::uint32_t i = 0; reader.ok() && i < count; ++i) {
    model::CodeMapping mapping;
    mapping.pages.start = reader.number<model::Address>();
    mapping.pages.end = reader.number<model::Address>();
    mapping.offset = reader.number<std::uint64_t>();
    mapping.inode = reader.number<std::uint64_t>();
    mapping.device = reader.number<std::uint64_t>();
    mapping.path = reader.text(most_path);
    mapping.build_id = reader.text(most_build_id);
    mappings.push_back(std::move(mapping));
  }
  if (reader.ok()) codes_.describe(key, pid, std::move(mappings));
}

void Broker::queue(Reader& reader, std::size_t size) {
  Job job;
  job.size = size;
  queued_ += size;
  job.number = reader.number<std::uint64_t>();
  job.key.space = model::SpaceId{reader.number<std::uint64_t>()};
  job.key.version = reader.number<std::uint32_t>();
  get_place(reader, job.addresses, job.copy);
  job.code = codes_.find(job.key); // now: it may be forgotten while this waits
  jobs_.push_back(std::move(job));
}

void Broker::start_next() {
  current_ = std::move(jobs_.front());
  jobs_.pop_front();
  if (!current_->code) return finish({});
  due_ = Clock::now() + deadline_;
  if (!helper_.running() && !helper_.start()) return helper_died();
  Writer work(Kind::work);
  work.number(current_->code->number);
  put_place(work, current_->addresses, current_->copy);
  if (!helper_.send(work.bytes())) helper_died();
}

void Broker::read_helper() {
  std::vector<std::string> messages;
  helper_.channel().receive(messages);
  for (const std::string& each : messages) {
    if (!current_) break; // it speaks unasked
    Reader reader(each);
    const Kind kind = kind_of(reader);
    if (kind == Kind::ask) {
      reply(reader);
    } else if (kind == Kind::done) {
      const model::Stack stack = get_stack(reader);
      if (!reader.ok()) return helper_died();
      deaths_in_a_row_ = 0;
      files_.forgive();
      finish(stack);
    } else {
      return helper_died();
    }
    if (!helper_.running()) return;
  }
  if (helper_.channel().gone()) helper_died();
}

std::string mappings_text(const CodeBook::Code& code) {
  Writer text;
  for (const CodeBook::Mapping& each : code.mappings) {
    if (text.bytes().size() > most_code) break;
    text.number(each.described.pages.start);
    text.number(each.described.pages.end);
    text.number(each.described.offset);
    text.text(std::string_view(each.described.path).substr(0, most_path));
    text.text(each.described.build_id);
    text.number(each.file ? each.file->id : std::uint64_t{0});
  }
  return text.bytes();
}

FilePtr Broker::file_for(Ask what, const CodeBook::Mapping* mapping, std::uint32_t attempt,
                         std::string_view text) {
  const CodeBook::Code& code = *current_->code;
  if (what == Ask::file) return mapping ? mapping->file : nullptr;
  if (what == Ask::perf_map) return codes_.perf_map(*code.space);
  std::optional<Opened> opened;
  const int process = code.space->process.get();
  if (what == Ask::build_id) opened = open_by_build_id(process, text, attempt);
  if (what == Ask::debug_link && mapping)
    opened = open_by_link(process, path_to_open(mapping->described.path), text, attempt);
  return opened ? files_.keep(std::move(*opened)) : nullptr;
}

void Broker::reply(Reader& reader) {
  const auto what = static_cast<Ask>(reader.number<std::uint8_t>());
  const auto index = reader.number<std::uint32_t>();
  const auto attempt = reader.number<std::uint32_t>();
  const std::string_view text = reader.text(most_path);
  if (!reader.ok()) return helper_died();

  const CodeBook::Code& code = *current_->code;
  const bool known = index < code.mappings.size();
  FilePtr file;
  if (what != Ask::code)
    file = file_for(what, known ? &code.mappings[index] : nullptr, attempt, text);
  if (file && files_.given_up(*file)) file = nullptr;
  if (file) in_use_.push_back(file);

  Writer answer(Kind::reply);
  answer.number<std::uint8_t>(what == Ask::code || file);
  answer.number(file ? file->id : std::uint64_t{0});
  answer.text(what == Ask::code ? mappings_text(code) : "");
  if (!helper_.send(answer.bytes(), file ? file->fd.get() : -1)) helper_died();
}

void Broker::finish(const model::Stack& stack) {
  Writer answer(Kind::answer);
  answer.number(current_->number);
  answer.number(restarts_);
  answer.number(timeouts_);
  answer.number(given_up_);
  put_stack(answer, stack);
  resolver_.send(answer.bytes());
  queued_ -= current_->size;
  current_.reset();
  in_use_.clear();
}

void Broker::helper_died() {
  ++restarts_;
  // A helper that dies at once, again and again, shall not keep a processor busy.
  const unsigned power = std::min(deaths_in_a_row_++, 8U);
  not_before_ = Clock::now() + (power < 2 ? milliseconds(0) : milliseconds(10U << power));
  if (current_ && helper_.running() && files_.blame(helper_.at_work())) ++given_up_;
  helper_.kill();
  if (!current_) return;
  if (++current_->attempts >= most_attempts) return finish({});
  jobs_.push_front(std::move(*current_));
  current_.reset();
}

} // namespace

void run_broker(util::Fd socket, const Resolver::Options& options) {
  Broker(std::move(socket), options).serve();
}

} // namespace mlockscope::symbols
