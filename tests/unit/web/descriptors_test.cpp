// A process that has no descriptor left.
#include "web/server.hpp"

#include "server_fixture.hpp"
#include "support/temp_folder.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <vector>

using namespace mlockscope::web;
using mlockscope::util::Fd;

namespace {

constexpr const char* alice = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==\r\n";

/// All descriptors of the process are in use as long as it lives, but for those set free again.
class NoDescriptors {
public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &few);
    while (Fd one{::open("/dev/null", O_RDONLY | O_CLOEXEC)}) taken_.push_back(std::move(one));
  }
  NoDescriptors(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  [[nodiscard]] std::size_t taken() const { return taken_.size(); }
  void free_one() { taken_.pop_back(); }

private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

} // namespace

TEST_CASE("without descriptors, a new client takes the place of the one that is idle for longest") {
  const TempFolder folder;
  const auto server =
      serve({"unix:" + folder.path("s")},
            folder.file("web.yml", "basic_auth_users:\n  alice: $2y$04$abcdefghij"
                                   "klmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n"));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>(server->urls()[0]));
    REQUIRE(clients.back()->get("/metrics", alice).status == 200);
  }
  NoDescriptors none;
  REQUIRE(none.taken() > 0);
  none.free_one(); // for the client's own end
  Client late(server->urls()[0]);
  REQUIRE(late.ready());
  CHECK(late.get("/metrics", alice).status == 200);
  CHECK(clients[0]->closed());
  CHECK(clients[5]->get("/metrics", alice).status == 200);
}
