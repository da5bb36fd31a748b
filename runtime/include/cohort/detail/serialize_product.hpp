#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "cohort/detail/serialize_value.hpp"

/// Types of a fixed number of members: pair, tuple, array, C arrays. No byte is added to the members'.
namespace cohort::detail {

template <class... T>
struct ProductTraits {
  using Parts = TypeList<T...>;
  static constexpr bool kBitwise = (bitwise<T> && ...);
  static constexpr std::size_t kLeastBytes = (least_bytes<std::remove_const_t<T>>() + ... + 0);
  static constexpr bool kFillsLater = (fills_later<std::remove_const_t<T>>() && ...);
  static constexpr bool kMovesFreely = (moves_freely<std::remove_const_t<T>>() && ...);
};

template <class A, class B>
struct Codec<std::pair<A, B>> : ProductTraits<A, B> {
  static void save(auto& out, const std::pair<A, B>& pair) {
    save_value(out, pair.first);
    save_value(out, pair.second);
  }
  static void load(auto& in, std::pair<A, B>& pair) {
    load_value(in, pair.first);
    load_value(in, pair.second);
  }
  static std::pair<A, B> load_new(auto& in) {
    auto first = detail::load_new<A>(in);
    return {std::move(first), detail::load_new<B>(in)};
  }
};

template <class... T>
struct Codec<std::tuple<T...>> : ProductTraits<T...> {
  static void save(auto& out, const std::tuple<T...>& tuple) {
    std::apply([&](const T&... each) { (save_value(out, each), ...); }, tuple);
  }
  static void load(auto& in, std::tuple<T...>& tuple) {
    std::apply([&](auto&... each) { (load_value(in, each), ...); }, tuple);
  }
  static std::tuple<T...> load_new(auto& in) {
    return std::tuple<T...>{detail::load_new<T>(in)...};  // braces: from left to right
  }
};

template <class T, std::size_t kSize>
struct Codec<std::array<T, kSize>> {
  using Parts = TypeList<T>;
  static constexpr bool kBitwise = bitwise<T>;
  static constexpr std::size_t kLeastBytes = kSize * least_bytes<T>();
  static constexpr bool kFillsLater = fills_later<T>();
  static constexpr bool kMovesFreely = moves_freely<T>();

  static void save(auto& out, const std::array<T, kSize>& array) {
    for (const T& element : array) save_value(out, element);
  }
  static void load(auto& in, std::array<T, kSize>& array) {
    for (T& element : array) load_value(in, element);
  }
  static std::array<T, kSize> load_new(auto& in) {
    return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      return std::array<T, kSize>{(static_cast<void>(kIndex), detail::load_new<T>(in))...};
    }
    (std::make_index_sequence<kSize>());
  }
};

template <class T, std::size_t kSize>
struct Codec<T[kSize]> {
  using Parts = TypeList<T>;
  static constexpr bool kBitwise = bitwise<T>;
  static constexpr std::size_t kLeastBytes = kSize * least_bytes<T>();

  static void save(auto& out, const T (&array)[kSize]) {
    for (const T& element : array) save_value(out, element);
  }
  static void load(auto& in, T (&array)[kSize]) {
    for (T& element : array) load_value(in, element);
  }
};

}  // namespace cohort::detail
