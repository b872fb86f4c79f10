#include "symbols/channel.hpp"

#include "support/catch.hpp"
#include "symbols/messages.hpp"

#include <cstring>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

using namespace mlockscope;
using namespace mlockscope::symbols;

namespace {

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    a = util::Fd(ends[0]);
    b = util::Fd(ends[1]);
  }
  util::Fd a, b;
};

model::Stack some_stack() {
  model::Stack stack(2);
  stack[0].addr = 0x1234;
  stack[0].symbol = "f";
  stack[0].module = "/lib/x";
  stack[0].build_id = std::string("\0\1", 2);
  stack[1].file = "x.c";
  stack[1].line = 7;
  return stack;
}

} // namespace

TEST_CASE("messages arrive whole and in order, also when the socket is full") {
  Pair pair;
  Channel from(std::move(pair.a), 1 << 20);
  Channel to(std::move(pair.b), 1 << 20);
  const std::string large(700000, 'x');
  from.send("first");
  from.send(large);
  from.send("");
  CHECK(from.queued() > 0);
  std::vector<std::string> messages;
  for (int i = 0; i < 100 && messages.size() < 3; ++i) {
    to.receive(messages);
    from.flush();
  }
  CHECK(messages == std::vector<std::string>{"first", large, ""});
  CHECK(from.queued() == 0);
}

TEST_CASE("a peer that is gone, or sends too much at once, is noticed") {
  Pair pair;
  Channel channel(std::move(pair.a), 10);
  std::vector<std::string> messages;
  SECTION("gone") { pair.b.reset(); }
  SECTION("too much") { REQUIRE(send_blocking(pair.b.get(), "eleven byte")); }
  channel.receive(messages);
  CHECK(messages.empty());
  CHECK(channel.gone());
  channel.send("into the void");
  CHECK(channel.queued() == 0);
}

TEST_CASE("a descriptor comes with its message") {
  Pair pair;
  const Pair passed;
  REQUIRE(send_blocking(pair.a.get(), "take it", passed.a.get()));
  std::string message;
  util::Fd fd;
  REQUIRE(receive_blocking(pair.b.get(), message, 100, fd));
  CHECK(message == "take it");
  REQUIRE(fd);
  REQUIRE(::write(fd.get(), "x", 1) == 1);
  char byte = 0;
  CHECK(::read(passed.b.get(), &byte, 1) == 1);
}

TEST_CASE("a stack is read as it was written") {
  Writer writer;
  put_stack(writer, some_stack());
  Reader reader(writer.bytes());
  CHECK(get_stack(reader) == some_stack());
  CHECK(reader.ok());
}

TEST_CASE("what is too long is cut by the writer and refused by the reader") {
  model::Stack stack = some_stack();
  stack[0].symbol = std::string(10000, 's');
  stack.resize(100);
  Writer writer;
  put_stack(writer, stack);
  Reader reader(writer.bytes());
  const auto read = get_stack(reader);
  CHECK(read.size() == most_frames);
  CHECK(read[0].symbol->size() == most_symbol);

  Writer longer;
  longer.number(std::uint32_t{1});
  longer.number(std::uint64_t{0});
  longer.number(std::uint8_t{1});
  longer.text(std::string(most_symbol + 1, 's'));
  Reader refusing(longer.bytes());
  CHECK(get_stack(refusing).empty());
  CHECK_FALSE(refusing.ok());
}

TEST_CASE("no bytes of a helper can harm the reader") {
  Writer writer;
  put_stack(writer, some_stack());
  std::mt19937 random(1);
  std::size_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = writer.bytes();
    bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    Reader reader(bytes);
    const auto stack = get_stack(reader);
    if (!reader.ok()) ++refused;
    CHECK(stack.size() <= most_frames);
  }
  CHECK(refused > 10000);
}
