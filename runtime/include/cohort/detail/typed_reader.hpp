#pragma once

#include <optional>
#include <utility>

#include "cohort/detail/copy_of.hpp"
#include "cohort/detail/core.hpp"
#include "cohort/detail/value_type.hpp"

namespace cohort::detail {

/// Takes a value that has come as a T.
template <class T>
class TypedReader final : public ValueReader {
 public:
  void read_object(const Value& value) override { object_.emplace(copy_of(object_of<T>(value))); }
  void read_bytes(Decoder& decoder) override { object_.emplace(decode<T>(decoder)); }
  T take() { return *std::move(object_); }

 private:
  std::optional<T> object_;
};

template <>
class TypedReader<void> final : public ValueReader {
 public:
  void read_object(const Value&) override {}
  void read_bytes(Decoder&) override {}
  void take() {}
};

}  // namespace cohort::detail
