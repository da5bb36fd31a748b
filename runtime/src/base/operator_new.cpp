// The program's operator new and delete: malloc's, but for large blocks that are to be shared (base/shared_memory.hpp).
// The forms for arrays and those that do not throw call these two; those for stricter alignment are left alone.
//
// Weak: a program that has its own keeps it, and nothing is shared then.
#include <cstdlib>
#include <new>

#include "base/sanitized.hpp"
#include "base/shared_memory.hpp"

#ifdef COHORT_SANITIZED

bool cohort::base::owns_operator_new() { return false; }

#else

[[gnu::weak]] void* operator new(std::size_t bytes) {
  if (bytes >= cohort::base::SharedMemory::kLeastBytes) {
    if (void* const block = cohort::base::SharedMemory::of_process().allocate(bytes)) return block;
  }
  for (;;) {
    if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;  // NOLINT
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

[[gnu::weak]] void operator delete(void* memory) noexcept {
  // Blocks begin with a page.
  if (reinterpret_cast<std::uintptr_t>(memory) % 4096 == 0 && cohort::base::SharedMemory::of_process().any_blocks() &&
      cohort::base::SharedMemory::of_process().free(memory)) {
    return;
  }
  std::free(memory);  // NOLINT
}

[[gnu::weak]] void operator delete(void* memory, std::size_t) noexcept { ::operator delete(memory); }

namespace {

// Under other names, which are these whatever the program's are.
[[gnu::alias("_Znwm"), gnu::malloc, gnu::alloc_size(1)]] void* operator_new_here(std::size_t bytes);
[[gnu::alias("_ZdlPv")]] void operator_delete_here(void* memory) noexcept;

}  // namespace

namespace cohort::base {

bool owns_operator_new() {
  void* (*volatile used_new)(std::size_t) = &::operator new;
  void (*volatile used_delete)(void*) noexcept = &::operator delete;
  return used_new == &operator_new_here && used_delete == &operator_delete_here;
}

}  // namespace cohort::base

#endif
