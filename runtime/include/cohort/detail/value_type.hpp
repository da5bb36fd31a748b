#pragma once

#include <memory>
#include <typeinfo>
#include <utility>

#include "cohort/detail/archive.hpp"
#include "cohort/detail/erased.hpp"
#include "cohort/transferable.hpp"

/// From types to ValueType, and between objects, bytes and boxes.
namespace cohort::detail {

/// Writes `value`, which must outlive `out`'s segments, unchanged.
template <class T>
void encode(const T& value, Encoder& out) {
  require_transferable<T>();
  if constexpr (needs_archive<T>()) {
    OutArchive archive(out);
    save_value(archive, value);
  } else {
    PlainOut plain(out);
    save_value(plain, value);
  }
}

/// Replaces what `value` holds. After an exception it holds anything.
template <class T>
void decode_into(T& value, Decoder& in) {
  if constexpr (needs_archive<T>()) {
    InArchive archive(in);
    load_value(archive, value);
  } else {
    PlainIn plain(in);
    load_value(plain, value);
  }
}

/// Reads one value; more may follow it in `in`.
template <class T>
T decode(Decoder& in) {
  require_transferable<T>();
  if constexpr (needs_archive<T>()) {
    InArchive archive(in);
    return load_new<T>(archive);
  } else {
    PlainIn plain(in);
    return load_new<T>(plain);
  }
}

template <class T>
struct BoxOf {
  static void encode(const ValueBox& box, Encoder& out) {
    detail::encode(static_cast<const TypedBox<T>&>(box).object, out);
  }
  static ValueBox* decode(Decoder& in);
  static void destroy(ValueBox* box) noexcept { delete static_cast<TypedBox<T>*>(box); }

  static constexpr ValueType kType{&typeid(T), &encode, &decode, &destroy, fills_later<T>()};
};

template <class T>
ValueBox* BoxOf<T>::decode(Decoder& in) {
  if constexpr (std::is_default_constructible_v<T>) {
    // Loaded where it stays: blocks may still be on their way when this returns.
    auto box = std::make_unique<TypedBox<T>>(kType);
    decode_into(box->object, in);
    return box.release();
  } else {
    return new TypedBox<T>(kType, detail::decode<T>(in));
  }
}

/// The one ValueType of T.
template <class T>
const ValueType& value_type() {
  require_transferable<T>();
  return BoxOf<T>::kType;
}

template <class T, class... A>
Value make_value(A&&... args) {
  return Value(new TypedBox<T>(value_type<T>(), std::forward<A>(args)...));
}

/// `value` must hold a T.
template <class T>
const T& object_of(const Value& value) {
  return static_cast<const TypedBox<T>*>(value.box())->object;
}
/// `value` must hold a T.
template <class T>
T& mutable_object_of(Value& value) {
  return static_cast<TypedBox<T>*>(value.box())->object;
}

}  // namespace cohort::detail
