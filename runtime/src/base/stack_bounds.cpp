#include "cohort/detail/stack_bounds.hpp"

#include <pthread.h>

namespace cohort::detail {

namespace {

constexpr std::uintptr_t kForeignStackBytes = 256 * 1024;

AddressRange whole_stack() {
  AddressRange range;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return range;
  void* low = nullptr;
  std::size_t size = 0;
  if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
    range.low = reinterpret_cast<std::uintptr_t>(low);
    range.high = range.low + size;
  }
  pthread_attr_destroy(&attributes);
  return range;
}

}  // namespace

// Not inlined: its frame then lies below everything its callers have on the stack.
[[gnu::noinline]] AddressRange live_stack() {
  // A cache, not state: it holds the same for the whole life of the thread. Asking costs microseconds, and for the main
  // thread reads /proc/self/maps; this runs once in every submit.
  thread_local const AddressRange stack = whole_stack();
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (stack.contains(here)) return {here, stack.high};
  return {here, here + kForeignStackBytes};
}

}  // namespace cohort::detail
