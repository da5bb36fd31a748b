#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace cohort::base {

/// Objects that come and go, kept with the memory they have: an object that is given back is clear()ed and used again.
template <class T>
class Spares {
 public:
  std::unique_ptr<T> take() {
    if (spare_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> object = std::move(spare_.back());
    spare_.pop_back();
    return object;
  }
  void give(std::unique_ptr<T> object) {
    object->clear();
    spare_.push_back(std::move(object));
  }

 private:
  std::vector<std::unique_ptr<T>> spare_;
};

}  // namespace cohort::base
