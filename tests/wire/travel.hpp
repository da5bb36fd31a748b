#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "cohort/detail/value_type.hpp"

/// Sends values through their bytes, within a test.
namespace cohort::test {

/// Hands out copies of segments, one after the other.
class SegmentList final : public detail::SegmentSource {
 public:
  explicit SegmentList(std::vector<std::vector<std::byte>> segments) : segments_(std::move(segments)) {}
  std::size_t next_size() override {
    if (next_ == segments_.size()) throw detail::DecodeError("no segment is left");
    return segments_[next_].size();
  }
  void read(detail::MutableSegment into) override {
    std::memcpy(into.data, segments_[next_].data(), into.size);
    filled_.push_back(into);
    ++next_;
  }
  /// Where each segment went.
  const std::vector<detail::MutableSegment>& filled() const { return filled_; }

 private:
  std::vector<std::vector<std::byte>> segments_;
  std::vector<detail::MutableSegment> filled_;
  std::size_t next_ = 0;
};

/// A value as it travels.
struct Parcel {
  std::vector<std::byte> bytes;
  std::vector<std::vector<std::byte>> segments;
  std::vector<const void*> segment_places;
};

inline Parcel parcel_of(detail::Encoder& out) {
  Parcel parcel;
  parcel.bytes.assign(out.bytes().view().begin(), out.bytes().view().end());
  for (const detail::ConstSegment& segment : out.segments()) {
    parcel.segments.emplace_back(segment.data, segment.data + segment.size);
    parcel.segment_places.push_back(segment.data);
  }
  return parcel;
}

template <class T>
Parcel pack(const T& value) {
  detail::Encoder out;
  detail::encode(value, out);
  return parcel_of(out);
}

template <class T>
T unpack(const Parcel& parcel) {
  SegmentList segments(parcel.segments);
  detail::Decoder in(parcel.bytes, nullptr, &segments);
  T value = detail::decode<T>(in);
  if (in.left() != 0) throw detail::DecodeError("bytes are left over");
  return value;
}

template <class T>
T travel(const T& value) {
  return unpack<T>(pack(value));
}

}  // namespace cohort::test
