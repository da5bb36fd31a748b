#pragma once

#include <algorithm>
#include <unordered_map>

#include "scheduler/task_record.hpp"

namespace cohort::scheduler {

/// How long calls of one kind take and how large their values are: moving averages of what was measured. Of the first
/// few the quickest counts: the very first call finds caches and pages cold, and may take a thousand times as long.
/// Later ones count for a few times the average at most: one that lost its CPU for a time slice says little about the
/// others.
class Estimates {
 public:
  struct Estimate {
    Time duration{};
    std::uint64_t value_bytes = 0;
    int measurements = 0;  ///< as far as they matter

    /// Enough is known to rely on it.
    bool known() const { return measurements >= kFew; }
  };

  explicit Estimates(Time unknown_duration) : unknown_{unknown_duration, 0, 0} {}

  const Estimate& of(const detail::TaskType* type) const {
    if (type == last_type_ && last_ != nullptr) return *last_;
    const auto it = by_type_.find(type);
    return it == by_type_.end() ? unknown_ : it->second;
  }
  /// Returns whether such calls turn out to be quicker than the first ones seemed.
  bool measured(const detail::TaskType* type, Time duration, std::uint64_t value_bytes) {
    if (type != last_type_ || last_ == nullptr) {
      last_ = &by_type_[type];
      last_type_ = type;
    }
    if (last_->measurements == 0) {
      *last_ = {duration, value_bytes, 1};
      return false;
    }
    const bool is_quicker = !last_->known() && duration < last_->duration;
    if (last_->known()) {
      const Time most = std::max(last_->duration * kMostTimes, kAlwaysCounts);
      last_->duration += (std::min(duration, most) - last_->duration) / kWeight;
    } else {
      ++last_->measurements;
      last_->duration = std::min(last_->duration, duration);
    }
    const auto difference = static_cast<std::int64_t>(value_bytes) - static_cast<std::int64_t>(last_->value_bytes);
    last_->value_bytes =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(last_->value_bytes) + difference / kWeight);
    return is_quicker;
  }

 private:
  static constexpr int kWeight = 8;
  static constexpr int kFew = 8;
  static constexpr int kMostTimes = 8;
  static constexpr Time kAlwaysCounts = std::chrono::microseconds(10);

  Estimate unknown_;
  std::unordered_map<const detail::TaskType*, Estimate> by_type_;  // references stay valid
  const detail::TaskType* last_type_ = nullptr;                    // most programs call the same function again
  Estimate* last_ = nullptr;
};

}  // namespace cohort::scheduler
