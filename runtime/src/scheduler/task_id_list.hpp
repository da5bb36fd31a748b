#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/broken_invariant.hpp"
#include "base/thin_vector.hpp"
#include "cohort/types.hpp"

namespace cohort::scheduler {

/// Ids of tasks, in the order in which they came, in the eight bytes of one. Most lists have one or none, which lies in
/// the list itself: of thousands of tasks, what lies elsewhere is in no near cache, and to come there costs as much as
/// all else that is done for the task.
class TaskIdList {
 public:
  /// Generations go no further: what is beyond tells the address of more ids from an id.
  static constexpr std::uint32_t kLastGeneration = INT32_MAX;

  TaskIdList() noexcept = default;
  TaskIdList(std::initializer_list<TaskId> ids) {
    for (const TaskId id : ids) push_back(id);
  }
  TaskIdList(const TaskIdList& other) {
    reserve(other.size());
    for (const TaskId id : other) push_back(id);
  }
  TaskIdList(TaskIdList&& other) noexcept : one_(std::exchange(other.one_, TaskId{})) {}
  TaskIdList& operator=(TaskIdList other) noexcept {
    std::swap(one_, other.one_);
    return *this;
  }
  ~TaskIdList() {
    if (has_block()) Block::give(block());
  }

  bool empty() const { return size() == 0; }
  std::size_t size() const { return has_block() ? block()->size : one_.generation == 0 ? 0 : 1; }
  std::size_t capacity() const { return has_block() ? block()->capacity : 1; }
  TaskId* begin() { return has_block() ? block()->items() : &one_; }
  TaskId* end() { return begin() + size(); }
  const TaskId* begin() const { return has_block() ? block()->items() : &one_; }
  const TaskId* end() const { return begin() + size(); }
  TaskId operator[](std::size_t i) const { return begin()[i]; }

  /// What is in it can be read without going elsewhere.
  bool is_here() const { return !has_block(); }
  /// It will be used soon.
  void prefetch() const {
    if (has_block()) __builtin_prefetch(block(), 1);
  }
  void reserve(std::size_t capacity) {
    if (capacity > this->capacity()) grow(capacity);
  }
  /// Throws BrokenInvariant for what is no id, or one of a generation after kLastGeneration.
  void push_back(TaskId id) {
    if (id.generation == 0 || id.generation > kLastGeneration) throw base::BrokenInvariant("no id for a list of them");
    if (!has_block()) {
      if (one_.generation == 0) {
        one_ = id;
        return;
      }
      grow(2);
    } else if (block()->size == block()->capacity) {
      grow(std::size_t{2} * block()->capacity);
    }
    block()->append(&id, 1);
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    if (has_block()) return block()->erase_if(predicate);
    if (one_.generation != 0 && predicate(one_)) one_ = {};
  }

 private:
  using Block = base::ThinBlock<TaskId>;
  static constexpr std::uint32_t kBlockMark = kLastGeneration + 1U;

  bool has_block() const { return (one_.generation & kBlockMark) != 0; }
  Block* block() const {
    const std::uint64_t address = (std::uint64_t{one_.generation & ~kBlockMark} << 32) | one_.index;
    return reinterpret_cast<Block*>(address);  // NOLINT(performance-no-int-to-ptr)
  }
  void grow(std::size_t capacity) {
    Block* grown = nullptr;
    if (has_block()) {
      grown = Block::grow(block(), capacity);
    } else {
      grown = Block::make(capacity);
      grown->append(&one_, size());
    }
    // Addresses of memory have 63 bits at most: their uppermost bit is the system's.
    const auto address = reinterpret_cast<std::uint64_t>(grown);
    one_ = {static_cast<std::uint32_t>(address), static_cast<std::uint32_t>(address >> 32) | kBlockMark};
  }

  /// The one there is; or, with kBlockMark in its generation, the address of the block they are in.
  TaskId one_;
};

}  // namespace cohort::scheduler
