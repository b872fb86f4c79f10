#include "symbols/helper.hpp"

#include "symbols/broker_link.hpp"
#include "symbols/channel.hpp"
#include "symbols/namer.hpp"

#include <unistd.h>

namespace mlockscope::symbols {
namespace {

class Link : public BrokerLink {
public:
  Link(int socket, std::atomic<std::uint64_t>& at_work) : socket_(socket), at_work_(at_work) {}

  std::optional<Reply> ask(Ask what, std::uint32_t mapping, std::uint32_t attempt,
                           std::string_view text) override {
    Writer question(Kind::ask);
    question.number(static_cast<std::uint8_t>(what));
    question.number(mapping);
    question.number(attempt);
    question.text(text);
    std::string message;
    Reply reply;
    if (!send_blocking(socket_, question.bytes()) ||
        !receive_blocking(socket_, message, most_message, reply.fd))
      ::_exit(0); // the broker has gone
    Reader reader(message);
    const bool found = kind_of(reader) == Kind::reply && reader.number<std::uint8_t>() == 1;
    reply.id = reader.number<std::uint64_t>();
    reply.text = reader.text(most_message);
    if (!found || !reader.ok()) return std::nullopt;
    return reply;
  }
  void at_work(std::uint64_t file) override { at_work_ = file; }

private:
  int socket_;
  std::atomic<std::uint64_t>& at_work_;
};

} // namespace

void run_helper(int socket, std::atomic<std::uint64_t>& at_work, std::uint64_t cache,
                bool perf_maps) {
  Link link(socket, at_work);
  Namer namer(link, cache, perf_maps);
  std::string message;
  util::Fd none;
  while (receive_blocking(socket, message, most_message, none)) {
    Reader reader(message);
    std::vector<model::Address> addresses;
    std::optional<model::StackCopy> copy;
    if (kind_of(reader) != Kind::work) break;
    const auto code = reader.number<std::uint64_t>();
    get_place(reader, addresses, copy);
    if (!reader.ok()) break;
    Writer answer(Kind::done);
    put_stack(answer, namer.name(code, addresses, copy));
    if (!send_blocking(socket, answer.bytes())) break;
  }
  ::_exit(0);
}

} // namespace mlockscope::symbols
