#include "base/module_table.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cohort/detail/bytes.hpp"
#include "cohort/types.hpp"

namespace cohort::base {

namespace {

constexpr int kOffsetBits = 48;
constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kOffsetBits) - 1;
constexpr std::uint32_t kMostModules = 0xfffe;

detail::CodeAddress make_code(std::uint32_t number, std::uint64_t offset) {
  return {((std::uint64_t{number} + 1) << kOffsetBits) | (offset & kOffsetMask)};
}

/// An address in the module this library's own code is part of.
std::uintptr_t own_address() { return reinterpret_cast<std::uintptr_t>(&make_code); }

/// A module that was used stays: its place is known to threads that do not ask again. To be called without the table's
/// lock: the linker has one of its own, and may be running code that waits for ours.
void keep_loaded(const MappedModule& module) {
  if (module.is_executable || module.contains(own_address())) return;
  (void)dlopen(module.name.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);  // fails only for what has no file
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

ModuleTable::ModuleTable(bool leads) : leads_(leads) {
  publish({});
  scan();
  for (Loaded& loaded : loaded_) {
    const bool own = loaded.mapped.contains(own_address());
    if (loaded.mapped.is_system && !own) continue;
    Module module{loaded.known_identity(), loaded.mapped.name};
    const auto at = std::ranges::lower_bound(comparable_, module.identity, {}, &Module::identity);
    if (at == comparable_.end() || at->identity != module.identity) {
      comparable_.insert(at, std::move(module));
    } else if (own) {
      *at = std::move(module);
    }
  }
}

detail::CodeAddress ModuleTable::to_code(const void* address) {
  if (address == nullptr) return {};
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const std::vector<Place>& places = current_.load(std::memory_order_acquire)->by_address;
  for (const Place& place : places) {  // a handful
    if (at - place.begin < place.end - place.begin) return make_code(place.number, at - place.bias);
  }
  const Place& place = add_number_at(at);
  return make_code(place.number, at - place.bias);
}

const void* ModuleTable::from_code(detail::CodeAddress code) {
  if (code.bits == 0) return nullptr;
  const std::uint64_t number_and_one = code.bits >> kOffsetBits;
  if (number_and_one == 0) throw detail::DecodeError("a code address names no module");
  const auto number = static_cast<std::uint32_t>(number_and_one - 1);
  const std::vector<Place>& places = current_.load(std::memory_order_acquire)->by_number;
  const bool known = number < places.size() && places[number].end != 0;
  const Place& place = known ? places[number] : find_number(number);
  const std::uintptr_t address = place.bias + (code.bits & kOffsetMask);
  if (address < place.begin || address >= place.end) [[unlikely]] {
    const std::lock_guard lock(mutex_);
    throw detail::DecodeError("a code address lies outside the module " + numbered_[number].name);
  }
  return reinterpret_cast<const void*>(address);
}

std::vector<Module> ModuleTable::announced_since(std::uint32_t first) const {
  const std::lock_guard lock(mutex_);
  if (first >= numbered_.size()) return {};
  return {numbered_.begin() + first, numbered_.end()};
}

void ModuleTable::learn(std::uint32_t number, const Module& module) {
  if (number >= kMostModules) throw detail::DecodeError("a module's number is too large");
  const std::lock_guard lock(mutex_);
  if (number >= numbered_.size()) numbered_.resize(number + 1);
  if (numbered_[number].identity.empty()) numbered_[number] = module;
  size_.store(static_cast<std::uint32_t>(numbered_.size()), std::memory_order_release);
}

// --- with the lock held ---

void ModuleTable::scan() {
  const auto changes = module_changes();
  if (changes == changes_seen_) return;
  loaded_.clear();
  for (MappedModule& mapped : mapped_modules()) loaded_.push_back({std::move(mapped), {}});
  changes_seen_ = changes;
}

ModuleTable::Loaded* ModuleTable::loaded_at(std::uintptr_t address) {
  scan();
  const auto at = std::ranges::find_if(loaded_, [=](const Loaded& loaded) { return loaded.mapped.contains(address); });
  return at == loaded_.end() ? nullptr : &*at;
}

/// Of several copies (a simulator loads the program once for each rank) the one this code is in, else the first.
ModuleTable::Loaded* ModuleTable::loaded_with(const std::string& identity) {
  scan();
  Loaded* found = nullptr;
  for (Loaded& loaded : loaded_) {
    if (loaded.known_identity() != identity) continue;
    if (loaded.mapped.contains(own_address())) return &loaded;
    if (found == nullptr) found = &loaded;
  }
  return found;
}

std::optional<std::uint32_t> ModuleTable::number_of(const std::string& identity) const {
  const auto at = std::ranges::find(numbered_, identity, &Module::identity);
  if (at == numbered_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - numbered_.begin());
}

std::uint32_t ModuleTable::give_number(Loaded& loaded) {
  if (const auto known = number_of(loaded.known_identity())) return *known;
  if (!leads_) {
    throw UsageError("cohort: " + loaded.mapped.name + " has no number here: only rank 0 can name new modules");
  }
  if (numbered_.size() == kMostModules) throw UsageError("cohort: functions of too many modules were submitted");
  numbered_.push_back({loaded.known_identity(), loaded.mapped.name});
  size_.store(static_cast<std::uint32_t>(numbered_.size()), std::memory_order_release);
  return static_cast<std::uint32_t>(numbered_.size() - 1);
}

const ModuleTable::Snapshot& ModuleTable::publish(Snapshot snapshot) {
  snapshots_.push_back(std::make_unique<const Snapshot>(std::move(snapshot)));
  current_.store(snapshots_.back().get(), std::memory_order_release);
  return *snapshots_.back();
}

// --- the slow ways: the first use of a module ---

const ModuleTable::Place& ModuleTable::add_number_at(std::uintptr_t address) {
  MappedModule mapped;
  const Place* place = nullptr;
  {
    const std::lock_guard lock(mutex_);
    Loaded* loaded = loaded_at(address);
    if (loaded == nullptr) {
      throw UsageError(
          "cohort: a function is in no loaded module of the program (made at run time?), so it cannot travel");
    }
    mapped = loaded->mapped;
    Snapshot next = *current_.load(std::memory_order_relaxed);
    next.by_address.push_back({mapped.begin, mapped.end, mapped.bias, give_number(*loaded)});
    place = &publish(std::move(next)).by_address.back();
  }
  keep_loaded(mapped);
  return *place;
}

const ModuleTable::Place& ModuleTable::find_number(std::uint32_t number) {
  MappedModule mapped;
  const Place* place = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (number >= numbered_.size() || numbered_[number].identity.empty()) {
      throw detail::DecodeError("a code address names a module that rank 0 has not announced");
    }
    Loaded* loaded = loaded_with(numbered_[number].identity);
    if (loaded == nullptr) {
      throw detail::DecodeError("the module " + numbered_[number].name + " (" + numbered_[number].identity +
                                ") is not loaded on this rank: every rank must load it, the same build, before a task "
                                "uses a function of it");
    }
    mapped = loaded->mapped;
    Snapshot next = *current_.load(std::memory_order_relaxed);
    if (next.by_number.size() <= number) next.by_number.resize(number + 1);
    next.by_number[number] = {mapped.begin, mapped.end, mapped.bias, number};
    place = &publish(std::move(next)).by_number[number];
  }
  keep_loaded(mapped);
  return *place;
}

// --- comparing ranks ---

std::optional<std::string> difference(const std::vector<Module>& mine, const std::vector<Module>& theirs,
                                      const std::string& who) {
  const std::string mend = "; build once and start the same binary on all ranks";
  const auto missing_in = [](const std::vector<Module>& from, const std::vector<Module>& in) {
    std::vector<Module> missing;
    for (const Module& module : from) {
      if (std::ranges::find(in, module.identity, &Module::identity) == in.end()) missing.push_back(module);
    }
    return missing;
  };
  const auto only_mine = missing_in(mine, theirs);
  const auto only_theirs = missing_in(theirs, mine);
  for (const Module& module : only_mine) {
    for (const Module& other : only_theirs) {
      if (file_name(module.name) != file_name(other.name)) continue;
      return who + " runs another build of " + std::string(file_name(module.name)) + " (" + other.name + ", " +
             other.identity + ") than rank 0 (" + module.name + ", " + module.identity + ")" + mend;
    }
  }
  if (!only_mine.empty()) {
    return who + " has not loaded " + only_mine[0].name + " (" + only_mine[0].identity + "), which rank 0 has" + mend;
  }
  if (!only_theirs.empty()) {
    return who + " has loaded " + only_theirs[0].name + " (" + only_theirs[0].identity + "), which rank 0 has not" +
           mend;
  }
  return std::nullopt;
}

}  // namespace cohort::base
