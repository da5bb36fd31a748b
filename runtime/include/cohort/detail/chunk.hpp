#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/transferable.hpp"

/// How the elements of one chunk lie in memory: in a row, bools too.
namespace cohort::detail {

/// One byte each, unlike the elements of a std::vector<bool>.
struct Bool {
  bool value = false;
};

template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, Bool, T>;

template <class T, class X>
Stored<T> to_stored(X&& x) {
  if constexpr (std::is_same_v<T, bool>) {
    return Bool{static_cast<bool>(std::forward<X>(x))};
  } else {
    return static_cast<T>(std::forward<X>(x));
  }
}

/// The value of a chunk's task.
template <class T>
using Chunk = std::vector<Stored<T>>;

template <class T>
const T* data_of(const std::vector<T>& chunk) {
  return chunk.data();
}
inline const bool* data_of(const std::vector<Bool>& chunk) { return chunk.empty() ? nullptr : &chunk.data()->value; }
template <class T>
T* data_of(std::vector<T>& chunk) {
  return chunk.data();
}
inline bool* data_of(std::vector<Bool>& chunk) { return chunk.empty() ? nullptr : &chunk.data()->value; }

template <class T>
std::span<const T> span_of(const Chunk<T>& chunk) {
  return {data_of(chunk), chunk.size()};
}

/// As users see it.
template <class T>
std::vector<T> to_vector(Chunk<T>&& chunk) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::span<const bool> all = span_of<bool>(chunk);
    return {all.begin(), all.end()};
  } else {
    return std::move(chunk);
  }
}

template <class T>
Chunk<T> to_chunk(std::vector<T>&& vector) {
  if constexpr (std::is_same_v<T, bool>) {
    Chunk<bool> chunk;
    chunk.reserve(vector.size());
    for (const bool value : vector) chunk.push_back({value});
    return chunk;
  } else {
    return std::move(vector);
  }
}

/// Appends to what users see.
template <class T>
void append(std::vector<T>& all, Chunk<T>&& chunk) {
  if constexpr (std::is_same_v<T, bool>) {
    for (const Bool each : chunk) all.push_back(each.value);
  } else if (all.empty() && all.capacity() < chunk.size()) {
    all = std::move(chunk);
  } else {
    all.insert(all.end(), std::make_move_iterator(chunk.begin()), std::make_move_iterator(chunk.end()));
  }
}

}  // namespace cohort::detail
