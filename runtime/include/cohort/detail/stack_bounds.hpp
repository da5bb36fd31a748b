#pragma once

#include <cstddef>
#include <cstdint>

namespace cohort::detail {

/// Addresses, low included, high not.
struct AddressRange {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;

  bool contains(std::uintptr_t address) const { return address - low < high - low; }
};

/// The part of the calling thread's stack that its running functions use, the caller's own frame included.
///
/// On a stack that is not the thread's own (a coroutine library's, a simulator's) its end is not known: there the range
/// is the next 256 KiB above the caller.
AddressRange live_stack();

}  // namespace cohort::detail
