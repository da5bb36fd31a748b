#pragma once

#include <bitset>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <iterator>
#include <list>
#include <string>
#include <vector>

#include "cohort/detail/resize_for_overwrite.hpp"
#include "cohort/detail/serialize_value.hpp"

/// Strings and sequences: a u64 count, then the elements, as one block where they lie in a row.
namespace cohort::detail {

template <class C, class Traits, class A>
struct Codec<std::basic_string<C, Traits, A>> {
  using Parts = TypeList<C>;
  using String = std::basic_string<C, Traits, A>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);
  static constexpr bool kFillsLater = true;
  static constexpr bool kMovesFreely = true;

  static void save(auto& out, const String& string) {
    save_count(out, string.size());
    out.write_block(string.data(), string.size() * sizeof(C));
  }
  static void load(auto& in, String& string) {
    const std::size_t count = load_count(in);
    const std::size_t bytes = expect_block_of<C>(in, count);
    string.resize(count);
    in.read_block(string.data(), bytes);
  }
};

template <>
struct Codec<std::filesystem::path> {
  using Parts = TypeList<std::filesystem::path::string_type>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);

  static void save(auto& out, const std::filesystem::path& path) { save_value(out, path.native()); }
  static void load(auto& in, std::filesystem::path& path) { path = load_new<std::filesystem::path::string_type>(in); }
};

template <std::size_t kBits>
struct Codec<std::bitset<kBits>> {
  using Parts = TypeList<>;
  static constexpr std::size_t kLeastBytes =
      sizeof(std::bitset<kBits>) < kSegmentBytes ? sizeof(std::bitset<kBits>) : 1;

  static void save(auto& out, const std::bitset<kBits>& bits) { out.write_block(&bits, sizeof(bits)); }
  static void load(auto& in, std::bitset<kBits>& bits) {
    in.read_block(static_cast<void*>(&bits), sizeof(bits));
    bits.flip().flip();  // clears what lies beyond the last bit
  }
};

template <class T, class A>
struct Codec<std::vector<T, A>> {
  using Parts = TypeList<T>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);
  // Elements may have to move while the vector grows.
  static constexpr bool kFillsLater =
      (bitwise<T> && std::is_default_constructible_v<T>) || (!bitwise<T> && fills_later<T>() && moves_freely<T>());
  static constexpr bool kMovesFreely = true;

  static void save(auto& out, const std::vector<T, A>& vector) {
    save_count(out, vector.size());
    if constexpr (bitwise<T>) {
      out.write_block(vector.data(), vector.size() * sizeof(T));
    } else {
      save_elements<T>(out, vector, vector.size());
    }
  }
  static void load(auto& in, std::vector<T, A>& vector) {
    if constexpr (bitwise<T>) {
      load_block(in, vector);
    } else {
      vector.clear();
      const std::size_t count = load_element_count<T>(in);
      vector.reserve(modest_capacity<T>(in, count));
      const std::size_t tracked = in.tracked();
      load_elements<T>(in, count, [&] { append(in, vector, tracked); });
    }
  }

 private:
  static void load_block(auto& in, std::vector<T, A>& vector) {
    const std::size_t count = load_count(in);
    const std::size_t bytes = expect_block_of<T>(in, count);
    if constexpr (std::is_default_constructible_v<T>) {
      resize_for_overwrite(vector, count);
      in.read_block(static_cast<void*>(vector.data()), bytes);
    } else {
      const auto block = std::make_unique_for_overwrite<std::byte[]>(bytes);
      in.read_block(block.get(), bytes);
      vector.clear();
      vector.reserve(count);
      PlainRun run{block.get()};
      for (std::size_t i = 0; i < count; ++i) vector.push_back(load_new<T>(run));
    }
  }
  /// Hands out elements that lie in a row.
  struct PlainRun {
    const std::byte* next;
    void read_block(void* into, std::size_t count) {
      std::memcpy(into, next, count);
      next += count;
    }
  };
  static void append(auto& in, std::vector<T, A>& vector, std::size_t tracked) {
    // Volatile, so that the number is made now: g++ 12 would convert later, and warn that the memory is gone.
    const volatile std::uintptr_t before = address_of(vector.data());
    const std::size_t size = vector.size();
    if constexpr (std::is_default_constructible_v<T>) {
      vector.emplace_back();
      if (address_of(vector.data()) != before) in.moved(tracked, before, vector.data(), size * sizeof(T));
      load_value(in, vector.back());
    } else {
      vector.push_back(load_new<T>(in));
      if (address_of(vector.data()) != before) in.moved(tracked, before, vector.data(), size * sizeof(T));
    }
  }
};

/// Eight to a byte.
template <class A>
struct Codec<std::vector<bool, A>> {
  using Parts = TypeList<>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);

  static void save(auto& out, const std::vector<bool, A>& vector) {
    save_count(out, vector.size());
    std::uint8_t byte = 0;
    for (std::size_t i = 0; i < vector.size(); ++i) {
      byte = static_cast<std::uint8_t>(byte | (vector[i] ? 1U : 0U) << i % 8);
      if (i % 8 != 7 && i + 1 != vector.size()) continue;
      out.write(&byte, 1);
      byte = 0;
    }
  }
  static void load(auto& in, std::vector<bool, A>& vector) {
    const std::size_t count = load_count(in);
    if (count / 8 + (count % 8 != 0) > in.left()) throw DecodeError("more bits announced than there are");
    vector.resize(count);
    std::uint8_t byte = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 8 == 0) in.read(&byte, 1);
      vector[i] = (byte >> i % 8 & 1U) != 0;
    }
  }
};

template <class Sequence>
struct NodeSequenceCodec {
  using T = typename Sequence::value_type;
  using Parts = TypeList<T>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);

  static void save(auto& out, const Sequence& sequence) {
    const auto count = static_cast<std::size_t>(std::distance(sequence.begin(), sequence.end()));
    save_count(out, count);
    save_elements<T>(out, sequence, count);
  }
  static void load(auto& in, Sequence& sequence) {
    sequence.clear();
    const std::size_t count = load_element_count<T>(in);
    load_elements<T>(in, count, [&] {
      if constexpr (std::is_default_constructible_v<T>) {
        sequence.emplace_back();
        load_value(in, sequence.back());
      } else {
        sequence.push_back(load_new<T>(in));
      }
    });
  }
};

template <class T, class A>
struct Codec<std::deque<T, A>> : NodeSequenceCodec<std::deque<T, A>> {};
template <class T, class A>
struct Codec<std::list<T, A>> : NodeSequenceCodec<std::list<T, A>> {};

template <class T, class A>
struct Codec<std::forward_list<T, A>> : NodeSequenceCodec<std::forward_list<T, A>> {
  static void load(auto& in, std::forward_list<T, A>& list) {
    list.clear();
    auto last = list.before_begin();
    const std::size_t count = load_element_count<T>(in);
    load_elements<T>(in, count, [&] {
      if constexpr (std::is_default_constructible_v<T>) {
        last = list.emplace_after(last);
        load_value(in, *last);
      } else {
        last = list.insert_after(last, load_new<T>(in));
      }
    });
  }
};

}  // namespace cohort::detail
