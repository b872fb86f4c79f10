#include "strace/notes.hpp"

namespace mlockscope::strace {
namespace {

void append(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : "; ") + part;
}

void append(std::string& text, const Count& count, const char* one, const char* many) {
  if (count.times == 0) return;
  append(text, std::to_string(count.times) + " " + (count.times == 1 ? one : many) +
                   (count.times == 1 ? " (line " : " (first: line ") + std::to_string(count.line) +
                   ")");
}

} // namespace

std::string Notes::text(const std::string& name) const {
  std::string text;
  append(text, damaged, "call could not be read and counts as lost",
         "calls could not be read and count as lost");
  append(text, foreign, "line is not strace's", "lines are not strace's");
  append(text, evicted, "task too many at once: the one silent for longest was forgotten",
         "tasks too many at once: those silent for longest were forgotten");
  append(text, crowded,
         "process with more mappings than there is room for: its forks are not judged",
         "processes with more mappings than there is room for: their forks are not judged");
  append(text, guessed, "process may share memory with another, and nothing tells",
         "processes may share memory with others, and nothing tells");
  if (torn != 0) append(text, "ends in the middle of line " + std::to_string(torn));
  if (untimed)
    append(text, "no time stamps (strace -ttt): times are made up, and forks are not judged");
  return text.empty() ? text : name + ": " + text;
}

} // namespace mlockscope::strace
