#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "cohort/detail/erased.hpp"

namespace cohort::worker {

/// A value as it came over the wire: made into an object by the first that uses it, on its thread. What goes wrong then
/// is the failure of each that uses it.
class ArrivedValue {
 public:
  explicit ArrivedValue(detail::SmallBytes bytes) : bytes_(std::move(bytes)) {}
  explicit ArrivedValue(std::exception_ptr error)
      : error_(std::move(error)) {}  // NOLINT(bugprone-throw-keyword-missing)

  template <class... Args>
  static std::shared_ptr<ArrivedValue> make(Args&&... args) {
    return std::allocate_shared<ArrivedValue>(detail::SmallAllocator<ArrivedValue>(), std::forward<Args>(args)...);
  }

  /// Any thread; decodes at the first call. `type` null: of a void task, which has no bytes.
  detail::Value open(const detail::ValueType* type, detail::CodeMap& code) {
    // Not std::call_once, which makes a system call to wake those that wait, whether there are any or not.
    const std::lock_guard lock(opening_);
    decode(type, code);
    return value_;
  }
  /// The same by the only one that has it, who will not ask again.
  detail::Value take(const detail::ValueType* type, detail::CodeMap& code) {
    decode(type, code);
    return std::move(value_);
  }
  const detail::SmallBytes& bytes() const { return bytes_; }
  const std::exception_ptr& error() const { return error_; }

 private:
  void decode(const detail::ValueType* type, detail::CodeMap& code) {
    if (!std::exchange(opened_, true) && !error_) {
      try {
        detail::Decoder decoder(bytes_.view(), &code);
        if (type != nullptr) value_ = detail::Value(type->decode(decoder));
        if (decoder.left() != 0) throw detail::DecodeError("bytes are left over after a value");
      } catch (...) {
        error_ = std::current_exception();
      }
    }
    if (error_) std::rethrow_exception(error_);
  }

  const detail::SmallBytes bytes_;
  std::mutex opening_;
  bool opened_ = false;
  detail::Value value_;
  std::exception_ptr error_;
};

/// A value of a worker: an object, or bytes that nobody has looked at. No object: the value of a void task.
struct StoredValue {
  detail::Value object;
  std::shared_ptr<ArrivedValue> arrived;

  /// `type`: what who uses it takes it for.
  detail::Value open(const detail::ValueType* type, detail::CodeMap& code) const {
    return arrived ? arrived->open(type, code) : object;
  }
  /// The same where nobody else has this value.
  detail::Value take(const detail::ValueType* type, detail::CodeMap& code) {
    return arrived ? arrived->take(type, code) : std::move(object);
  }
};

}  // namespace cohort::worker
