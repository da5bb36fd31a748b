#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "cohort/detail/codec.hpp"
#include "cohort/detail/value_type.hpp"

namespace cohort::detail {

/// Whether copying compiles. std::is_copy_constructible says yes for a std::vector<std::unique_ptr<T>>.
template <class T>
inline constexpr bool copyable = [] {
  if constexpr (!std::is_copy_constructible_v<T>) {
    return false;
  } else if constexpr (requires { typename T::value_type; }) {
    if constexpr (std::is_same_v<typename T::value_type, T>)
      return true;
    else
      return copyable<typename T::value_type>;
  } else {
    return true;
  }
}();
template <class A, class B>
inline constexpr bool copyable<std::pair<A, B>> = copyable<A>&& copyable<B>;
template <class... Ts>
inline constexpr bool copyable<std::tuple<Ts...>> = (copyable<Ts> && ...);

/// A second object of the same value: by its copy constructor, or the way it would travel.
template <class T>
T copy_of(const T& object) {
  if constexpr (copyable<T>) {
    return object;
  } else {
    Encoder out;
    out.copy_everything();
    encode<T>(object, out);
    Decoder in(out.bytes().view());
    return decode<T>(in);
  }
}

}  // namespace cohort::detail
