#include "symbols/namer.hpp"

#include "symbols/readable.hpp"

#include <algorithm>
#include <malloc.h>
#include <sys/stat.h>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_codes = 64;
constexpr std::size_t most_modules = 400;                     // each keeps two descriptors at most
constexpr std::uint64_t most_mapped = std::uint64_t{1} << 30; // bytes of files
constexpr std::chrono::milliseconds perf_map_rest{100};

std::uint64_t memory_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

template <class Entries> void drop_oldest(Entries& entries) {
  const auto oldest =
      std::min_element(entries.begin(), entries.end(),
                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
  entries.erase(oldest);
}

} // namespace

Namer::Code& Namer::code(std::uint64_t number) {
  const auto [at, fresh] = codes_.try_emplace(number);
  Code& code = at->second;
  code.used = now_;
  if (!fresh) return code;
  const auto reply = broker_.ask(Ask::code, 0, 0, "");
  Reader reader(reply ? std::string_view(reply->text) : std::string_view());
  std::vector<std::pair<Mapping, std::uint32_t>> read;
  while (reply) {
    Mapping mapping;
    mapping.start = reader.number<model::Address>();
    mapping.end = reader.number<model::Address>();
    mapping.offset = reader.number<std::uint64_t>();
    mapping.path = reader.text(most_path);
    mapping.build_id = reader.text(most_build_id);
    mapping.file = reader.number<std::uint64_t>();
    if (!reader.ok()) break;
    read.emplace_back(std::move(mapping), static_cast<std::uint32_t>(read.size()));
  }
  std::sort(read.begin(), read.end(),
            [](const auto& a, const auto& b) { return a.first.start < b.first.start; });
  for (auto& [mapping, index] : read) {
    code.mappings.push_back(std::move(mapping));
    code.indexes.push_back(index);
  }
  return code;
}

const Namer::Mapping* Namer::mapping_at(const Code& code, model::Address address) const {
  const auto after = std::upper_bound(
      code.mappings.begin(), code.mappings.end(), address,
      [](model::Address wanted, const Mapping& mapping) { return wanted < mapping.start; });
  if (after == code.mappings.begin() || address >= std::prev(after)->end) return nullptr;
  return &*std::prev(after);
}

Module* Namer::module_of(const Code& code, const Mapping& mapping) {
  if (mapping.file == 0) return nullptr;
  const auto [at, fresh] = modules_.try_emplace(mapping.file);
  at->second.used = now_;
  if (fresh) {
    const std::uint32_t index =
        code.indexes[static_cast<std::size_t>(&mapping - code.mappings.data())];
    if (auto reply = broker_.ask(Ask::file, index, 0, ""))
      at->second.module = Module::load(std::move(*reply), index, broker_);
  }
  return at->second.module.get();
}

CallFrame Namer::call_frame(const Code& code, model::Address address) {
  const Mapping* const mapping = mapping_at(code, address);
  Module* const module = mapping ? module_of(code, *mapping) : nullptr;
  if (!module) return nullptr;
  const auto own = module->address_of(address - mapping->start + mapping->offset);
  return own ? module->call_frame(*own) : nullptr;
}

void Namer::name_in_module(Module& module, const Mapping& mapping, const Place& place,
                           model::Frame& frame) {
  if (!module.build_id().empty()) frame.build_id = module.build_id();
  const std::uint64_t back = place.address - place.to_look_up();
  const auto own = module.address_of(place.to_look_up() - mapping.start + mapping.offset);
  if (!own) return;
  frame.module_offset = *own + back;
  if (const auto function = module.function(*own)) {
    frame.symbol = readable(function->name);
    frame.offset = frame.module_offset - function->start;
  }
  if (auto source = module.source(*own)) {
    frame.file = std::move(source->file);
    frame.line = source->line;
  }
}

void Namer::refresh_perf_map(Code& code) {
  const auto now = std::chrono::steady_clock::now();
  // A process that compiles all the time shall not have its map read for every stack.
  if (perf_map_fresh_ || now - code.perf_read < perf_map_rest) return;
  perf_map_fresh_ = true;
  const auto reply = broker_.ask(Ask::perf_map, 0, 0, "");
  struct stat status {};
  if (!reply || ::fstat(reply->fd.get(), &status) != 0) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto changed = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1000000000U +
                       static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  if (reply->id == code.perf_file && size == code.perf_size && changed == code.perf_changed) return;
  broker_.at_work(reply->id);
  code.perf_map = read_perf_map(reply->fd.get());
  broker_.at_work(0);
  code.perf_file = reply->id;
  code.perf_size = size;
  code.perf_changed = changed;
  code.perf_read = now;
}

void Namer::name_made_code(Code& code, const Place& place, model::Frame& frame) {
  if (!perf_maps_) return;
  refresh_perf_map(code);
  if (const auto hit = code.perf_map.find(place.to_look_up())) {
    frame.symbol = readable(hit->name);
    frame.offset = place.address - hit->start;
  }
}

model::Frame Namer::frame(Code& code, const Place& place) {
  model::Frame frame;
  frame.addr = place.address;
  const Mapping* const mapping = mapping_at(code, place.to_look_up());
  if (!mapping) {
    name_made_code(code, place, frame);
    return frame;
  }
  if (!mapping->path.empty()) frame.module = mapping->path;
  frame.build_id = mapping->build_id;
  // As long as the file's own numbering is not known.
  frame.module_offset = place.address - mapping->start + mapping->offset;
  if (Module* const module = module_of(code, *mapping))
    name_in_module(*module, *mapping, place, frame);
  else if (mapping->path != "[vdso]" && mapping->path != "[vsyscall]")
    name_made_code(code, place, frame);
  return frame;
}

void Namer::make_room() {
  while (codes_.size() > most_codes) drop_oldest(codes_);
  const auto mapped = [this] {
    std::uint64_t sum = 0;
    for (const auto& [id, kept] : modules_) sum += kept.module ? kept.module->mapped() : 0;
    return sum;
  };
  bool dropped = false;
  while (!modules_.empty() &&
         (modules_.size() > most_modules || mapped() > most_mapped || memory_in_use() > cache_)) {
    drop_oldest(modules_);
    dropped = true;
  }
  if (dropped) ::malloc_trim(0);
}

model::Stack Namer::name(std::uint64_t number, const std::vector<model::Address>& addresses,
                         const std::optional<model::StackCopy>& copy) {
  ++now_;
  make_room();
  perf_map_fresh_ = false;
  Code& at = code(number);
  std::vector<Place> unwound;
  if (copy) unwound = unwind(*copy, [&](model::Address pc) { return call_frame(at, pc); });
  const auto is_code = [&](model::Address pc) { return mapping_at(at, pc) != nullptr; };
  model::Stack stack;
  for (const Place& each : better(std::move(unwound), addresses, is_code))
    stack.push_back(frame(at, each));
  const bool known = std::any_of(stack.begin(), stack.end(),
                                 [](const auto& each) { return each.symbol || each.module; });
  return known ? stack : model::Stack{};
}

} // namespace mlockscope::symbols
