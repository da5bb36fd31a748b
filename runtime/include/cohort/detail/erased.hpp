#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <typeinfo>
#include <utility>
#include <vector>

#include "cohort/detail/codec.hpp"
#include "cohort/types.hpp"

/// Values and functions without their types: what the core keeps and runs.
namespace cohort::detail {

class ValueBox;

/// What can be done with the values of one type. One constant object per type.
struct ValueType {
  const std::type_info* type;
  /// Writes the object in `box`.
  void (*encode)(const ValueBox& box, Encoder& out);
  /// Makes a box with one reference from what `encode` wrote. Throws DecodeError, or what the type's own code throws.
  ValueBox* (*decode)(Decoder& in);
  void (*destroy)(ValueBox* box) noexcept;
  /// Segments may be filled after `decode` has returned: all of the loading is done by code that does not look at them.
  bool may_fill_later;
};

/// A counted object on the heap. The typed part (TypedBox) derives from it.
class ValueBox {
 public:
  explicit ValueBox(const ValueType& type) : type_(&type) {}
  ValueBox(const ValueBox&) = delete;
  ValueBox& operator=(const ValueBox&) = delete;

  const ValueType& type() const { return *type_; }
  /// Nobody else has a reference, so nobody can get one.
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }
  void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() noexcept {
    // The last one need not count: that is an atomic operation less for each value that a task is given.
    if (unique() || references_.fetch_sub(1, std::memory_order_acq_rel) == 1) type_->destroy(this);
  }

 protected:
  ~ValueBox() = default;

 private:
  const ValueType* type_;
  std::atomic<std::uint32_t> references_{1};
};

/// The object is what a call returns, made in place.
struct FromCall {};

/// Where a class that derives from this one lies.
template <bool kSmall>
struct BoxMemory {};
template <>
struct BoxMemory<true> {
  static void* operator new(std::size_t bytes) { return take_small(bytes); }
  static void operator delete(void* box, std::size_t bytes) noexcept { give_small(box, bytes); }
};

/// For vectors that mostly hold one or two things and live for one task, and for std::allocate_shared.
template <class T>
struct SmallAllocator {
  using value_type = T;
  SmallAllocator() = default;
  template <class U>
  SmallAllocator(const SmallAllocator<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes <= kSmallBytes ? take_small(bytes) : ::operator new(bytes));
  }
  void deallocate(T* at, std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(T);
    if (bytes <= kSmallBytes) return give_small(at, bytes);
    ::operator delete(at);
  }
  template <class U>
  bool operator==(const SmallAllocator<U>&) const {
    return true;
  }
};
template <class T>
using SmallVector = std::vector<T, SmallAllocator<T>>;

template <class T>
class TypedBox final
    : public ValueBox,
      public BoxMemory<sizeof(T) + sizeof(ValueBox) <= kSmallBytes && alignof(T) <= alignof(std::max_align_t)> {
 public:
  template <class... Args>
  explicit TypedBox(const ValueType& type, Args&&... args) : ValueBox(type), object(std::forward<Args>(args)...) {}
  template <class Make>
  TypedBox(const ValueType& type, FromCall, Make&& make) : ValueBox(type), object(make()) {}

  T object;
};

/// A shared handle on a value. Unlike a future it is the object itself, in this process.
class Value {
 public:
  Value() = default;
  /// Takes over one reference.
  explicit Value(ValueBox* box) : box_(box) {}
  Value(const Value& other) : box_(other.box_) {
    if (box_ != nullptr) box_->add_reference();
  }
  Value(Value&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Value& operator=(Value other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Value() {
    if (box_ != nullptr) box_->drop_reference();
  }

  explicit operator bool() const { return box_ != nullptr; }
  ValueBox* box() const { return box_; }

 private:
  ValueBox* box_ = nullptr;
};

/// How one argument of a task gets there.
struct ArgumentKind {
  enum class From : std::uint8_t { payload, future, future_vector };
  From from;
  /// Of the future's value, or of each of the vector's; null for `payload`.
  const ValueType* value_type;
};

/// One input of a running task.
struct TaskInput {
  Value value;
  /// Nobody else needs it: the object may be moved from.
  bool may_move = false;
};

/// All that a task's function is given, and where its result goes.
struct TaskCall {
  Decoder payload;
  /// One for each future argument, one for each element of a vector of futures, in order.
  std::span<TaskInput> inputs;
  Value result;  ///< filled by TaskType::run; stays empty for void
};

/// One kind of call: the function's type with its arguments' types. One constant object per kind; it travels by
/// address.
///
/// Payload: a u32 count for each argument of kind `future_vector`, then the function object, then the plain arguments
/// in order.
struct TaskType {
  /// Reads the payload, calls the function. What it throws is the task's failure.
  void (*run)(TaskCall& call);
  std::uint32_t argument_count;
  const ArgumentKind* arguments;
  const ValueType* result;  ///< null: void
};

}  // namespace cohort::detail
