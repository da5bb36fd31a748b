#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "cohort/detail/erased.hpp"

namespace cohort::worker {

/// The types of values that others on this node have fetched, and were large: whoever makes more of them takes memory
/// that can be shared. Others are spared the price of that memory, which is dearer than malloc's when it is new.
class SharedTypes {
 public:
  /// One thread at a time. Types beyond the first kMost are not noted.
  void add(const detail::ValueType* type) {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count == kMost || contains(type)) return;
    types_[count] = type;
    count_.store(count + 1, std::memory_order_release);
  }
  /// Any thread.
  bool contains(const detail::ValueType* type) const {
    const std::size_t count = count_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < count; ++i) {
      if (types_[i] == type) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kMost = 32;

  std::array<const detail::ValueType*, kMost> types_{};
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace cohort::worker
