#include "symbols/module.hpp"

#include "symbols/mini_debug.hpp"

#include <elf.h>
#include <elfutils/libdw.h>
#include <sys/stat.h>

namespace mlockscope::symbols {
namespace {

std::uint64_t size_of(const ElfFile& file) {
  struct stat status {};
  return ::fstat(file.fd(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace

std::unique_ptr<Module> Module::load(BrokerLink::Reply file, std::uint32_t mapping,
                                     BrokerLink& broker) {
  broker.at_work(file.id);
  std::unique_ptr<Module> module(new Module(broker));
  module->id_ = file.id;
  module->file_ = ElfFile::open(std::move(file.fd));
  if (!module->file_) return nullptr;
  module->mapped_ = size_of(*module->file_);
  module->build_id_ = module->file_->build_id();
  module->find_debug(mapping);
  module->load_symbols();
  broker.at_work(0);
  return module;
}

Module::~Module() {
  if (eh_frames_) dwarf_cfi_end(eh_frames_);
}

void Module::load_symbols() {
  if (debug_) {
    broker_.at_work(debug_id_);
    add_functions(*debug_, symbols_);
  }
  broker_.at_work(id_);
  // What the debug file has is in .dynsym as well; twice does no harm.
  add_functions(*file_, symbols_);
  if (!debug_ && !file_->has_section(SHT_SYMTAB))
    if (const auto mini = open_mini_debug(*file_)) add_functions(*mini, symbols_);
  symbols_.finish();
}

bool Module::take_debug(BrokerLink::Reply reply, std::optional<std::uint32_t> crc) {
  if (reply.id == id_) return false;
  broker_.at_work(reply.id);
  std::unique_ptr<ElfFile> debug = ElfFile::open(std::move(reply.fd));
  const std::string build_id = debug ? debug->build_id() : std::string();
  bool same = debug != nullptr;
  if (!build_id_.empty() && !build_id.empty())
    same = same && build_id == build_id_;
  else
    same = same && crc && debug->crc() == crc;
  if (same) {
    debug_ = std::move(debug);
    debug_id_ = reply.id;
    mapped_ += size_of(*debug_);
  }
  broker_.at_work(id_);
  return same;
}

void Module::find_debug(std::uint32_t mapping) {
  if (file_->has_section(SHT_SYMTAB) && !file_->section(".debug_line").empty()) return;
  const auto link = file_->debug_link();
  for (std::uint32_t attempt = 0; !build_id_.empty() && attempt < 2; ++attempt)
    if (auto reply = broker_.ask(Ask::build_id, mapping, attempt, build_id_))
      if (take_debug(std::move(*reply), std::nullopt)) return;
  for (std::uint32_t attempt = 0; link && attempt < debug_places; ++attempt)
    if (auto reply = broker_.ask(Ask::debug_link, mapping, attempt, link->name))
      if (take_debug(std::move(*reply), link->crc)) return;
}

std::optional<std::uint64_t> Module::address_of(std::uint64_t offset) const {
  return file_->address_of(offset);
}

std::optional<SymbolTable::Hit> Module::function(std::uint64_t address) const {
  return symbols_.find(address);
}

SourceLines& Module::dwarf() {
  if (!dwarf_) dwarf_ = std::make_unique<SourceLines>(debug_ ? debug_->elf() : file_->elf());
  return *dwarf_;
}

std::optional<SourceLines::Place> Module::source(std::uint64_t address) {
  broker_.at_work(debug_ ? debug_id_ : id_);
  auto place = dwarf().find(address);
  broker_.at_work(0);
  return place;
}

CallFrame Module::call_frame(std::uint64_t address) {
  broker_.at_work(id_);
  if (!eh_frames_sought_) eh_frames_ = dwarf_getcfi_elf(file_->elf());
  eh_frames_sought_ = true;
  Dwarf_Frame* frame = nullptr;
  if (!eh_frames_ || dwarf_cfi_addrframe(eh_frames_, address, &frame) != 0) {
    frame = nullptr;
    broker_.at_work(debug_ ? debug_id_ : id_);
    Dwarf_CFI* const more = dwarf().call_frames();
    if (more && dwarf_cfi_addrframe(more, address, &frame) != 0) frame = nullptr;
  }
  broker_.at_work(0);
  return CallFrame(frame);
}

} // namespace mlockscope::symbols
