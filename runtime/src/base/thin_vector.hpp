#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/free_list.hpp"

namespace cohort::base {

/// A vector of eight bytes, for records of which there are millions and most have nothing, or next to nothing, in it:
/// that comes from free lists.
template <class T>
class ThinVector {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::uint64_t));

 public:
  ThinVector() noexcept = default;
  ThinVector(std::initializer_list<T> items) : ThinVector(std::span<const T>(items.begin(), items.size())) {}
  explicit ThinVector(std::span<const T> items) {
    reserve(items.size());
    for (const T& item : items) push_back(item);
  }
  ThinVector(const ThinVector& other) : ThinVector(std::span<const T>(other.begin(), other.size())) {}
  ThinVector(ThinVector&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  ThinVector& operator=(ThinVector other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~ThinVector() {
    if (block_ != nullptr) give(block_);
  }

  bool empty() const { return size() == 0; }
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  std::size_t capacity() const { return block_ == nullptr ? 0 : block_->capacity; }
  T* begin() { return items(); }
  T* end() { return items() + size(); }
  const T* begin() const { return items(); }
  const T* end() const { return items() + size(); }
  T& operator[](std::size_t i) { return items()[i]; }
  const T& operator[](std::size_t i) const { return items()[i]; }

  void reserve(std::size_t capacity) {
    if (capacity > this->capacity()) grow(capacity);
  }
  void push_back(const T& item) {
    const T copy = item;  // it may be one of these
    if (size() == capacity()) grow(2 * size());
    new (items() + block_->size++) T(copy);
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    if (block_ == nullptr) return;
    block_->size = static_cast<std::uint32_t>(std::remove_if(begin(), end(), predicate) - begin());
  }

 private:
  struct Block {
    std::uint32_t size;
    std::uint32_t capacity;
  };
  static constexpr std::size_t kSmallBytes = 32;
  static constexpr std::size_t kSmallCapacity = (kSmallBytes - sizeof(Block)) / sizeof(T);
  using SmallBlocks = FreeLists<kSmallBytes>;

  T* items() const { return block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + 1); }
  void grow(std::size_t capacity) {
    if (capacity > UINT32_MAX) throw std::bad_alloc();
    capacity = std::max(capacity, kSmallCapacity);
    const auto size = static_cast<std::uint32_t>(this->size());
    const bool was_large = block_ != nullptr && block_->capacity > kSmallCapacity;
    void* memory = capacity == kSmallCapacity
                       ? SmallBlocks::take()
                       : std::realloc(was_large ? block_ : nullptr, sizeof(Block) + capacity * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    if (block_ != nullptr && !was_large) {
      std::memcpy(static_cast<std::byte*>(memory) + sizeof(Block), items(), size * sizeof(T));
      give(block_);
    }
    block_ = new (memory) Block{size, static_cast<std::uint32_t>(capacity)};
  }
  static void give(Block* block) {
    if (block->capacity > kSmallCapacity) return std::free(block);
    SmallBlocks::give(block);
  }

  Block* block_ = nullptr;
};

}  // namespace cohort::base
