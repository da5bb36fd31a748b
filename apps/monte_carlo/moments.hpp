#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

/// A sum of up to 2^64 integers below 2^64, in two halves: integers of 128 bits are not standard C++.
class WideSum {
 public:
  void add(std::uint64_t number) {
    low_ += number;
    if (low_ < number) ++high_;
  }
  void add(const WideSum& other) {
    add(other.low_);
    high_ += other.high_;
  }
  double value() const { return std::ldexp(static_cast<double>(high_), 64) + static_cast<double>(low_); }

 private:
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

/// Sum and sum of squares of numbers, in fixed point: adding integers is associative and adding doubles is not, so only
/// integers come out with the same bits however the numbers are cut into chunks and whoever adds them up. A number is
/// given as how many 2^64ths of a scale it is.
class Moments {
 public:
  /// 0 <= number < scale.
  static std::uint64_t units_of(double number, double scale) {
    return static_cast<std::uint64_t>(std::ldexp(number / scale, 64));
  }

  void add(std::uint64_t units) {
    ++count_;
    sum_.add(units);
    squares_.add(upper_half_of_square(units));
  }
  void add(const Moments& other) {
    count_ += other.count_;
    sum_.add(other.sum_);
    squares_.add(other.squares_);
  }

  double mean(double scale) const { return scale * share(sum_); }
  /// Of the mean. Needs two numbers.
  double standard_error(double scale) const {
    const double variance = std::max(0.0, share(squares_) - share(sum_) * share(sum_));
    return scale * std::sqrt(variance / static_cast<double>(count_ - 1));
  }

 private:
  /// units * units / 2^64, to within 2.
  static std::uint64_t upper_half_of_square(std::uint64_t units) {
    const std::uint64_t upper = units >> 32;
    const std::uint64_t lower = units & 0xFFFFFFFF;
    return upper * upper + (upper * lower >> 31);
  }
  double share(const WideSum& sum) const { return std::ldexp(sum.value(), -64) / static_cast<double>(count_); }

  std::uint64_t count_ = 0;
  WideSum sum_;
  WideSum squares_;
};
