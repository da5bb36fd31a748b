#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace cohort::test {

/// A value that counts the objects of its kind in this process, and how it came to be.
class Tracked {
 public:
  Tracked() { ++live_count(); }
  explicit Tracked(std::size_t items) : data_(items, 1.5), made_at_(place()) { ++live_count(); }
  Tracked(const Tracked& other)
      : data_(other.data_), made_at_(other.made_at_), copies_(other.copies_ + 1), moves_(other.moves_) {
    ++live_count();
  }
  Tracked(Tracked&& other) noexcept
      : data_(std::move(other.data_)), made_at_(other.made_at_), copies_(other.copies_), moves_(other.moves_ + 1) {
    ++live_count();
  }
  Tracked& operator=(const Tracked&) = delete;
  Tracked& operator=(Tracked&&) = delete;
  ~Tracked() { --live_count(); }

  /// Objects alive in this process.
  static std::atomic<long>& live_count() {
    static std::atomic<long> count = 0;
    return count;
  }

  /// How this object came from the one that was made first.
  int copies() const { return copies_; }
  int moves() const { return moves_; }
  /// Whether the elements lie where they were first made. Means nothing on another rank.
  bool in_place() const { return place() == made_at_; }
  std::size_t size() const { return data_.size(); }
  bool intact() const {
    for (const double x : data_) {
      if (x != 1.5) return false;
    }
    return true;
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& data_& made_at_& copies_& moves_;
  }

 private:
  std::uint64_t place() const { return reinterpret_cast<std::uintptr_t>(data_.data()); }

  std::vector<double> data_;
  std::uint64_t made_at_ = 0;
  int copies_ = 0;
  int moves_ = 0;
};

/// What a task saw of a Tracked.
struct Seen {
  int copies = 0;
  int moves = 0;
  bool in_place = false;
};
inline Seen see(const Tracked& value) { return {value.copies(), value.moves(), value.in_place()}; }

inline Tracked make_tracked(std::size_t items) { return Tracked(items); }

}  // namespace cohort::test
