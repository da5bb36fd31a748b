#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What the dynamic linker has loaded, as it says.
namespace cohort::base {

/// One module as it lies in memory.
struct MappedModule {
  std::string name;                                   ///< path; of the executable too
  std::uintptr_t bias = 0;                            ///< address = bias + address in the file
  std::uintptr_t begin = 0;                           ///< first mapped byte
  std::uintptr_t end = 0;                             ///< past the last one
  bool is_executable = false;                         ///< the program itself, not a library
  bool is_system = false;                             ///< the system's own, by its path
  std::string build_id = {};                          ///< hex; empty: it has none
  std::vector<std::span<const std::byte>> read_only;  ///< mapped parts that nobody may write

  bool contains(std::uintptr_t address) const { return address - begin < end - begin; }
};

/// Counts loading and unloading: equal sums, equal modules.
unsigned long long module_changes();

/// Build id, or a hash of what is read-only. The module must be loaded.
std::string identity_of(const MappedModule& module);

/// All loaded modules that have an address range, in load order.
std::vector<MappedModule> mapped_modules();

}  // namespace cohort::base
