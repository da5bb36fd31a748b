#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Counters in memory that processes of one machine share, as those of a histogram for the whole node. They are gone
/// when the last of these processes has ended, however it ends.
class SharedCounters {
 public:
  using Counter = std::atomic<std::uint32_t>;
  static constexpr std::size_t kSize = 64;

  /// New ones, all zero.
  ///
  /// throws  std::system_error: no memory, or no descriptor.
  SharedCounters();
  /// Those that path() tells of, made by a process that is still there; where that is none of this machine's, new ones.
  explicit SharedCounters(const std::string& path);
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  ~SharedCounters();

  /// By which other processes find them.
  std::string path() const;
  std::span<Counter, kSize> all() const { return std::span<Counter, kSize>(counters_, kSize); }

 private:
  void map();

  int file_ = -1;
  Counter* counters_ = nullptr;
};
