#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "base/arena.hpp"

namespace cohort::base {

/// Memory for very many small objects that come and go, from any thread: each thread has a list of free blocks of its
/// own, and takes and gives whole lists of them where it has too few or too many. Never goes back to the system.
template <std::size_t kBytes>
class FreeLists {
 public:
  static void* take() {
    Mine& mine = of_thread;
    if (mine.first == nullptr) refill(mine);
    --mine.count;
    Block* const taken = std::exchange(mine.first, mine.first->next);
    __builtin_prefetch(mine.first, 1);  // of a million blocks the next one is in no cache
    return taken;
  }
  static void give(void* block) noexcept {
    Mine& mine = of_thread;
    if (mine.count == 0 && !mine.ended) guard();
    mine.first = new (block) Block{mine.first};
    if (++mine.count >= 2 * kList || mine.ended) spill(mine, mine.ended ? mine.count : kList);
  }

 private:
  /// Free, and one of a list.
  struct Block {
    Block* next;
  };
  static constexpr std::size_t kList = 256;

  /// Outlives the thread's other objects, which may give blocks at the very end.
  struct Mine {
    Block* first = nullptr;
    std::size_t count = 0;
    bool ended = false;  ///< the thread: what it is given does not stay with it
  };
  struct Guard {
    ~Guard() {
      Mine& mine = of_thread;
      mine.ended = true;
      if (mine.count > 0) spill(mine, mine.count);
    }
  };
  struct Shared {
    std::mutex mutex;
    std::vector<std::pair<Block*, std::size_t>> lists;  ///< what threads had too many of, each with its length
    Arena arena;
  };
  struct alignas(alignof(std::max_align_t)) Bytes {
    std::byte bytes[kBytes];
  };

  /// From here on the thread's end gives its blocks away.
  [[gnu::noinline]] static void guard() {
    thread_local Guard here;
    static_cast<void>(here);
  }
  /// Never destroyed: objects may outlive all that is static.
  static Shared& shared() {
    static Shared& all = *new Shared;
    return all;
  }

  // Not inlined: take() and give() then need no registers of their own.
  [[gnu::noinline]] static void refill(Mine& mine) {
    if (!mine.ended) guard();
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    if (!all.lists.empty()) {
      std::tie(mine.first, mine.count) = all.lists.back();
      all.lists.pop_back();
      return;
    }
    auto* blocks = all.arena.template make<Bytes>(kList);
    for (std::size_t i = kList; i-- > 0;) mine.first = new (&blocks[i]) Block{mine.first};
    mine.count = kList;
  }
  /// Gives away the first `count`. If there is no memory to note them in, they are lost.
  [[gnu::noinline]] static void spill(Mine& mine, std::size_t count) noexcept try {
    Block* const first = mine.first;
    Block* last = first;
    for (std::size_t i = 1; i < count; ++i) last = last->next;
    mine.first = std::exchange(last->next, nullptr);
    mine.count -= count;
    Shared& all = shared();
    const std::lock_guard lock(all.mutex);
    all.lists.emplace_back(first, count);
  } catch (const std::bad_alloc&) {
  }

  static constinit inline thread_local Mine of_thread;
};

}  // namespace cohort::base
