#include "base/cycle_clock.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace cohort::base {

namespace {

Time system_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

#if defined(__x86_64__)
/// Intel SDM, volume 3, 18.17.1; AMD64 Architecture Programmer's Manual, volume 3, E.4.7: the same bit.
bool counter_is_invariant() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
}
#endif

}  // namespace

Time steady_now() {
#if defined(__x86_64__)
  static const bool counts = counter_is_invariant();
  static constinit thread_local CycleClock of_thread;
  if (counts) return of_thread.now([] { return static_cast<std::uint64_t>(__rdtsc()); }, system_now);
#endif
  return system_now();
}

}  // namespace cohort::base
