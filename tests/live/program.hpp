// Processes that a test starts, what they print, and a folder for their files. Everything is ended
// and removed with the object that owns it.
#pragma once

#include "util/fd.hpp"

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace mlockscope::live {

using Words = std::vector<std::string>;

/// A folder of its own below the folder for temporary files; any user may look into it.
class Folder {
public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text, unsigned mode = 0644) const;

private:
  std::string path_;
};

/// All of a file; empty if there is none.
[[nodiscard]] std::string read_file(const std::string& path);

struct Settings {
  std::vector<std::pair<int, int>> descriptors; ///< what the program shall have as which number
  bool held = false;                            ///< it executes only after release()
};

class Program {
public:
  explicit Program(const Words& command, const Settings& = {});
  /// Kills it if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void release();
  /// To its standard input.
  void say(const std::string& text);
  void end_input() { input_.reset(); }
  void kill(int signal) const;
  /// Ends its input and waits for its end: "exit 0", "signal 15".
  std::string wait();
  [[nodiscard]] bool running();

  /// What it has printed until now.
  [[nodiscard]] std::string out() const { return read_file(folder_.path("out")); }
  [[nodiscard]] std::string err() const { return read_file(folder_.path("err")); }
  /// Waits until it has printed that many lines; returns the last of them. Throws if it ends first.
  std::string line(std::size_t number);

private:
  [[noreturn]] void become(const Words& command, const Settings&, int input, int go) const;

  Folder folder_;
  util::Fd input_, go_;
  pid_t pid_ = -1;
  std::string ending_;
};

/// Asks again and again until `condition` holds; throws after a minute: `what` never came.
template <class Condition> void wait_until(const std::string& what, Condition condition);
void give_up_or_sleep(const std::string& what, int& tries);

template <class Condition> void wait_until(const std::string& what, Condition condition) {
  for (int tries = 0; !condition();) give_up_or_sleep(what, tries);
}

} // namespace mlockscope::live
