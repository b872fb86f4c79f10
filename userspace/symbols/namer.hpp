// From addresses to frames: which file, which function, which line. Keeps what it has read.
#pragma once

#include "symbols/module.hpp"
#include "symbols/perf_map.hpp"

#include <chrono>
#include <list>
#include <map>

namespace mlockscope::symbols {

class Namer {
public:
  /// `cache` bounds the memory of what is kept between two requests, bytes.
  Namer(BrokerLink& broker, std::uint64_t cache, bool perf_maps)
      : broker_(broker), cache_(cache), perf_maps_(perf_maps) {}

  /// Empty if not even a file is known of any frame.
  [[nodiscard]] model::Stack name(std::uint64_t code, const std::vector<model::Address>& addresses,
                                  const std::optional<model::StackCopy>& copy);

private:
  struct Mapping {
    model::Address start = 0, end = 0;
    std::uint64_t offset = 0;
    std::string path;
    std::string build_id;
    std::uint64_t file = 0; ///< the broker's id; 0: none
  };
  struct Code {
    std::vector<Mapping> mappings;      ///< by start
    std::vector<std::uint32_t> indexes; ///< the broker's of each
    PerfMap perf_map;
    std::uint64_t perf_file = 0; ///< the file it is of, how long that was, when it was changed
    std::uint64_t perf_size = 0, perf_changed = 0;
    std::chrono::steady_clock::time_point perf_read{};
    std::uint64_t used = 0;
  };
  struct Kept {
    std::unique_ptr<Module> module; ///< null: it is no ELF file, or not given to us
    std::uint64_t used = 0;
  };

  Code& code(std::uint64_t number);
  const Mapping* mapping_at(const Code& code, model::Address address) const;
  Module* module_of(const Code& code, const Mapping& mapping);
  CallFrame call_frame(const Code& code, model::Address address);
  model::Frame frame(Code& code, const Place& place);
  void name_in_module(Module& module, const Mapping& mapping, const Place& place,
                      model::Frame& frame);
  void name_made_code(Code& code, const Place& place, model::Frame& frame);
  void refresh_perf_map(Code& code);
  void make_room();

  BrokerLink& broker_;
  std::uint64_t cache_;
  bool perf_maps_;
  bool perf_map_fresh_ = false; ///< looked at for this request
  std::uint64_t now_ = 0;       ///< counts requests
  std::map<std::uint64_t, Code> codes_;
  std::map<std::uint64_t, Kept> modules_; ///< by the broker's id
};

} // namespace mlockscope::symbols
