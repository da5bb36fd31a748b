#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "cohort/detail/bytes.hpp"

namespace cohort::transport {

/// A few buffers that were used, to be used again: freeing and taking a batch's memory each time makes malloc tidy up.
class SpareBuffers {
 public:
  detail::ByteBuffer take() {
    if (buffers_.empty()) return {};
    detail::ByteBuffer buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }
  void give(detail::ByteBuffer&& buffer) {
    if (buffer.capacity() == 0 || buffer.capacity() > kLargest || buffers_.size() == kMost) return;
    buffer.clear();
    buffers_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t kMost = 8;
  static constexpr std::size_t kLargest = 64 * 1024;

  std::vector<detail::ByteBuffer> buffers_;
};

}  // namespace cohort::transport
