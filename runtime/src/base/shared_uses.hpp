#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/malloc_allocator.hpp"
#include "base/shared_file.hpp"

namespace cohort::base {

/// Who still looks at memory that was shared: a table of the owner's that readers write to, so that it needs no message
/// and no lock of theirs to say that they are done. Not thread-safe, but for the uses themselves.
///
/// A use is kOffered once the owner has told a reader of it, the reader's process id while it looks, and kOver then.
class SharedUses {
 public:
  using Use = std::atomic<std::uint32_t>;
  static constexpr std::uint32_t kOver = 0;
  static constexpr std::uint32_t kOffered = UINT32_MAX;
  static constexpr std::size_t kMost = 16 * 1024;

  /// Nothing if the system gives no memory for it.
  static std::optional<SharedUses> make();

  const SharedFile& file() const { return file_; }
  /// A new use; nothing if there are kMost.
  std::optional<std::uint32_t> begin();
  bool seems_over(std::uint32_t use) const { return uses_[use].load(std::memory_order_relaxed) == kOver; }
  /// Once true, the number may be another's.
  bool is_over(std::uint32_t use);
  /// The same, also if the reader is dead; costs a system call.
  bool is_over_or_abandoned(std::uint32_t use);
  /// The reader will not look.
  void end(std::uint32_t use);

 private:
  explicit SharedUses(SharedFile file, Use* uses) : file_(std::move(file)), uses_(uses) {}

  SharedFile file_;
  Use* uses_;
  std::uint32_t next_ = 0;
  std::vector<std::uint32_t, MallocAllocator<std::uint32_t>> free_;
};

/// The tables of others, as a reader sees them. They stay mapped.
class UsesOfOthers {
 public:
  /// Null if it cannot be had.
  SharedUses::Use* find(std::int64_t process, std::int64_t descriptor, SharedFile::Id id, std::uint32_t use);

 private:
  using Key = std::pair<std::int64_t, SharedFile::Id>;
  std::map<Key, SharedUses::Use*, std::less<>, MallocAllocator<std::pair<const Key, SharedUses::Use*>>> tables_;
};

}  // namespace cohort::base
