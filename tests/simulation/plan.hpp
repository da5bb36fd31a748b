#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "cohort/types.hpp"
#include "wire/messages.hpp"

namespace cohort::simulation {

/// What a run did that it must not do.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool condition, const std::string& what) {
  if (!condition) throw Wrong(what);
}

/// One task of a random graph, and what is to come of it.
struct TaskPlan {
  TaskId id;
  std::vector<std::size_t> inputs;
  std::set<std::size_t> needs;  ///< itself, its inputs, their inputs, ...
  std::uint64_t value = 0;
  std::uint64_t value_bytes = 8;
  std::int64_t duration_ns = 0;
  int type = 0;
  int awaited = 0;        ///< tasks that are not filled yet and will have it as an input
  int failures_left = 0;  ///< attempts that fail
  bool fails_for_good = false;
  std::optional<wire::Address> pinned;
  bool in_root = false;    ///< a value of rank 0
  bool cancelled = false;  ///< the client asked for it
  bool wanted = true;      ///< the client has the future
  bool read = false;       ///< the client has seen the value

  bool small() const { return value_bytes <= 1024; }
};

inline detail::SmallBytes to_bytes(std::uint64_t number) {
  detail::SmallBytes bytes;
  bytes.append(&number, sizeof(number));
  return bytes;
}

inline std::uint64_t to_number(std::span<const std::byte> bytes) {
  require(bytes.size() == sizeof(std::uint64_t), "a value has the wrong size");
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

}  // namespace cohort::simulation
