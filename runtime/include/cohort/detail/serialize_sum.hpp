#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "cohort/detail/serialize_value.hpp"

/// optional: a u8, 0 or 1, then the value. variant: a u16, the index, then the value.
namespace cohort::detail {

template <class T>
struct Codec<std::optional<T>> {
  using Parts = TypeList<T>;
  static constexpr std::size_t kLeastBytes = 1;
  static constexpr bool kFillsLater = fills_later<T>();
  static constexpr bool kMovesFreely = moves_freely<T>();

  static void save(auto& out, const std::optional<T>& optional) {
    const std::uint8_t flag = optional.has_value() ? 1 : 0;
    out.write(&flag, 1);
    if (optional) save_value(out, *optional);
  }
  static void load(auto& in, std::optional<T>& optional) {
    bool present;
    load_value(in, present);
    optional.reset();
    if (!present) return;
    if constexpr (std::is_default_constructible_v<T>) {
      load_value(in, optional.emplace());
    } else {
      optional.emplace(load_new<T>(in));
    }
  }
};

template <class... T>
struct Codec<std::variant<T...>> {
  using Variant = std::variant<T...>;
  using Parts = TypeList<T...>;
  using Index = std::uint16_t;
  static constexpr std::size_t kLeastBytes = sizeof(Index);

  static void save(auto& out, const Variant& variant) {
    const Index index = static_cast<Index>(variant.index());
    out.write(&index, sizeof(index));
    std::visit([&](const auto& value) { save_value(out, value); }, variant);  // throws if there is no value
  }
  static void load(auto& in, Variant& variant) {
    const std::size_t index = load_index(in);
    on_alternative(index, [&]<std::size_t kIndex>(std::integral_constant<std::size_t, kIndex>) {
      using Alternative = std::variant_alternative_t<kIndex, Variant>;
      if constexpr (std::is_default_constructible_v<Alternative>) {
        load_value(in, variant.template emplace<kIndex>());
      } else {
        variant.template emplace<kIndex>(detail::load_new<Alternative>(in));
      }
    });
  }
  static Variant load_new(auto& in) {
    std::optional<Variant> variant;
    const std::size_t index = load_index(in);
    on_alternative(index, [&]<std::size_t kIndex>(std::integral_constant<std::size_t, kIndex>) {
      using Alternative = std::variant_alternative_t<kIndex, Variant>;
      variant.emplace(std::in_place_index<kIndex>, detail::load_new<Alternative>(in));
    });
    return std::move(*variant);
  }

 private:
  static std::size_t load_index(auto& in) {
    Index index;
    in.read(&index, sizeof(index));
    if (index >= sizeof...(T)) throw DecodeError("a variant has no such alternative");
    return index;
  }
  static void on_alternative(std::size_t index, auto&& then) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      ((kIndex == index ? then(std::integral_constant<std::size_t, kIndex>()) : void()), ...);
    }
    (std::index_sequence_for<T...>());
  }
};

}  // namespace cohort::detail
