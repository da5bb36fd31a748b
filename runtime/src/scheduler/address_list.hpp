#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "base/thin_vector.hpp"
#include "wire/messages.hpp"

namespace cohort::scheduler {

using wire::Address;

/// Rank 0 itself, which may hold values but runs no tasks.
inline constexpr Address kRoot = 0;
inline constexpr Address kNowhere = -1;

/// Addresses, each once, in the order in which they came. Most lists have one or none, which lies in the list itself.
class AddressList {
 public:
  AddressList() = default;
  AddressList(std::initializer_list<Address> addresses) {
    for (const Address address : addresses) push_back(address);
  }

  bool empty() const { return first_ == kNowhere; }
  std::size_t size() const { return empty() ? 0 : 1 + more_.size(); }
  Address operator[](std::size_t i) const { return i == 0 ? first_ : more_[i - 1]; }
  bool contains(Address address) const {
    return !empty() && (first_ == address || std::find(more_.begin(), more_.end(), address) != more_.end());
  }

  /// It must not be there.
  void push_back(Address address) {
    if (empty())
      first_ = address;
    else
      more_.push_back(address);
  }
  /// Returns whether it was there.
  bool erase(Address address) {
    if (!contains(address)) return false;
    if (first_ == address) {
      first_ = more_.empty() ? kNowhere : more_[0];
      address = first_;  // which now stands twice, if there is one
    }
    more_.erase_if([&](Address other) { return other == address; });
    return true;
  }
  void clear() { *this = {}; }

  class Iterator {
   public:
    Iterator(const AddressList& list, std::size_t i) : list_(&list), i_(i) {}
    Address operator*() const { return (*list_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const AddressList* list_;
    std::size_t i_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  Address first_ = kNowhere;  ///< kNowhere: there is none
  base::ThinVector<Address> more_;
};

}  // namespace cohort::scheduler
