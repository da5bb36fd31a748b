#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace cohort::base {

/// For containers that operator new and delete use themselves.
template <class T>
struct MallocAllocator {
  using value_type = T;

  MallocAllocator() = default;
  template <class U>
  MallocAllocator(const MallocAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as allocators are

  T* allocate(std::size_t count) {
    if (void* const memory = std::malloc(count * sizeof(T))) return static_cast<T*>(memory);  // NOLINT
    throw std::bad_alloc();
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }  // NOLINT

  bool operator==(const MallocAllocator&) const = default;
};

}  // namespace cohort::base
