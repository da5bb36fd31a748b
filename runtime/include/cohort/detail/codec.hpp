#pragma once

#include <cstdint>
#include <vector>

#include "cohort/detail/bytes.hpp"
#include "cohort/detail/code.hpp"

/// Untyped ends of the archives: what a value's bytes are written to and read from.
namespace cohort::detail {

/// Collects what a value looks like as it travels: bytes in order, and segments that stay where they are.
///
/// A block of at least kSegmentBytes is preceded by one byte: 1, it is the next segment; 0, its bytes follow here.
class Encoder {
 public:
  explicit Encoder(CodeMap* code = nullptr, std::size_t keep_at_most = SIZE_MAX)
      : code_(code), keep_at_most_(keep_at_most) {}

  void write(const void* from, std::size_t count) {
    total_ += count;
    if (total_ <= keep_at_most_) {
      bytes_.append(from, count);
    } else {
      overflowed_ = true;
    }
  }
  template <class T>
  void write_value(const T& value) {
    write(&value, sizeof(T));
  }
  /// `stays`: the memory lives, unchanged, as long as the value that is being encoded.
  void write_block(const void* from, std::size_t count, bool stays) {
    if (count < kSegmentBytes) return write(from, count);
    const bool as_segment = stays && segments_allowed_;
    write_value(static_cast<std::uint8_t>(as_segment));
    if (!as_segment) return write(from, count);
    total_ += count;
    segments_.push_back({static_cast<const std::byte*>(from), count});
  }
  CodeMap& code() const {
    if (code_ == nullptr) throw std::logic_error("cohort: no code map here");
    return *code_;
  }
  /// From here on everything is copied into the bytes.
  void copy_everything() { segments_allowed_ = false; }

  /// Size of all that was written, segments included.
  std::size_t total_bytes() const { return total_; }
  /// Whether bytes were left out because of `keep_at_most`: then only total_bytes() means anything.
  bool overflowed() const { return overflowed_; }
  SmallBytes& bytes() { return bytes_; }
  const std::vector<ConstSegment>& segments() const { return segments_; }

 private:
  SmallBytes bytes_;
  std::vector<ConstSegment> segments_;
  CodeMap* code_;
  std::size_t keep_at_most_;
  std::size_t total_ = 0;
  bool overflowed_ = false;
  bool segments_allowed_ = true;
};

/// Where a value's segments come from, in order.
class SegmentSource {
 public:
  virtual ~SegmentSource() = default;
  /// Size of the next segment; throws DecodeError if there is none.
  virtual std::size_t next_size() = 0;
  /// Fills `into` with the next segment, whose size it has. May return before the bytes are there only where the
  /// value's type allows it (ValueType::may_fill_later); then `into` must stay where it is.
  virtual void read(MutableSegment into) = 0;
};

/// Reads what an Encoder wrote. Throws DecodeError at the first thing that cannot be; trusts no length.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes, CodeMap* code = nullptr, SegmentSource* segments = nullptr)
      : bytes_(bytes), code_(code), segments_(segments) {}

  void read(void* into, std::size_t count) {
    if (count > bytes_.size()) throw DecodeError("the bytes end too early");
    if (count != 0) std::memcpy(into, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
  }
  template <class T>
  T read_value() {
    T value;
    read(&value, sizeof(T));
    return value;
  }
  /// To be asked before memory for a block of `count` bytes is taken: throws DecodeError unless they are on their way.
  void expect_block(std::size_t count) {
    if (count < kSegmentBytes) {
      if (count > bytes_.size()) throw DecodeError("a block is longer than the bytes that are left");
      return;
    }
    if (bytes_.empty()) throw DecodeError("the bytes end before a block");
    if (static_cast<std::uint8_t>(bytes_[0]) == 0) {
      if (count > bytes_.size() - 1) throw DecodeError("a block is longer than the bytes that are left");
    } else if (segments_ == nullptr || segments_->next_size() != count) {
      throw DecodeError("a block is not as long as its segment");
    }
  }
  void read_block(void* into, std::size_t count) {
    if (count < kSegmentBytes) return read(into, count);
    expect_block(count);
    if (read_value<std::uint8_t>() == 0) return read(into, count);
    segments_->read({static_cast<std::byte*>(into), count});
  }
  CodeMap& code() const {
    if (code_ == nullptr) throw DecodeError("no code map here");
    return *code_;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  CodeMap* code_;
  SegmentSource* segments_;
};

}  // namespace cohort::detail
