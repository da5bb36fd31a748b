#pragma once

#include <type_traits>

#include "cohort/detail/serialize_std.hpp"

namespace cohort {
namespace detail {

template <class T>
consteval bool is_transferable_part() {
  if constexpr (std::is_object_v<T>) {
    if constexpr (bitwise<T> || has_serialize<T>) {
      return true;
    } else if constexpr (HasCodec<T>) {
      return []<class... Part>(TypeList<Part...>) {
        return (is_transferable_part<std::remove_const_t<Part>>() && ...);
      }(typename Codec<T>::Parts{});
    }
  }
  return false;
}

}  // namespace detail

/// Can be an argument or a result of a task:
/// - trivially copyable types, except those that refer to memory: pointers (also to members), reference_wrapper,
///   string_view, span, initializer_list, other views, contiguous iterators;
/// - string, vector, array, pair, tuple, optional, variant, map, set, their multi- and unordered kinds, deque, list,
///   forward_list, bitset, complex, chrono's durations and time points, filesystem::path, unique_ptr and shared_ptr,
///   where their elements are Transferable;
/// - classes with a Boost.Serialization `serialize`, member or free, and a default constructor (either may be private,
///   with `friend class boost::serialization::access`). It wins over trivially copyable.
template <class T>
concept Transferable = std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_array_v<T> &&
                       !std::is_abstract_v<T> && detail::is_transferable_part<T>();

namespace detail {

/// Compiles if T is Transferable; otherwise the compiler's message tells why not and what to use instead.
template <class T>
consteval void require_transferable() {
  if constexpr (!Transferable<T>) {
    static_assert(!std::is_reference_v<T>, "cohort: a reference cannot travel between ranks: send the value");
    static_assert(!std::is_pointer_v<T> && !std::is_member_pointer_v<T>,
                  "cohort: a pointer cannot travel between ranks: send the value it points to, in a std::vector or a "
                  "std::unique_ptr where it owns something");
    static_assert(!is_reference_wrapper<T>,
                  "cohort: a std::reference_wrapper cannot travel between ranks: send the value, or put() it and send "
                  "the future");
    static_assert(!is_string_view<T>, "cohort: a std::string_view cannot travel between ranks: send a std::string");
    static_assert(!is_span<T>, "cohort: a std::span cannot travel between ranks: send a std::vector");
    static_assert(!is_initializer_list<T>,
                  "cohort: a std::initializer_list cannot travel between ranks: send a std::vector");
    if constexpr (std::is_class_v<T>) {
      static_assert(is_string_view<T> || is_span<T> || !std::ranges::view<T>,
                    "cohort: a view cannot travel between ranks: send a std::vector of its elements");
      static_assert(!is_address<T> || is_reference_wrapper<T>,
                    "cohort: an iterator cannot travel between ranks: send the elements, or an index");
    }
    if constexpr (HasCodec<T>) {
      []<class... Part>(TypeList<Part...>) {
        (require_transferable<std::remove_const_t<Part>>(), ...);
      }(typename Codec<T>::Parts{});
    } else {
      static_assert(
          !std::is_class_v<T> || is_view<T> || is_address<T> || std::is_abstract_v<T> || std::is_const_v<T>,
          "cohort: this type cannot travel between ranks: give it a Boost.Serialization serialize(Archive&, unsigned) "
          "and a default constructor, or make it trivially copyable");
      static_assert(!has_serialize<T> || !std::is_abstract_v<T>,
                    "cohort: an abstract class cannot travel by value: send a std::unique_ptr to it");
      static_assert(std::is_class_v<T> || is_address<T> || std::is_reference_v<T>,
                    "cohort: this type cannot travel between ranks");
    }
  }
}

}  // namespace detail
}  // namespace cohort
