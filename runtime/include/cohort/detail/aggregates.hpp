#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/chunk.hpp"
#include "cohort/detail/function.hpp"

/// What is done with all elements of a collection: functions of the tasks.
namespace cohort::detail {

struct CountOne {
  template <class T>
  std::size_t operator()(std::size_t count, const T&) const {
    return count + 1;
  }
};
struct Least {
  template <class T>
  T operator()(T a, T b) const {
    return b < a ? std::move(b) : std::move(a);
  }
};
struct Greatest {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? std::move(b) : std::move(a);
  }
};

/// The `most` first elements in the order of `compare`, as a heap whose top is the last of them.
template <class T, class Compare>
struct Top {
  std::vector<T> elements;
  std::size_t most = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& elements& most;
  }
};
template <class T, class Compare>
struct KeepTop {
  static_assert(std::is_empty_v<Compare> && std::is_default_constructible_v<Compare>,
                "cohort: the order of top must be a function object or lambda without captures");

  void operator()(Top<T, Compare>& top, const T& element) const {
    const Compare before{};
    if (top.most == 0) return;
    if (top.elements.size() == top.most) {
      if (!before(element, top.elements.front())) return;
      std::pop_heap(top.elements.begin(), top.elements.end(), before);
      top.elements.pop_back();
    }
    top.elements.push_back(element);
    std::push_heap(top.elements.begin(), top.elements.end(), before);
  }
};
template <class T, class Compare>
struct MergeTop {
  Top<T, Compare> operator()(Top<T, Compare> a, const Top<T, Compare>& b) const {
    for (const T& element : b.elements) KeepTop<T, Compare>()(a, element);
    return a;
  }
};
template <class T, class Compare>
struct SortTop {
  std::vector<T> operator()(Top<T, Compare> top) const {
    std::sort_heap(top.elements.begin(), top.elements.end(), Compare{});
    return std::move(top.elements);
  }
};

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

/// As text: text as it is, numbers so that reading gives the same again, other types by their operator<<.
struct ToText {
  template <class T>
  std::string operator()(const T& element) const {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return std::string(std::string_view(element));
    } else if constexpr (std::is_same_v<T, bool>) {
      return element ? "1" : "0";
    } else if constexpr (std::is_arithmetic_v<T>) {
      char text[64];
      return std::string(text, std::to_chars(text, text + sizeof(text), element).ptr);
    } else {
      static_assert(
          Printable<T>,
          "cohort: write needs to know how an element looks as text: give it a function std::string(const T&) as "
          "second argument");
      std::ostringstream out;
      out << element;
      return std::move(out).str();
    }
  }
};

/// Writes a chunk, one element a line, and gives it its name only when it is whole.
template <class T, class F>
struct WriteChunk {
  std::string operator()(const std::string& folder, std::size_t index, Function<F>&& to_text,
                         const Chunk<T>& chunk) const {
    std::string number = std::to_string(index);
    number.insert(0, 6 - std::min<std::size_t>(number.size(), 6), '0');
    const std::filesystem::path file = std::filesystem::path(folder) / ("chunk-" + number + ".txt");
    std::filesystem::path unfinished = file;
    unfinished += ".unfinished";
    std::filesystem::create_directories(folder);
    std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
    for (const T& element : span_of<T>(chunk)) out << to_text(element) << '\n';
    out.close();
    if (!out) {
      throw std::filesystem::filesystem_error("cannot write", unfinished, std::make_error_code(std::errc::io_error));
    }
    std::filesystem::rename(unfinished, file);
    return file.string();
  }
};

}  // namespace cohort::detail
