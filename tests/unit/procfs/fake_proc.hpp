// A /proc made of ordinary files in a folder of its own, gone with the object.
#pragma once

#include "support/temp_folder.hpp"

#include <string_view>

class FakeProc {
public:
  [[nodiscard]] std::string root() const { return root_.path(""); }
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
    const std::filesystem::path folder = root_.path(std::to_string(pid));
    std::filesystem::create_directory(folder);
    return folder;
  }

  TempFolder root_;
};
