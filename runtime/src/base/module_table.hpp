#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/loaded_modules.hpp"
#include "cohort/detail/code.hpp"

namespace cohort::base {

/// A loaded file of the program's image: the executable or a shared library.
struct Module {
  std::string
      identity;      ///< build id in hex, or a hash of its read-only parts: the same on every rank, whatever the path
  std::string name;  ///< its path, for messages

  bool operator==(const Module&) const = default;
};

/// Translates addresses in the image of this process into module number and offset, and back.
///
/// Rank 0 gives the numbers, in order of first use, and announces them; the others learn them. Lookups take no lock
/// once a module was used. Modules that are loaded later are found when they are used; one that was used stays loaded.
/// To be made before MPI_Init, which loads modules that may differ from node to node (see `comparable`).
class ModuleTable : public detail::CodeMap {
 public:
  /// Of rank 0: gives the numbers.
  static ModuleTable leader() { return ModuleTable(true); }
  /// Of any other rank: knows the numbers it has learnt.
  static ModuleTable worker() { return ModuleTable(false); }
  ModuleTable(const ModuleTable&) = delete;
  ModuleTable& operator=(const ModuleTable&) = delete;

  detail::CodeAddress to_code(const void* address) override;
  const void* from_code(detail::CodeAddress code) override;

  /// Numbers 0 .. size() - 1 are given (or learnt).
  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }
  /// Modules with the numbers `first`, first + 1, ... size() - 1.
  std::vector<Module> announced_since(std::uint32_t first) const;
  /// Module `number` of rank 0 is this one. It need not be loaded yet. Throws DecodeError for an impossible number.
  void learn(std::uint32_t number, const Module& module);

  /// What all ranks must have alike: the modules that were loaded when this table was made, without those of the system
  /// (in /lib and /usr/lib). Sorted by identity, each once.
  const std::vector<Module>& comparable() const { return comparable_; }

 private:
  /// Where one numbered module lies.
  struct Place {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;  ///< 0: not found yet
    std::uintptr_t bias = 0;
    std::uint32_t number = 0;
  };
  /// All that the lookups without a lock read. Never changed once it is current.
  struct Snapshot {
    std::vector<Place> by_address;  ///< in order of first use; a number may have several
    std::vector<Place> by_number;
  };
  struct Loaded {
    MappedModule mapped;
    std::string identity;  ///< empty: not needed so far

    const std::string& known_identity() {
      if (identity.empty()) identity = identity_of(mapped);
      return identity;
    }
  };

  explicit ModuleTable(bool leads);
  void scan();
  Loaded* loaded_at(std::uintptr_t address);
  Loaded* loaded_with(const std::string& identity);
  std::optional<std::uint32_t> number_of(const std::string& identity) const;
  std::uint32_t give_number(Loaded& loaded);
  const Place& add_number_at(std::uintptr_t address);
  const Place& find_number(std::uint32_t number);
  const Snapshot& publish(Snapshot snapshot);

  const bool leads_;
  std::vector<Module> comparable_;
  mutable std::mutex mutex_;  ///< of all that follows but the atomics
  std::vector<Loaded> loaded_;
  unsigned long long changes_seen_ = ~0ULL;
  std::vector<Module> numbered_;                            ///< empty identity: not learnt yet
  std::vector<std::unique_ptr<const Snapshot>> snapshots_;  ///< all that were current: a reader may still be in one
  std::atomic<const Snapshot*> current_ = nullptr;
  std::atomic<std::uint32_t> size_ = 0;
};

/// One sentence about the first module in which two ranks differ, with the mend; nothing if they are alike.
/// `mine`: rank 0's. `who`: the other rank, as in "rank 3 on host x".
std::optional<std::string> difference(const std::vector<Module>& mine, const std::vector<Module>& theirs,
                                      const std::string& who);

}  // namespace cohort::base
