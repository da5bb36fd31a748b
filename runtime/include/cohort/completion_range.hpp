#pragma once

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "cohort/future.hpp"

namespace cohort {

/// Futures in the order they end, each distinct one once. A single-pass range that owns its futures; advancing it
/// waits. Movable, not copyable; used by one thread at a time.
template <class T>
class CompletionRange {
 public:
  class iterator {
   public:
    using value_type = Future<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    iterator() = default;
    const Future<T>& operator*() const { return range_->current_; }
    const Future<T>* operator->() const { return &range_->current_; }
    iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return range_ == nullptr || range_->ended_; }

   private:
    friend class CompletionRange;
    explicit iterator(CompletionRange* range) : range_(range) {}
    CompletionRange* range_ = nullptr;
  };

  explicit CompletionRange(const std::vector<Future<T>>& futures) {
    std::vector<detail::FutureHandle> handles;
    handles.reserve(futures.size());
    for (const Future<T>& future : futures) handles.push_back(FutureAccess::handle(future));
    queue_ = std::make_unique<detail::CompletionQueue>(std::move(handles));
  }

  /// Waits for the first future to end. To be called once.
  iterator begin() {
    advance();
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  void advance() {
    detail::FutureHandle next = queue_->next();
    ended_ = next == nullptr;
    current_ = FutureAccess::make<T>(std::move(next));
  }

  std::unique_ptr<detail::CompletionQueue> queue_;
  Future<T> current_;
  bool ended_ = false;
};

}  // namespace cohort
