#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "cohort/detail/codec.hpp"
#include "cohort/detail/serialize_kind.hpp"

/// Saving and loading one value. `Out` and `In` are an archive, or its light replacement below.
namespace cohort::detail {

template <class Out, class T>
void save_value(Out& out, const T& value) {
  if constexpr (bitwise<T>) {
    out.write_block(std::addressof(value), sizeof(T));
  } else if constexpr (HasCodec<T>) {
    Codec<T>::save(out, value);
  } else {
    out.save_other(value);
  }
}

template <class In, class T>
void load_value(In& in, T& value) {
  if constexpr (std::is_const_v<T>) {
    load_value(in, const_cast<std::remove_const_t<T>&>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte;
    in.read(&byte, 1);
    if (byte > 1) throw DecodeError("a bool is neither true nor false");
    value = byte != 0;
  } else if constexpr (bitwise<T>) {
    in.read_block(const_cast<void*>(static_cast<const void*>(std::addressof(value))), sizeof(T));
  } else if constexpr (HasCodec<T>) {
    Codec<T>::load(in, value);
  } else {
    in.load_other(value);
  }
}

/// For types with and without a default constructor.
template <class T, class In>
T load_new(In& in) {
  if constexpr (std::is_const_v<T>) {
    return load_new<std::remove_const_t<T>>(in);
  } else if constexpr (std::is_default_constructible_v<T>) {
    T value = T();
    load_value(in, value);
    return value;
  } else if constexpr (bitwise<T>) {
    union Storage {
      Storage() {}
      ~Storage() {}
      T value;
    } storage;
    in.read_block(static_cast<void*>(&storage), sizeof(T));
    return std::move(storage.value);
  } else if constexpr (HasCodec<T>) {
    return Codec<T>::load_new(in);
  } else {
    const std::unique_ptr<T> value = in.template load_by_default_constructor<T>();
    return std::move(*value);
  }
}

template <class Out>
void save_count(Out& out, std::size_t count) {
  const std::uint64_t number = count;
  out.write(&number, sizeof(number));
}

/// A number of elements, not checked yet.
template <class In>
std::size_t load_count(In& in) {
  std::uint64_t number;
  in.read(&number, sizeof(number));
  return number;
}

/// A number of Ts that can still come.
template <class T, class In>
std::size_t load_element_count(In& in) {
  const std::size_t count = load_count(in);
  constexpr std::size_t kLeast = least_bytes<T>();
  if (count > in.left() / (kLeast == 0 ? 1 : kLeast)) throw DecodeError("more elements announced than bytes are left");
  return count;
}

/// The size in bytes of `count` Ts that come as one block.
template <class T, class In>
std::size_t expect_block_of(In& in, std::size_t count) {
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw DecodeError("a block is too long");
  in.expect_block(count * sizeof(T));
  return count * sizeof(T);
}

/// Room that may be taken before any of `count` elements has been read: about as much as there are bytes.
template <class T, class In>
std::size_t modest_capacity(In& in, std::size_t count) {
  return std::min(count, in.left() / sizeof(T) + 1);
}

/// Elements one by one. Those that may take no bytes are padded to one byte each on average, so that a length is never
/// larger than what is left.
template <class T, class Out, class Range>
void save_elements(Out& out, const Range& range, std::size_t count) {
  [[maybe_unused]] std::size_t start = 0;
  if constexpr (least_bytes<T>() == 0) start = out.inline_bytes();
  for (const auto& element : range) save_value(out, element);
  if constexpr (least_bytes<T>() == 0) {
    const std::size_t taken = out.inline_bytes() - start;
    if (taken < count) {
      const std::string padding(count - taken, '\0');
      out.write(padding.data(), padding.size());
    }
  }
}

/// Calls `load_one` for each element.
template <class T, class In, class LoadOne>
void load_elements(In& in, std::size_t count, LoadOne load_one) {
  [[maybe_unused]] const std::size_t start = in.left();
  for (std::size_t i = 0; i < count; ++i) load_one();
  if constexpr (least_bytes<T>() == 0) {
    const std::size_t taken = start - in.left();
    if (taken < count) in.skip(count - taken);
  }
}

/// Stands in for OutArchive where nothing has a `serialize`: everything saved is part of the value itself, which stays.
class PlainOut {
 public:
  explicit PlainOut(Encoder& out) : out_(out) {}
  void write(const void* from, std::size_t count) { out_.write(from, count); }
  void write_block(const void* from, std::size_t count) { out_.write_block(from, count, true); }
  std::size_t inline_bytes() const {
    std::size_t bytes = out_.total_bytes();
    for (const ConstSegment& segment : out_.segments()) bytes -= segment.size;
    return bytes;
  }
  Encoder& encoder() { return out_; }

 private:
  Encoder& out_;
};

/// Stands in for InArchive.
class PlainIn {
 public:
  explicit PlainIn(Decoder& in) : in_(in) {}
  void read(void* into, std::size_t count) { in_.read(into, count); }
  void read_block(void* into, std::size_t count) { in_.read_block(into, count); }
  void expect_block(std::size_t count) { in_.expect_block(count); }
  std::size_t left() const { return in_.left(); }
  void skip(std::size_t count) {
    for (; count != 0; --count) in_.read_value<std::byte>();
  }
  std::size_t tracked() const { return 0; }
  void moved(std::size_t, std::uintptr_t, const void*, std::size_t) {}
  Decoder& decoder() { return in_; }

 private:
  Decoder& in_;
};

}  // namespace cohort::detail
