#include <new>

#include "base/free_list.hpp"
#include "base/sanitized.hpp"
#include "cohort/detail/bytes.hpp"

namespace cohort::detail {

namespace {

/// Calls `with` FreeLists for blocks of at least so many bytes.
template <class With>
auto with_lists(std::size_t bytes, With with) {
  if (bytes <= 16) return with(base::FreeLists<16>{});
  if (bytes <= 32) return with(base::FreeLists<32>{});
  if (bytes <= 64) return with(base::FreeLists<64>{});
  return with(base::FreeLists<kSmallBytes>{});
}

}  // namespace

#ifdef COHORT_SANITIZED
void* take_small(std::size_t bytes) { return ::operator new(bytes); }
void give_small(void* memory, std::size_t) noexcept { ::operator delete(memory); }
#else
void* take_small(std::size_t bytes) {
  return with_lists(bytes, [](auto lists) { return lists.take(); });
}
void give_small(void* memory, std::size_t bytes) noexcept {
  with_lists(bytes, [memory](auto lists) { lists.give(memory); });
}
#endif

}  // namespace cohort::detail
