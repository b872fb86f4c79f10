#include "procfs/belonging.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace mlockscope::procfs;

namespace {

const std::string id = "3f8a1c0de5b24796a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0";
const std::string inner_id(64, 'b');
const std::string uid = "91a8fc3a-0ecf-48b4-81bf-78a7275d348c";
const std::string uid_in_slice = "91a8fc3a_0ecf_48b4_81bf_78a7275d348c";
const std::string static_uid = "b53dfa9e2dc9b890f7fadb2770857b03";

const std::string kubepods = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod";
const std::string user_manager = "/user.slice/user-1000.slice/user@1000.service/";

/// "" for what is not to be found.
struct Case {
  std::string path, container, pod, unit;
};

void check(const std::vector<Case>& cases) {
  for (const Case& expected : cases) {
    INFO(expected.path);
    const Belonging found = belonging_of(expected.path);
    CHECK(found.container.value_or("") == expected.container);
    CHECK(found.pod.value_or("") == expected.pod);
    CHECK(found.unit.value_or("") == expected.unit);
  }
}

} // namespace

TEST_CASE("containers of docker, containerd, CRI-O and podman are told by their cgroup") {
  check({
      {"/docker/" + id, id, "", ""},
      {"/system.slice/docker-" + id + ".scope", id, "", ""},
      {user_manager + "user.slice/docker-" + id + ".scope", id, "", "user@1000.service"},
      {"/default/" + id, id, "", ""}, // nerdctl
      {"/system.slice/nerdctl-" + id + ".scope", id, "", ""},
      {"/libpod_parent/libpod-" + id, id, "", ""},
      {"/machine.slice/libpod-" + id + ".scope", id, "", ""},
      {"/machine.slice/libpod-" + id + ".scope/container", id, "", ""},
      {"/machine.slice/machine-libpod_pod_" + inner_id + ".slice/libpod-" + id + ".scope", id, "",
       ""},
      {user_manager + "user.slice/libpod-" + id + ".scope/container", id, "", "user@1000.service"},
      {"/system.slice/web.service/libpod-payload-" + id, id, "", "web.service"}, // --cgroups=split
      {"/ecs/55091c13-b8cf-4801-b527-f4601742204d/" + id, id, "", ""},
      {"/../" + id, id, "", ""}, // seen from another cgroup namespace
      {"/system.slice/docker-" + id + ".scope (deleted)", id, "", ""},
  });
}

TEST_CASE("pods of Kubernetes are told by their cgroup, whatever drives it") {
  check({
      {"/kubepods/besteffort/pod" + uid + "/" + id, id, uid, ""},
      {"/kubepods/pod" + uid + "/" + id, id, uid, ""}, // guaranteed
      {"/kubepods/burstable/pod" + static_uid + "/" + id, id, static_uid, ""},
      {kubepods + uid_in_slice + ".slice/cri-containerd-" + id + ".scope", id, uid, ""},
      {kubepods + uid_in_slice + ".slice/crio-" + id + ".scope", id, uid, ""},
      {kubepods + uid_in_slice + ".slice/crio-" + id + ".scope/container", id, uid, ""},
      {kubepods + uid_in_slice + ".slice/docker-" + id + ".scope", id, uid, ""},
      {kubepods + static_uid + ".slice/cri-containerd-" + id + ".scope", id, static_uid, ""},
      {"/kubepods.slice/kubepods-pod" + uid_in_slice + ".slice/crio-" + id + ".scope", id, uid, ""},
      {"/system.slice/containerd.service/kubepods-burstable-pod" + uid_in_slice +
           ".slice:cri-containerd:" + id,
       id, uid, "containerd.service"},
      {"/docker/" + inner_id + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" +
           uid_in_slice + ".slice/cri-containerd-" + id + ".scope", // kind
       id, uid, ""},
      {kubepods + uid_in_slice + ".slice", "", uid, ""}, // the pod itself
      {"/../../pod" + uid + "/" + id, id, uid, ""},      // seen from another pod
      {"/../../kubepods-pod" + uid_in_slice + ".slice/crio-" + id + ".scope", id, uid, ""},
  });
}

TEST_CASE("containers of LXC and systemd-nspawn are told by their names") {
  check({
      {"/lxc/web1", "web1", "", ""},
      {"/lxc/web1/system.slice/ssh.service", "web1", "", "ssh.service"},
      {"/lxc.payload/web1/init.scope", "web1", "", "init.scope"},
      {"/lxc.payload.web-1/system.slice/ssh.service", "web-1", "", "ssh.service"},
      {"/machine.slice/machine-deb12.scope", "deb12", "", "machine-deb12.scope"},
      {"/machine.slice/machine-deb12.scope/payload/init.scope", "deb12", "", "init.scope"},
      {"/machine.slice/systemd-nspawn@deb12.service/payload/system.slice/cron.service", "deb12", "",
       "cron.service"},
      {"/machine.slice/machine-a\\x2db.scope", "a\\x2db", "", "machine-a\\x2db.scope"},
  });
}

TEST_CASE("the innermost systemd unit is told, as systemd writes it") {
  check({
      {"/init.scope", "", "", "init.scope"},
      {"/system.slice/ssh.service", "", "", "ssh.service"},
      {"/system.slice/system-getty.slice/getty@tty1.service", "", "", "getty@tty1.service"},
      {"/system.slice/dev-hugepages\\x2dx.service", "", "", "dev-hugepages\\x2dx.service"},
      {"/system.slice/db.service/worker/1", "", "", "db.service"}, // delegated
      {"/user.slice/user-1000.slice/session-3.scope", "", "", "session-3.scope"},
      {user_manager + "app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope", "", "",
       "vte-spawn-1.scope"},
      {user_manager + "app.slice/gpg-agent.service", "", "", "gpg-agent.service"},
      {"/system.slice/docker-" + id + ".scope/system.slice/ssh.service", id, "", "ssh.service"},
  });
}

TEST_CASE("a container in a container is the inner one") {
  check({
      {"/docker/" + id + "/docker/" + inner_id, inner_id, "", ""},
      {"/docker/" + id + "/init.scope", id, "", "init.scope"},
      {"/lxc.payload.host/system.slice/docker-" + id + ".scope", id, "", ""},
      {"/kubepods/pod" + uid + "/" + id + "/docker/" + inner_id, inner_id, uid, ""},
  });
}

TEST_CASE("the monitor of a container, and a virtual machine, are no containers") {
  check({
      {"/machine.slice/libpod-conmon-" + id + ".scope", "", "", ""},
      {kubepods + uid_in_slice + ".slice/crio-conmon-" + id + ".scope", "", uid, ""},
      {"/lxc.monitor.web1", "", "", ""},
      {"/machine.slice/systemd-nspawn@deb12.service/supervisor", "", "",
       "systemd-nspawn@deb12.service"},
      {"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/emulator", "", "",
       "machine-qemu\\x2d1\\x2dvm.scope"},
  });
}

TEST_CASE("what only looks like a container, pod or unit is none") {
  check({
      {"", "", "", ""},
      {"/", "", "", ""},
      {"////", "", "", ""},
      {"/..", "", "", ""},
      {" (deleted)", "", "", ""},
      {"/docker/" + id.substr(1), "", "", ""},
      {"/docker/" + id + "0", "", "", ""},
      {"/docker/" + std::string(64, 'G'), "", "", ""},
      {"/lxc", "", "", ""},
      {"/lxc.payload.", "", "", ""},
      {"/lxc/" + std::string(65, 'a'), "", "", ""},
      {"/machine-.scope", "", "", "machine-.scope"},
      {"/pod" + uid + "/x", "", "", ""}, // not of Kubernetes
      {"/kubepods/pod" + uid + "0/x", "", "", ""},
      {"/kubepods/pod" + uid_in_slice.substr(1) + "/x", "", "", ""},
      {"/kubepods/podzzzzzzzz-0ecf-48b4-81bf-78a7275d348c", "", "", ""},
      {"/kubepods/besteffort", "", "", ""},
      {"/system.slice", "", "", ""},
      {"/x.mount", "", "", ""},
  });
}

TEST_CASE("hostile names name nothing") {
  check({
      {"/a\"b.service", "", "", ""},
      {"/new\nline.service", "", "", ""},
      {"/\x1b[31mred.scope", "", "", ""},
      {"/caf\xc3\xa9.service", "", "", ""},
      {"/bad\xff.service", "", "", ""},
      {"/outer.service/ b.service", "", "", "outer.service"},
      {"/lxc/a b", "", "", ""},
      {"/lxc/{}", "", "", ""},
      {std::string("/nul\0.service", 13), "", "", ""},
      {"/" + std::string(255 - 8, 'u') + ".service", "", "", std::string(247, 'u') + ".service"},
      {"/" + std::string(256 - 8, 'u') + ".service", "", "", ""},
  });
}

TEST_CASE("a path longer than the kernel makes them tells nothing, one of that length does") {
  const std::string tail = "/a.service";
  const std::string longest = std::string(4095 - tail.size(), '/') + tail;
  CHECK(belonging_of(longest).unit == "a.service");
  CHECK_FALSE(belonging_of("/" + longest).unit);
  CHECK_FALSE(belonging_of(std::string(10'000'000, 'x') + tail).unit);
  std::string deep;
  for (int i = 0; i < 2047; ++i) deep += "/x";
  CHECK_FALSE(belonging_of(deep).unit);
}
