#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/shared_memory.hpp"
#include "cohort/detail/codec.hpp"
#include "wire/messages.hpp"

namespace cohort::transport {

/// The segments of one value that is arriving, handed out in order.
///
/// `receive` asks the transport for the next segment and returns its ticket.
class IncomingSegments : public detail::SegmentSource {
 public:
  using Receive = std::function<std::uint64_t(detail::MutableSegment)>;

  /// `shared`: those that can be mapped, if they are read into memory that was allocated for them.
  IncomingSegments(std::vector<std::uint64_t> sizes, const std::vector<wire::SharedSegment>& shared, Receive receive)
      : sizes_(std::move(sizes)), receive_(std::move(receive)) {
    for (const wire::SharedSegment& segment : shared) shared_.push_back(segment.index);
  }

  std::size_t next_size() override {
    if (next_ == sizes_.size()) throw detail::DecodeError("a value has fewer segments than it needs");
    if (std::find(shared_.begin(), shared_.end(), next_) != shared_.end()) base::expect_shared(sizes_[next_]);
    return sizes_[next_];
  }
  /// Asks for the segment and returns at once.
  void read(detail::MutableSegment into) override {
    if (into.size != next_size()) throw detail::DecodeError("a segment is not as long as its place");
    if (!shared_.empty()) base::expect_shared(0);
    ++next_;
    on_asked(receive_(into));
  }
  /// Asks for all that nobody has read, into memory of its own, so that the sender gets rid of them.
  void drain() {
    for (; next_ < sizes_.size(); ++next_) {
      scratch_.push_back(std::make_unique<std::byte[]>(sizes_[next_]));
      on_asked(receive_({scratch_.back().get(), sizes_[next_]}));
    }
  }
  bool all_asked() const { return next_ == sizes_.size(); }

 protected:
  virtual void on_asked(std::uint64_t ticket) = 0;

 private:
  std::vector<std::uint64_t> sizes_;
  std::vector<std::size_t> shared_;
  Receive receive_;
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> scratch_;
};

}  // namespace cohort::transport
