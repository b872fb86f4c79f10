// A program that waits, and the stack it waits with.
#pragma once

#include "model/user_stack.hpp"
#include "symbols/resolver.hpp"

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// One of the programs of this folder's CMakeLists.txt.
std::string program_path(const std::string& name);

class Parked {
public:
  /// Starts it, and waits until it is parked. `prepare` runs in the child before exec.
  explicit Parked(const std::string& path, std::vector<std::string> arguments = {},
                  const std::function<void()>& prepare = {});
  ~Parked() { end(); }
  Parked(const Parked&) = delete;

  void end();
  [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  /// What it said; 0: nothing of that name.
  [[nodiscard]] mlockscope::model::Address address(const std::string& name) const;
  [[nodiscard]] std::vector<mlockscope::model::CodeMapping> code() const;
  /// Its registers, and up to so many bytes of stack: as it stands in read(2).
  [[nodiscard]] mlockscope::model::StackCopy copy(std::size_t bytes = 16384) const;

private:
  void read_words();

  int pid_ = -1;
  int input_ = -1;
  std::FILE* output_ = nullptr;
  std::map<std::string, mlockscope::model::Address> words_;
};

/// A resolver that is asked one thing at a time.
class Asker {
public:
  explicit Asker(mlockscope::symbols::Resolver::Options options = {});

  /// Describes the program's code as it is now; what is asked from now on is of this.
  void describe(const Parked& program);
  void describe(const std::vector<mlockscope::model::CodeMapping>& code, std::uint32_t pid);
  mlockscope::model::Stack ask(std::vector<mlockscope::model::Address> addresses,
                               std::optional<mlockscope::model::StackCopy> copy = {});
  /// Waits until the broker has read all that it was told.
  void settle() { ask({}); }
  [[nodiscard]] mlockscope::symbols::Resolver& resolver() { return *resolver_; }
  [[nodiscard]] mlockscope::symbols::CodeKey key() const { return key_; }

private:
  std::unique_ptr<mlockscope::symbols::Resolver> resolver_;
  mlockscope::symbols::CodeKey key_;
  std::uint64_t last_id_ = 0;
};

/// The names of the frames, "?" for none.
std::vector<std::string> names(const mlockscope::model::Stack& stack);
/// A mapping of the whole file at 0x10000000, as if this process had it.
mlockscope::model::CodeMapping as_mapped(const std::string& path);
