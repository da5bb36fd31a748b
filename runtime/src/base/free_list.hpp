#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "base/arena.hpp"

namespace cohort::base {

/// Memory for very many small objects that come and go, from any thread: each thread has a list of free blocks of its
/// own, and takes and gives many of them at once where it has too few or too many. Never goes back to the system.
///
/// The lists are arrays (magazines: Bonwick and Adams, "Magazines and Vmem", USENIX 2001) and not links through the
/// blocks: of a million blocks the next one is in no cache, and to read it would be a wait for each.
template <std::size_t kBytes>
class FreeLists {
 public:
  static void* take() {
    Mine& mine = of_thread;
    if (mine.count == 0) {
      if (void* const block = refill(mine)) return block;
    }
    void* const block = mine.blocks[--mine.count];
    if (mine.count >= kAhead) __builtin_prefetch(mine.blocks[mine.count - kAhead], 1);
    return block;
  }
  static void give(void* block) noexcept {
    Mine& mine = of_thread;
    if (mine.count == mine.room && !make_room(mine, block)) return;
    mine.blocks[mine.count++] = block;
  }

 private:
  static constexpr std::size_t kAtOnce = 256;  ///< blocks that a thread takes or gives
  static constexpr std::size_t kAhead = 8;

  /// Outlives the thread's other objects, which may give blocks at the very end.
  struct Mine {
    void** blocks = nullptr;
    std::size_t count = 0;
    std::size_t room = 0;
    bool ended = false;  ///< the thread: what it is given does not stay with it
  };
  struct Guard {
    ~Guard() {
      Mine& mine = of_thread;
      mine.ended = true;
      mine.room = 0;
      share(mine.blocks, std::exchange(mine.count, 0));
      delete[] std::exchange(mine.blocks, nullptr);
    }
  };
  struct Shared {
    std::mutex mutex;
    std::vector<void*> blocks;  ///< what threads had too many of
    Arena arena;
  };
  struct alignas(alignof(std::max_align_t)) Bytes {
    std::byte bytes[kBytes];
  };

  /// Never destroyed: objects may outlive all that is static.
  static Shared& shared() {
    static Shared& all = *new Shared;
    return all;
  }

  // Not inlined: take() and give() then need no registers of their own.

  /// Gives the thread some blocks. One that has ended keeps none: it is given a block here.
  [[gnu::noinline]] static void* refill(Mine& mine) {
    if (!mine.ended) prepare(mine);
    const std::size_t wanted = mine.ended ? 1 : kAtOnce;
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    if (all.blocks.empty()) {
      Bytes* const made = all.arena.template make<Bytes>(wanted);
      if (mine.ended) return made;
      // The first of them goes first.
      for (std::size_t i = wanted; i-- > 0;) mine.blocks[mine.count++] = &made[i];
      return nullptr;
    }
    const std::size_t count = std::min(wanted, all.blocks.size());
    const auto first = all.blocks.end() - static_cast<std::ptrdiff_t>(count);
    if (mine.ended) {
      void* const block = *first;
      all.blocks.pop_back();
      return block;
    }
    std::copy(first, all.blocks.end(), mine.blocks);
    all.blocks.erase(first, all.blocks.end());
    mine.count = count;
    return nullptr;
  }
  /// The thread has its list, and gives away what is in it when it ends.
  static void prepare(Mine& mine) {
    if (mine.room != 0) return;
    mine.blocks = new void*[2 * kAtOnce];
    mine.room = 2 * kAtOnce;
    thread_local Guard here;
    static_cast<void>(here);
  }
  /// Returns false if there is none: then the block is not the thread's any more.
  [[gnu::noinline]] static bool make_room(Mine& mine, void* block) noexcept {
    if (mine.ended) {
      share(&block, 1);
      return false;
    }
    if (mine.room == 0) {
      try {
        prepare(mine);
        return true;
      } catch (const std::bad_alloc&) {
        share(&block, 1);
        return false;
      }
    }
    // Those that were given first: the others are in the caches.
    share(mine.blocks, kAtOnce);
    std::copy(mine.blocks + kAtOnce, mine.blocks + mine.count, mine.blocks);
    mine.count -= kAtOnce;
    return true;
  }
  /// If there is no memory to note them in, they are lost.
  static void share(void* const* blocks, std::size_t count) noexcept try {
    if (count == 0) return;
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    all.blocks.insert(all.blocks.end(), blocks, blocks + count);
  } catch (const std::bad_alloc&) {
  }

  static constinit inline thread_local Mine of_thread;
};

}  // namespace cohort::base
