#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace cohort::base {

/// Large regions that arenas have left behind, for those that come after them in this process: new pages may cost more
/// than all else that is done with them. The system may take the pages back when it is short of memory. Any thread.
class SpareRegions {
 public:
  /// Of exactly so many bytes; null: there is none.
  static std::byte* take(std::size_t bytes);
  /// Whether it was taken over; if not, it is still the caller's.
  static bool give(std::byte* region, std::size_t bytes) noexcept;
};

/// Memory for what is kept until the end: handed out piece by piece, given back all at once. Once there is much of it,
/// it lies in huge pages where the system grants them: the first touch of a page costs as much as a task does, and one
/// huge page is 512 others.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (const Region& region : regions_) {
      if (!SpareRegions::give(region.begin, region.bytes)) std::free(region.begin);
    }
  }

  /// So many objects, as T{} makes them. Whoever asked destroys them, should that be needed. Throws std::bad_alloc.
  template <class T>
  T* make(std::size_t count) {
    static_assert(alignof(T) <= kAlignment);
    auto* objects = reinterpret_cast<T*>(take(count * sizeof(T)));
    std::uninitialized_value_construct_n(objects, count);
    return objects;
  }

 private:
  struct Region {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t kFirstRegion = std::size_t{16} << 10;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kMostAtOnce = std::size_t{16} << 20;

  static constexpr std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

  std::byte* take(std::size_t bytes) {
    bytes = round_up(bytes, kAlignment);
    if (bytes > left_) add_region(bytes);
    left_ -= bytes;
    return std::exchange(next_, next_ + bytes);
  }
  /// As large as all before it. What is left of the last one is given up.
  void add_region(std::size_t at_least) {
    std::size_t bytes = std::max(std::clamp(total_, kFirstRegion, kMostAtOnce), at_least);
    const bool huge = bytes >= kHugePage;
    bytes = round_up(bytes, huge ? kHugePage : kAlignment);
    regions_.push_back({});
    std::byte* region = SpareRegions::take(bytes);
    if (region == nullptr) {
      // From malloc: a leak checker then sees what is only known from here.
      region = static_cast<std::byte*>(std::aligned_alloc(huge ? kHugePage : kAlignment, bytes));
      if (region == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
      if (huge) madvise(region, bytes, MADV_HUGEPAGE);  // if it is refused, small pages do as well
#endif
    }
    regions_.back() = {region, bytes};
    next_ = region;
    left_ = bytes;
    total_ += bytes;
  }

  std::vector<Region> regions_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t total_ = 0;
};

/// Objects by number, `kBlock` of them made at a time. They stay where they are.
template <class T, std::size_t kBlock>
class StableVector {
 public:
  StableVector() = default;
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() {
    for (T* block : blocks_) std::destroy_n(block, kBlock);
  }

  std::size_t size() const { return blocks_.size() * kBlock; }
  T& operator[](std::size_t i) { return blocks_[i / kBlock][i % kBlock]; }
  /// kBlock more, as T{} makes them.
  void grow() {
    blocks_.push_back(nullptr);
    try {
      blocks_.back() = arena_.make<T>(kBlock);
    } catch (...) {
      blocks_.pop_back();
      throw;
    }
  }

 private:
  Arena arena_;
  std::vector<T*> blocks_;
};

}  // namespace cohort::base
