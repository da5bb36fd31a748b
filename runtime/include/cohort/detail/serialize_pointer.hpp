#pragma once

#include <cstdint>
#include <memory>

#include "cohort/detail/serialize_value.hpp"

/// unique_ptr: a u8, 0 or 1, then the object. shared_ptr: tracked by the archive, so that what is shared within one
/// value is shared again.
namespace cohort::detail {

template <class T>
  requires(!std::is_array_v<T>)
struct Codec<std::unique_ptr<T>> {
  using Object = std::remove_const_t<T>;
  using Parts = TypeList<Object>;
  static constexpr std::size_t kLeastBytes = 1;
  static constexpr bool kNeedsArchive = std::is_polymorphic_v<T>;

  static void save(auto& out, const std::unique_ptr<T>& pointer) {
    const std::uint8_t flag = pointer != nullptr ? 1 : 0;
    out.write(&flag, 1);
    if (pointer == nullptr) return;
    if constexpr (bitwise<Object> || HasCodec<Object>) {
      save_value(out, *pointer);
    } else {
      out.save_pointee(*pointer);
    }
  }
  static void load(auto& in, std::unique_ptr<T>& pointer) {
    bool present;
    load_value(in, present);
    pointer.reset();
    if (!present) return;
    if constexpr (!bitwise<Object> && !HasCodec<Object>) {
      pointer.reset(in.template load_pointee<Object>());
    } else if constexpr (std::is_default_constructible_v<Object>) {
      auto object = std::make_unique<Object>();
      load_value(in, *object);
      pointer = std::move(object);
    } else {
      pointer.reset(new Object(load_new<Object>(in)));
    }
  }
};

template <class T>
  requires(!std::is_array_v<T>)
struct Codec<std::shared_ptr<T>> {
  using Parts = TypeList<std::remove_const_t<T>>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint32_t);
  static constexpr bool kNeedsArchive = true;

  static void save(auto& out, const std::shared_ptr<T>& pointer) { out.save_shared(pointer); }
  static void load(auto& in, std::shared_ptr<T>& pointer) { in.load_shared(pointer); }
};

}  // namespace cohort::detail
