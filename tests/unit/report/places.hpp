// Stacks for these tests, as users of libkeys.so would have them.
#pragma once

#include "report/context.hpp"
#include "samples.hpp"

#include <string>

namespace places {

using namespace mlockscope;

inline model::Frame frame(std::string symbol, std::string module, std::uint64_t offset = 0x12) {
  model::Frame frame;
  frame.addr = samples::page + offset;
  if (!symbol.empty()) frame.symbol = std::move(symbol);
  if (!module.empty()) frame.module = std::move(module);
  frame.offset = offset;
  frame.module_offset = 0x1000 + offset;
  return frame;
}

inline model::Frame with_line(model::Frame frame, std::string file, std::uint32_t line) {
  frame.file = std::move(file);
  frame.line = line;
  return frame;
}

inline model::Frame libc(std::string symbol) {
  return frame(std::move(symbol), "/usr/lib/x86_64-linux-gnu/libc.so.6", 0x7);
}

/// munlock <- wipe <- close_session <- main <- libc.
inline model::Stack unlocking() {
  return {libc("munlock"),
          with_line(frame("wipe", "/opt/keys/libkeys.so.1"), "/src/keys/wipe.c", 12),
          frame("close_session", "/opt/keys/libkeys.so.1", 0x40), frame("main", "/usr/bin/demo"),
          libc("__libc_start_main")};
}

/// mlock <- make <- main.
inline model::Stack locking() {
  return {libc("mlock"), frame("make", "/opt/keys/libkeys.so.1", 0x20),
          frame("main", "/usr/bin/demo", 0x8)};
}

inline report::Context context() {
  report::Context context;
  context.process = samples::process();
  context.call_stack = unlocking();
  context.victim_stack = locking();
  return context;
}

} // namespace places
