#pragma once

#include <cstddef>
#include <vector>

namespace cohort::base {

/// First in, first out, in one run of memory that is used again; a std::deque takes and frees a block every few
/// entries.
template <class T>
class Fifo {
 public:
  bool empty() const { return first_ == items_.size(); }
  void push(const T& item) {
    if (first_ > kTidyAt && first_ >= items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    items_.push_back(item);
  }
  /// Must not be empty.
  T pop() {
    const T item = items_[first_++];
    if (empty()) {
      items_.clear();
      first_ = 0;
    }
    return item;
  }

 private:
  static constexpr std::size_t kTidyAt = 1024;

  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace cohort::base
