#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/malloc_allocator.hpp"
#include "base/shared_file.hpp"
#include "base/shared_uses.hpp"

namespace cohort::base {

/// Where another process of this machine finds memory that was shared with it, and where it says that it is done.
struct SharedPlace {
  std::int64_t process = 0;
  std::int64_t descriptor = 0;  ///< in that process
  SharedFile::Id file;
  std::int64_t uses_descriptor = 0;
  SharedFile::Id uses_file;
  std::uint32_t use = 0;  ///< of the owner's SharedUses
  bool operator==(const SharedPlace&) const = default;
};

/// Large blocks of memory that other processes of this machine map instead of copying them.
///
/// A block comes from operator new (see operator_new.cpp), so that any object may have its memory there: while a
/// ShareableScope is alive on the thread, a large one is made in a file without a name. A reader maps it privately, in
/// place of memory that its own operator new gave it: it may write there, which copies the page, and frees it as any
/// other. Nothing is left behind by processes that are killed.
///
/// The owner must neither change nor free a block until the use that it began by share() is over: its reader has freed
/// its memory, or is dead. It may be filled anew then, since blocks that were freed are kept, warm, for the next.
///
/// One to a process, as operator new is. Any thread.
class SharedMemory {
 public:
  /// To copy less costs about as much as to map it.
  static constexpr std::size_t kLeastBytes = std::size_t{1} << 20;

  static SharedMemory& of_process();

  /// Lets blocks be made and mapped from now on. `spare_bytes`: how much of freed ones is kept. Returns whether it does
  /// so: not with a sanitizer, an operator new of the program's own, or limits under which it could fail later on.
  /// Called before anything else.
  bool start(std::size_t spare_bytes);

  // The owner's.

  /// Begins a use of the block that begins at `data`; nothing if that is none of this process's own with `bytes` or
  /// more.
  std::optional<SharedPlace> share(const void* data, std::size_t bytes);
  /// Once true, the use is forgotten.
  bool is_over(std::uint32_t use);
  /// The same, also if the reader is dead; costs a system call.
  bool is_over_or_abandoned(std::uint32_t use);
  /// The reader has said that it will not look.
  void end_use(std::uint32_t use);
  /// Nobody will ask whether uses of the block that begins at `data` are over: it may be freed, and is not used again.
  void leave_for_ever(const void* data);

  // The reader's.

  /// Maps `bytes` of `place` over `into`, a block that was allocated after expect_shared() and has not been mapped
  /// over. False: it was not done, and the use has not changed.
  bool map(const SharedPlace& place, void* into, std::size_t bytes);

  // Operator new's and operator delete's.

  /// Null: this is no block to be, or the system gives none.
  void* allocate(std::size_t bytes) noexcept;
  /// Whether it was a block.
  bool free(void* memory) noexcept;
  bool any_blocks() const { return block_count_.load(std::memory_order_relaxed) != 0; }

 private:
  struct Block {
    std::size_t bytes = 0;
    SharedFile file;                 ///< of an own block
    bool expects = false;            ///< to be mapped over
    bool shareable = false;          ///< may be shared, and be filled anew once it was freed
    SharedUses::Use* use = nullptr;  ///< the owner's, to be ended
  };
  // Not from operator new, which would ask for the lock again.
  template <class Key, class T>
  using Map = std::multimap<Key, T, std::less<>, MallocAllocator<std::pair<const Key, T>>>;
  using Blocks = Map<std::uintptr_t, Block>;

  SharedMemory() = default;

  void* make_shareable(std::size_t bytes);
  void* make_expecting(std::size_t bytes);
  void keep_spare(Blocks::node_type block);
  void drop_spare();
  void before_fork();
  void after_fork(bool in_child);

  std::atomic<std::size_t> block_count_ = 0;
  std::mutex mutex_;
  bool on_ = false;
  std::size_t most_files_ = 0;
  std::size_t files_ = 0;
  std::size_t spare_limit_ = 0;
  std::size_t spare_bytes_ = 0;
  Blocks blocks_;                              ///< in use, by address
  Map<std::size_t, Blocks::node_type> spare_;  ///< own ones that were freed, by size
  std::optional<SharedUses> uses_;
  UsesOfOthers uses_of_others_;
};

/// While it is alive, large blocks that this thread allocates can be shared, if `wanted`.
class ShareableScope {
 public:
  explicit ShareableScope(bool wanted);
  ShareableScope(const ShareableScope&) = delete;
  ShareableScope& operator=(const ShareableScope&) = delete;
  ~ShareableScope();

 private:
  const bool before_;
};

/// The next block of `bytes`, or little more, that this thread allocates will be mapped over; 0: no more.
void expect_shared(std::size_t bytes);

/// Whether operator new and delete are those that know of blocks.
bool owns_operator_new();

}  // namespace cohort::base
