#pragma once

#include <algorithm>
#include <cerrno>
#include <compare>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

/// Ranges to map over that the standard library of C++20 lacks.
namespace cohort {

/// The lines of a text file, without their ends: a single-pass range, which is read as it is gone through. Movable.
class Lines {
 public:
  class iterator;

  /// throws  std::system_error: the file cannot be opened.
  explicit Lines(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
    errno = 0;
    state_->stream.open(file);
    if (!state_->stream || std::filesystem::is_directory(file)) {
      throw std::system_error(errno != 0 ? errno : EISDIR, std::generic_category(), "cannot read " + file.string());
    }
    state_->file = file.string();
  }

  /// To be called once.
  iterator begin();
  std::default_sentinel_t end() const { return {}; }

 private:
  struct State {
    std::ifstream stream;
    std::string file;
    std::string line;
    bool ended = false;

    void next() {
      ended = !std::getline(stream, line);
      if (stream.bad()) throw std::system_error(EIO, std::generic_category(), "cannot read on in " + file);
    }
  };
  std::unique_ptr<State> state_;
};

class Lines::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::string;
  using difference_type = std::ptrdiff_t;

  iterator() = default;
  const std::string& operator*() const { return state_->line; }
  iterator& operator++() {
    state_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return state_->ended; }

 private:
  friend class Lines;
  explicit iterator(State* state) : state_(state) { state_->next(); }
  State* state_ = nullptr;
};

inline Lines::iterator Lines::begin() { return iterator(state_.get()); }

/// The lines of a text file: `client.map(parse, cohort::lines("data.csv"))`.
inline Lines lines(const std::filesystem::path& file) { return Lines(file); }

namespace detail {

/// A constant V has the same iterators.
template <class V>
inline constexpr bool same_if_const = false;
template <class V>
  requires std::ranges::range<const V>
inline constexpr bool same_if_const<V> = std::is_same_v<std::ranges::iterator_t<const V>, std::ranges::iterator_t<V>>;

}  // namespace detail

/// Pairs of the elements of two ranges, as long as both have some; computed where both are.
template <std::ranges::view A, std::ranges::view B>
class Zip : public std::ranges::view_interface<Zip<A, B>> {
  static constexpr bool kSameIfConst = detail::same_if_const<A> && detail::same_if_const<B>;
  static constexpr bool kSized = std::ranges::sized_range<const A> && std::ranges::sized_range<const B>;
  static constexpr bool kRandomAccess =
      kSized && std::ranges::random_access_range<A> && std::ranges::random_access_range<B>;

 public:
  class iterator;
  class sentinel;
  using value_type = std::pair<std::ranges::range_value_t<A>, std::ranges::range_value_t<B>>;

  Zip() = default;
  Zip(A a, B b) : a_(std::move(a)), b_(std::move(b)) {}

  iterator begin() { return {std::ranges::begin(a_), std::ranges::begin(b_)}; }
  iterator begin() const requires kSameIfConst { return {std::ranges::begin(a_), std::ranges::begin(b_)}; }
  auto end() { return end_of(*this); }
  auto end() const requires kSameIfConst { return end_of(*this); }
  std::size_t size() const requires kSized {
    return std::min(static_cast<std::size_t>(std::ranges::size(a_)), static_cast<std::size_t>(std::ranges::size(b_)));
  }

 private:
  template <class Self>
  static auto end_of(Self& self) {
    if constexpr (kRandomAccess) {
      return self.begin() + static_cast<std::ptrdiff_t>(self.size());
    } else {
      return sentinel(std::ranges::end(self.a_), std::ranges::end(self.b_));
    }
  }

  A a_ = A();
  B b_ = B();
};

template <std::ranges::view A, std::ranges::view B>
class Zip<A, B>::iterator {
  using InA = std::ranges::iterator_t<A>;
  using InB = std::ranges::iterator_t<B>;

 public:
  using iterator_concept =
      std::conditional_t<kRandomAccess, std::random_access_iterator_tag,
                         std::conditional_t<std::ranges::forward_range<A> && std::ranges::forward_range<B>,
                                            std::forward_iterator_tag, std::input_iterator_tag>>;
  using value_type = Zip::value_type;
  using difference_type = std::ptrdiff_t;

  iterator() = default;
  iterator(InA a, InB b) : a_(std::move(a)), b_(std::move(b)) {}

  value_type operator*() const { return {*a_, *b_}; }
  value_type operator[](difference_type n) const { return *(*this + n); }
  iterator& operator++() {
    ++a_;
    ++b_;
    return *this;
  }
  auto operator++(int) {
    if constexpr (std::is_same_v<iterator_concept, std::input_iterator_tag>) {
      ++*this;
    } else {
      iterator before = *this;
      ++*this;
      return before;
    }
  }
  iterator& operator--() { return *this += -1; }
  iterator operator--(int) { return std::exchange(*this, *this + -1); }
  iterator& operator+=(difference_type n) {
    a_ += static_cast<std::iter_difference_t<InA>>(n);
    b_ += static_cast<std::iter_difference_t<InB>>(n);
    return *this;
  }
  iterator& operator-=(difference_type n) { return *this += -n; }
  friend iterator operator+(iterator i, difference_type n) { return i += n; }
  friend iterator operator+(difference_type n, iterator i) { return i += n; }
  friend iterator operator-(iterator i, difference_type n) { return i -= n; }
  friend difference_type operator-(const iterator& x, const iterator& y) {
    return static_cast<difference_type>(x.a_ - y.a_);
  }
  friend bool operator==(const iterator& x, const iterator& y) requires std::equality_comparable<InA> {
    return x.a_ == y.a_;
  }
  friend auto operator<=>(const iterator& x, const iterator& y) requires kRandomAccess {
    return (x - y) <=> difference_type{0};
  }

  bool reaches_one_of(const std::ranges::sentinel_t<A>& a, const std::ranges::sentinel_t<B>& b) const {
    return a_ == a || b_ == b;
  }

 private:
  InA a_ = InA();
  InB b_ = InB();
};

template <std::ranges::view A, std::ranges::view B>
class Zip<A, B>::sentinel {
 public:
  sentinel() = default;
  sentinel(std::ranges::sentinel_t<A> a, std::ranges::sentinel_t<B> b) : a_(std::move(a)), b_(std::move(b)) {}
  friend bool operator==(const iterator& i, const sentinel& end) { return i.reaches_one_of(end.a_, end.b_); }

 private:
  std::ranges::sentinel_t<A> a_ = {};
  std::ranges::sentinel_t<B> b_ = {};
};

/// `client.map(f, cohort::zip(xs, ys))`: f is given a std::pair. lvalues are referred to, as by std::views.
template <std::ranges::viewable_range A, std::ranges::viewable_range B>
auto zip(A&& a, B&& b) {
  return Zip<std::views::all_t<A>, std::views::all_t<B>>(std::views::all(std::forward<A>(a)),
                                                         std::views::all(std::forward<B>(b)));
}

}  // namespace cohort
