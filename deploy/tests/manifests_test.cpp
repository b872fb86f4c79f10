// The manifests for Kubernetes against what they speak of: the unit, the exporter, dev, each other.
#include "support/catch.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

namespace {

using Words = std::set<std::string>;

const std::filesystem::path source = SOURCE;
const std::filesystem::path manifests = source / "deploy/kubernetes";

YAML::Node load(const std::string& name) { return YAML::LoadFile(manifests / name); }
YAML::Node pod() { return load("daemonset.yaml")["spec"]["template"]; }
YAML::Node container() { return pod()["spec"]["containers"][0]; }

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Words words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}
Words words(const YAML::Node& list) {
  Words all;
  for (const auto& entry : list) all.insert(entry.as<std::string>());
  return all;
}

/// What stands between two strings, the first of each.
std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto from = text.find(before);
  REQUIRE(from != text.npos);
  const auto start = from + before.size();
  return text.substr(start, text.find(after, start) - start);
}

} // namespace

TEST_CASE("every manifest is YAML of a kind, and kustomize lists them all") {
  Words files;
  for (const auto& entry : std::filesystem::directory_iterator(manifests)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    CHECK(YAML::LoadFile(entry.path())["kind"].IsScalar());
    files.insert(entry.path().filename());
  }
  REQUIRE(files.erase("kustomization.yaml") == 1);
  CHECK(words(load("kustomization.yaml")["resources"]) == files);
}

TEST_CASE("the pod has the capabilities of the service, and no others") {
  const auto context = container()["securityContext"];
  Words added;
  for (const auto& name : words(context["capabilities"]["add"])) added.insert("CAP_" + name);
  CHECK(added == words(between(read(UNIT), "\nCapabilityBoundingSet=", "\n")));
  CHECK(words(context["capabilities"]["drop"]) == Words{"ALL"});
  CHECK_FALSE(context["allowPrivilegeEscalation"].as<bool>());
  CHECK_FALSE(context["privileged"]);
}

TEST_CASE("the pod can write nothing, and mounts what it declares") {
  CHECK(container()["securityContext"]["readOnlyRootFilesystem"].as<bool>());
  Words mounted, declared;
  for (const auto& mount : container()["volumeMounts"]) {
    INFO(mount["name"]);
    CHECK(mount["readOnly"].as<bool>());
    mounted.insert(mount["name"].as<std::string>());
  }
  for (const auto& volume : pod()["spec"]["volumes"])
    declared.insert(volume["name"].as<std::string>());
  CHECK(mounted == declared);
  CHECK(pod()["spec"]["hostPID"].as<bool>());
}

TEST_CASE("probes and monitor ask the exporter where it listens") {
  const auto port = container()["ports"][0];
  const auto name = port["name"].as<std::string>();
  CHECK(port["containerPort"].as<int>() == 9778);
  const Words arguments = words(container()["args"]);
  CHECK(arguments.count("--metrics") == 1);
  CHECK(arguments.count("--web.listen-address=:9778") == 1);
  const auto ready = container()["readinessProbe"]["httpGet"];
  CHECK(ready["path"].as<std::string>() == "/-/ready");
  CHECK(ready["port"].as<std::string>() == name);
  const auto healthy = container()["livenessProbe"]["httpGet"];
  CHECK(healthy["path"].as<std::string>() == "/-/healthy");
  CHECK(healthy["port"].as<std::string>() == name);
  CHECK(load("podmonitor.yaml")["spec"]["podMetricsEndpoints"][0]["port"].as<std::string>() ==
        name);
}

TEST_CASE("the monitor finds the pods, names them by node, and leaves our labels alone") {
  const std::string label = "app.kubernetes.io/name";
  const auto name = pod()["metadata"]["labels"][label].as<std::string>();
  const auto monitor = load("podmonitor.yaml")["spec"];
  CHECK(load("daemonset.yaml")["spec"]["selector"]["matchLabels"][label].as<std::string>() == name);
  CHECK(monitor["selector"]["matchLabels"][label].as<std::string>() == name);
  const auto rules = monitor["podMetricsEndpoints"][0]["relabelings"];
  CHECK(rules[0]["sourceLabels"][0].as<std::string>() == "__meta_kubernetes_pod_node_name");
  CHECK(rules[0]["targetLabel"].as<std::string>() == "instance");
  CHECK(rules[1]["action"].as<std::string>() == "labeldrop");
  CHECK(rules[1]["regex"].as<std::string>() == "pod|container");
}

TEST_CASE("the image is of this version") {
  const std::string image = "mlockscope:" VERSION;
  CHECK(container()["image"].as<std::string>() == image);
  CHECK(load("kustomization.yaml")["images"][0]["newTag"].as<std::string>() == VERSION);
  CHECK(read(manifests / "Dockerfile").find(" -t " + image + " ") != std::string::npos);
}

TEST_CASE("the image is built with the packages that dev installs") {
  const Words used = words(read(manifests / "Dockerfile"));
  for (const auto& package : words(between(read(source / "dev"), "build_packages=(", ")"))) {
    INFO(package);
    CHECK(used.count(package) == 1);
  }
}
