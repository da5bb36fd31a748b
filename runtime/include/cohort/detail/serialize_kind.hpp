#pragma once

#include <boost/serialization/is_bitwise_serializable.hpp>
#include <boost/serialization/serialization.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include "cohort/detail/bytes.hpp"

/// Which way a type travels: as its bytes (`bitwise`), by a Codec (standard types), or by its own Boost `serialize`.
namespace cohort::detail {

/// An address as a number.
inline std::uintptr_t address_of(const void* object) { return reinterpret_cast<std::uintptr_t>(object); }

class OutArchive;
class InArchive;

template <class... T>
struct TypeList {};

/// How one standard type travels; specialised in serialize_std.hpp. Each has
///   Parts              TypeList of the types that decide whether it can travel
///   kLeastBytes        fewest bytes it takes
///   save, load         load replaces the object's content in place
/// and may have
///   kBitwise           travels as its bytes; then nothing else is used
///   load_new           for those that may lack a default constructor
///   kNeedsArchive      even if its parts do not
///   kFillsLater        loads everything in place and looks at no loaded block
///   kMovesFreely       no block lies inside the object itself
template <class T>
struct Codec {};

template <class T>
concept HasCodec = requires {
  typename Codec<T>::Parts;
};

namespace serialize_probe {

struct NotFound {};

/// Converts like boost::serialization::version_type and finds the same functions.
template <class Associated>
struct Version {
  operator unsigned int() const;  // NOLINT: implicit on purpose
};

// Beats Boost's own fallback, which takes anything, by its constraint, and loses to any function for a certain type.
template <class Archive, class T>
  requires std::is_class_v<Archive> NotFound serialize(Archive&, T&, const unsigned int);

template <class T>
concept NoFreeFunction = requires(OutArchive& archive, T& object) {
  { serialize(archive, object, Version<boost::serialization::version_type>{}) } -> std::same_as<NotFound>;
};

struct Named {
  int serialize;
};
template <class T>
struct WithName : T, Named {};

/// Ambiguous, hence false, if T has a member of that name, whoever may use it.
template <class T>
concept NoMemberNamedSo = requires {
  &WithName<T>::serialize;
};

template <class T>
concept PublicMember = requires(OutArchive& archive, T& object) {
  object.serialize(archive, 0U);
};

/// Members that only share the name.
template <class T>
concept OtherMember = requires {
  &T::serialize;
}
|| requires(OutArchive& archive, T& object) { object.serialize(archive); };

template <class T>
consteval bool found() {
  if constexpr (!std::is_class_v<T> && !std::is_union_v<T>) {
    return false;
  } else if constexpr (!NoFreeFunction<T> || PublicMember<T>) {
    return true;
  } else if constexpr (std::is_final_v<T> || std::is_union_v<T>) {
    return false;
  } else {
    return !NoMemberNamedSo<T> && !OtherMember<T>;
  }
}

}  // namespace serialize_probe

/// Has a Boost `serialize`: a member (private with `friend class boost::serialization::access`, unless T is final) or a
/// free function, found in T's namespace or in boost::serialization.
template <class T>
inline constexpr bool has_serialize = !HasCodec<T> && serialize_probe::found<T>();

template <class T>
inline constexpr bool is_reference_wrapper = false;
template <class T>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool is_string_view = false;
template <class C, class Traits>
inline constexpr bool is_string_view<std::basic_string_view<C, Traits>> = true;
template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t kExtent>
inline constexpr bool is_span<std::span<T, kExtent>> = true;
template <class T>
inline constexpr bool is_initializer_list = false;
template <class T>
inline constexpr bool is_initializer_list<std::initializer_list<T>> = true;
template <class T>
inline constexpr bool is_view = is_string_view<T> || is_span<T> || is_initializer_list<T> || std::ranges::view<T>;

template <class T>
inline constexpr bool is_address = std::is_pointer_v<T> || std::is_member_pointer_v<T> || is_reference_wrapper<T> ||
                                   (std::is_class_v<T> && std::contiguous_iterator<T>);

template <class T>
consteval bool travels_bitwise() {
  if constexpr (std::is_const_v<T>) {
    return travels_bitwise<std::remove_const_t<T>>();
  } else if constexpr (!std::is_object_v<T>) {
    return false;
  } else if constexpr (HasCodec<T>) {
    if constexpr (requires { Codec<T>::kBitwise; }) {
      return Codec<T>::kBitwise;
    } else {
      return false;
    }
  } else if constexpr (boost::serialization::is_bitwise_serializable<T>::value) {
    return true;
  } else if constexpr (has_serialize<T>) {
    return false;
  } else if constexpr (std::is_scalar_v<T>) {
    return !is_address<T>;
  } else if constexpr (!std::is_trivially_copyable_v<T> || !std::is_destructible_v<T> ||
                       !(std::is_copy_constructible_v<T> || std::is_move_constructible_v<T>)) {
    return false;
  } else {
    return !is_address<T> && !is_view<T> && !std::is_same_v<T, std::nullopt_t>;
  }
}

/// Travels as the bytes it lies in memory with, pairs and tuples of such types included.
template <class T>
inline constexpr bool bitwise = travels_bitwise<T>();

/// Fewest bytes a T takes outside of segments; 0: its own `serialize` may write nothing.
template <class T>
consteval std::size_t least_bytes() {
  if constexpr (bitwise<T>) {
    return sizeof(T) < kSegmentBytes ? sizeof(T) : 1;
  } else if constexpr (HasCodec<T>) {
    return Codec<T>::kLeastBytes;
  } else {
    return std::is_pointer_v<T> ? sizeof(std::uint32_t) : 0;
  }
}

/// Something in it has a `serialize` or is tracked; the rest needs no archive around it.
template <class T>
consteval bool needs_archive() {
  if constexpr (bitwise<T>) {
    return false;
  } else if constexpr (!HasCodec<T> || requires { requires Codec<T>::kNeedsArchive; }) {
    return true;
  } else {
    return []<class... Part>(TypeList<Part...>) {
      return (needs_archive<std::remove_const_t<Part>>() || ...);
    }(typename Codec<T>::Parts{});
  }
}

/// A loaded T, once moved, still has all its blocks of kSegmentBytes where they were.
template <class T>
consteval bool moves_freely() {
  if constexpr (bitwise<T>) {
    return sizeof(T) < kSegmentBytes;
  } else {
    return requires { requires Codec<T>::kMovesFreely; };
  }
}

/// See ValueType::may_fill_later.
template <class T>
consteval bool fills_later() {
  if constexpr (bitwise<T>) {
    return std::is_default_constructible_v<T> || sizeof(T) < kSegmentBytes;
  } else {
    return requires { requires Codec<T>::kFillsLater; };
  }
}

}  // namespace cohort::detail
