#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace cohort::base {

/// A vector of eight bytes, for records of which there are millions and most have nothing in it.
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
  ~ThinVector() { std::free(block_); }

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
    if (size() == capacity()) grow(std::max<std::size_t>(2, 2 * size()));
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

  T* items() const { return block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + 1); }
  void grow(std::size_t capacity) {
    if (capacity > UINT32_MAX) throw std::bad_alloc();
    const auto size = static_cast<std::uint32_t>(this->size());
    void* memory = std::realloc(block_, sizeof(Block) + capacity * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    block_ = static_cast<Block*>(memory);
    *block_ = {size, static_cast<std::uint32_t>(capacity)};
  }

  Block* block_ = nullptr;
};

}  // namespace cohort::base
