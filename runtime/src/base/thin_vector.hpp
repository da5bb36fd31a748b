#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "cohort/detail/bytes.hpp"

namespace cohort::base {

/// A vector of eight bytes, for records of which there are millions and most have nothing, or next to nothing, in it.
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

  /// It will be used soon.
  void prefetch() const { __builtin_prefetch(block_, 1); }
  void reserve(std::size_t capacity) {
    if (capacity > this->capacity()) grow(capacity);
  }
  void push_back(const T& item) {
    const T copy = item;  // it may be one of these
    if (size() == capacity()) grow(std::max<std::size_t>(2 * size(), 1));
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
  static constexpr std::size_t kFirstBytes = 32;

  T* items() const { return block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + 1); }
  static std::size_t bytes_of(std::size_t capacity) { return sizeof(Block) + capacity * sizeof(T); }
  /// To at least so much; blocks double in size, so that small ones fill those that take_small() has.
  void grow(std::size_t capacity) {
    if (capacity > UINT32_MAX) throw std::bad_alloc();
    std::size_t bytes = std::max(kFirstBytes, std::bit_ceil(bytes_of(capacity)));
    if (bytes > detail::kSmallBytes) bytes = bytes_of(capacity);
    const std::size_t size = this->size();
    void* memory = bytes <= detail::kSmallBytes ? detail::take_small(bytes) : ::operator new(bytes);
    if (size > 0) std::memcpy(static_cast<std::byte*>(memory) + sizeof(Block), items(), size * sizeof(T));
    if (block_ != nullptr) give(block_);
    block_ = new (memory)
        Block{static_cast<std::uint32_t>(size), static_cast<std::uint32_t>((bytes - sizeof(Block)) / sizeof(T))};
  }
  static void give(Block* block) {
    const std::size_t bytes = bytes_of(block->capacity);
    if (bytes > detail::kSmallBytes) return ::operator delete(block);
    detail::give_small(block, bytes);
  }

  Block* block_ = nullptr;
};

}  // namespace cohort::base
