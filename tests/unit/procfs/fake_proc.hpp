// A /proc made of ordinary files in a folder of its own, gone with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

class FakeProc {
public:
  FakeProc() {
    std::string name = (std::filesystem::temp_directory_path() / "fake-proc-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  FakeProc(const FakeProc&) = delete;
  ~FakeProc() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] std::string root() const { return root_.string(); }
  void file(unsigned pid, const char* name, std::string_view text) const {
    std::ofstream(folder(pid) / name, std::ios::binary) << text;
  }
  void link(unsigned pid, const char* name, const char* target) const {
    std::filesystem::create_symlink(target, folder(pid) / name);
  }
  void process(unsigned pid, unsigned parent, const std::string& name = "x") const {
    file(pid, "stat",
         std::to_string(pid) + " (" + name + ") S " + std::to_string(parent) + " 1 1 0 -1 4194560");
  }

private:
  [[nodiscard]] std::filesystem::path folder(unsigned pid) const {
    std::filesystem::create_directory(root_ / std::to_string(pid));
    return root_ / std::to_string(pid);
  }

  std::filesystem::path root_;
};
