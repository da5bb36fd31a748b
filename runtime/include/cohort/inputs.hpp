#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "cohort/detail/copy_of.hpp"
#include "cohort/detail/erased.hpp"
#include "cohort/detail/value_type.hpp"

namespace cohort {

/// What a function is given for a `std::vector<Future<T>>`: the values, in order, where they lie.
///
/// Reads like a `const std::vector<T>&` and converts to one, so a function may take `const std::vector<T>&`,
/// `std::vector<T>`, `const cohort::Inputs<T>&` or `const auto&`. Only the conversion needs memory: it is made once, by
/// moving the values nobody else needs if nothing was read before, and by copying the others.
/// Valid while the function runs. Reading is safe from several threads, converting is not.
template <class T>
class Inputs {
 public:
  class iterator;
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const T&;
  using const_reference = const T&;
  using const_iterator = iterator;

  explicit Inputs(std::span<detail::TaskInput> inputs) : inputs_(inputs) {}
  Inputs(const Inputs& other) : inputs_(other.inputs_), vector_(other.vector_), in_vector_(other.in_vector_) {
    other.note_read();
    note_read();
  }
  Inputs& operator=(const Inputs& other) {
    inputs_ = other.inputs_;
    vector_ = other.vector_;
    in_vector_ = other.in_vector_;
    other.note_read();
    note_read();
    return *this;
  }

  std::size_t size() const { return inputs_.size(); }
  bool empty() const { return inputs_.empty(); }
  const T& operator[](std::size_t i) const {
    if constexpr (!std::is_same_v<T, bool>) {
      if (in_vector_) return (*vector_)[i];
    }
    note_read();
    return detail::object_of<T>(inputs_[i].value);
  }
  /// Throws std::out_of_range.
  const T& at(std::size_t i) const {
    if (i >= size()) throw std::out_of_range("cohort::Inputs::at: there are not that many inputs");
    return (*this)[i];
  }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size() - 1]; }
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size()}; }
  iterator cbegin() const { return begin(); }
  iterator cend() const { return end(); }

  operator const std::vector<T>&() const& {
    if (vector_ == nullptr) {
      const bool may_move = !was_read_.load(std::memory_order_relaxed);
      vector_ = std::make_shared<std::vector<T>>(gather(may_move));
      in_vector_ = may_move;
    }
    return *vector_;
  }
  operator std::vector<T>() && {
    if (vector_.use_count() == 1) return std::move(*vector_);
    if (vector_ != nullptr) return detail::copy_of<std::vector<T>>(*vector_);
    return gather(true);
  }

 private:
  std::vector<T> gather(bool may_move) const {
    std::vector<T> all;
    all.reserve(inputs_.size());
    for (detail::TaskInput& input : inputs_) {
      if (may_move && input.may_move) {
        all.push_back(std::move(detail::mutable_object_of<T>(input.value)));
      } else if constexpr (detail::copyable<T>) {
        all.push_back(detail::object_of<T>(input.value));
      } else {
        all.push_back(detail::copy_of<T>(detail::object_of<T>(input.value)));
      }
    }
    return all;
  }
  // References are out: the values have to stay where they are.
  void note_read() const {
    if (!was_read_.load(std::memory_order_relaxed)) was_read_.store(true, std::memory_order_relaxed);
  }

  std::span<detail::TaskInput> inputs_;
  mutable std::shared_ptr<std::vector<T>> vector_;
  mutable bool in_vector_ = false;  ///< values were moved into `vector_`
  mutable std::atomic<bool> was_read_ = false;
};

/// Random access, over the values where they lie.
template <class T>
class Inputs<T>::iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using reference = const T&;
  using pointer = const T*;
  using iterator_category = std::random_access_iterator_tag;

  iterator() = default;
  iterator(const Inputs* inputs, std::size_t at) : inputs_(inputs), at_(static_cast<difference_type>(at)) {}

  reference operator*() const { return (*inputs_)[static_cast<std::size_t>(at_)]; }
  pointer operator->() const { return std::addressof(**this); }
  reference operator[](difference_type n) const { return *(*this + n); }
  iterator& operator++() { return *this += 1; }
  iterator& operator--() { return *this -= 1; }
  iterator operator++(int) { return std::exchange(*this, *this + 1); }
  iterator operator--(int) { return std::exchange(*this, *this - 1); }
  iterator& operator+=(difference_type n) {
    at_ += n;
    return *this;
  }
  iterator& operator-=(difference_type n) { return *this += -n; }
  friend iterator operator+(iterator i, difference_type n) { return i += n; }
  friend iterator operator+(difference_type n, iterator i) { return i += n; }
  friend iterator operator-(iterator i, difference_type n) { return i -= n; }
  friend difference_type operator-(const iterator& a, const iterator& b) { return a.at_ - b.at_; }
  friend bool operator==(const iterator& a, const iterator& b) { return a.at_ == b.at_; }
  friend auto operator<=>(const iterator& a, const iterator& b) { return a.at_ <=> b.at_; }

 private:
  const Inputs* inputs_ = nullptr;
  difference_type at_ = 0;
};

static_assert(std::random_access_iterator<Inputs<int>::iterator>);

}  // namespace cohort
