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

/// The memory of a list of trivially copyable things: how many there are, for how many there is room, and they
/// themselves.
template <class T>
struct ThinBlock {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::uint64_t));

  std::uint32_t size;
  std::uint32_t capacity;

  T* items() { return reinterpret_cast<T*>(this + 1); }

  /// One with room for at least so many, none of them there.
  static ThinBlock* make(std::size_t capacity) {
    if (capacity > UINT32_MAX) throw std::bad_alloc();
    // They double in size, so that small ones fill those that take_small() has.
    std::size_t bytes = std::max(kFirstBytes, std::bit_ceil(bytes_of(capacity)));
    if (bytes > detail::kSmallBytes) bytes = bytes_of(capacity);
    void* memory = bytes <= detail::kSmallBytes ? detail::take_small(bytes) : ::operator new(bytes);
    return new (memory) ThinBlock{0, static_cast<std::uint32_t>((bytes - sizeof(ThinBlock)) / sizeof(T))};
  }
  /// One with room for at least so many, and what was in `block`, which may be null and is given back.
  static ThinBlock* grow(ThinBlock* block, std::size_t capacity) {
    ThinBlock* const grown = make(capacity);
    if (block == nullptr) return grown;
    grown->append(block->items(), block->size);
    give(block);
    return grown;
  }
  static void give(ThinBlock* block) noexcept {
    const std::size_t bytes = bytes_of(block->capacity);
    if (bytes > detail::kSmallBytes) return ::operator delete(block);
    detail::give_small(block, bytes);
  }
  /// There must be room.
  void append(const T* from, std::size_t count) {
    if (count > 0) std::memcpy(static_cast<void*>(items() + size), from, count * sizeof(T));
    size += static_cast<std::uint32_t>(count);
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    size = static_cast<std::uint32_t>(std::remove_if(items(), items() + size, predicate) - items());
  }

 private:
  static constexpr std::size_t kFirstBytes = 32;

  static std::size_t bytes_of(std::size_t capacity) { return sizeof(ThinBlock) + capacity * sizeof(T); }
};

/// A vector of eight bytes, for records of which there are millions and most have nothing, or next to nothing, in it.
template <class T>
class ThinVector {
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
    if (block_ != nullptr) Block::give(block_);
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
    if (capacity > this->capacity()) block_ = Block::grow(block_, capacity);
  }
  void push_back(const T& item) {
    const T copy = item;  // it may be one of these
    if (size() == capacity()) block_ = Block::grow(block_, std::max<std::size_t>(2 * size(), 1));
    block_->append(&copy, 1);
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    if (block_ != nullptr) block_->erase_if(predicate);
  }

 private:
  using Block = ThinBlock<T>;

  T* items() const { return block_ == nullptr ? nullptr : block_->items(); }

  Block* block_ = nullptr;
};

}  // namespace cohort::base
