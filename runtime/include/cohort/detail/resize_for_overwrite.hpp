#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace cohort::detail {

#if defined(__GLIBCXX__) && !defined(_GLIBCXX_SANITIZE_VECTOR)
/// What libstdc++'s std::vector<T> shows to those that derive from it.
template <class T>
class VectorEnd : private std::vector<T> {
 public:
  static void set(std::vector<T>& vector, T* end) { (vector.*&VectorEnd::_M_impl)._M_finish = end; }
};
#endif

/// vector.resize(count), where all elements are about to be overwritten. Leaves those of a large new block as they are
/// where it can: the first to write to a page has to wait for it, and who fills it writes it anyway.
template <class T, class A>
void resize_for_overwrite(std::vector<T, A>& vector, std::size_t count) {
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_SANITIZE_VECTOR)
  constexpr std::size_t kWorthItBytes = 8 * 1024;
  if constexpr (std::is_same_v<A, std::allocator<T>> && std::is_trivially_copyable_v<T>) {
    if (count * sizeof(T) >= kWorthItBytes) {
      vector.clear();
      vector.reserve(count);
      VectorEnd<T>::set(vector, vector.data() + count);
      return;
    }
  }
#endif
  vector.resize(count);
}

}  // namespace cohort::detail
