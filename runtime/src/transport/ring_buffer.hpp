#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cohort::transport {

/// Records of bytes on their way from one thread or process to another, in memory that both have. Zeros are an empty
/// one.
///
/// A record begins a cache line with its length, and its bytes follow: of a short one a single line goes over. Its
/// reader looks where the next length will stand; since that can be any line, it leaves zeros at the beginning of each
/// line that it has read. How far it has read it tells now and then, in a line that the writer looks at only when it
/// knows of no more room. (A Lamport queue, "Specifying concurrent program modules", 1983, whose writer's index is
/// replaced by the lengths.)
struct RingBuffer {
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kBytes = 32 * 1024;
  /// Longer records than this are not taken.
  static constexpr std::size_t kLongest = kBytes / 4;

  using Length = std::uint32_t;

  static std::size_t whole_bytes(std::size_t record_bytes) {
    return (sizeof(Length) + record_bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
  }
  std::atomic_ref<Length> length_at(std::size_t at) {
    return std::atomic_ref<Length>(*reinterpret_cast<Length*>(bytes + at));
  }

  alignas(kLineBytes) std::atomic<std::uint64_t> read;    ///< the reader's: bytes since the beginning
  alignas(kLineBytes) std::atomic<std::uint32_t> in_use;  ///< the writer's: 1 once it will write here
  alignas(kLineBytes) std::byte bytes[kBytes];
};

/// No record: the next one begins at the buffer's beginning. Lengths are kept with one added, 0 is none.
inline constexpr RingBuffer::Length kGoesOnAtBeginning = UINT32_MAX;

/// The one that writes. Not thread-safe.
class RingBufferWriter {
 public:
  explicit RingBufferWriter(RingBuffer& buffer) : buffer_(&buffer) {
    buffer.in_use.store(1, std::memory_order_release);
  }

  /// Copies the record, of at most kLongest bytes. Returns false, and does nothing, if there is no room now.
  bool write(std::span<const std::byte> record) {
    const std::size_t needed = RingBuffer::whole_bytes(record.size());
    std::size_t at = written_ % RingBuffer::kBytes;
    const std::size_t skipped = at + needed > RingBuffer::kBytes ? RingBuffer::kBytes - at : 0;
    const std::uint64_t end = written_ + skipped + needed;
    if (end - read_ > RingBuffer::kBytes) {
      read_ = buffer_->read.load(std::memory_order_acquire);
      if (end - read_ > RingBuffer::kBytes) return false;
    }
    if (skipped != 0) {
      buffer_->length_at(at).store(kGoesOnAtBeginning, std::memory_order_release);
      at = 0;
    }
    if (!record.empty()) std::memcpy(buffer_->bytes + at + sizeof(RingBuffer::Length), record.data(), record.size());
    buffer_->length_at(at).store(static_cast<RingBuffer::Length>(record.size() + 1), std::memory_order_release);
    written_ = end;
    return true;
  }

 private:
  RingBuffer* buffer_;
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;  ///< as it was told last
};

/// The one that reads. Not thread-safe.
class RingBufferReader {
 public:
  explicit RingBufferReader(RingBuffer& buffer) : buffer_(&buffer) {}

  /// Whether its writer has been there.
  bool in_use() const { return buffer_->in_use.load(std::memory_order_acquire) != 0; }

  bool has_record() const {
    return buffer_->length_at(read_ % RingBuffer::kBytes).load(std::memory_order_relaxed) != 0;
  }
  /// Gives the next record to `take(std::span<const std::byte>)`, for as long as that lasts; it counts as read also if
  /// `take` throws. Returns false if there is none.
  template <class Take>
  bool read(Take&& take) {
    std::size_t at = read_ % RingBuffer::kBytes;
    RingBuffer::Length length = buffer_->length_at(at).load(std::memory_order_acquire);
    if (length == 0) return false;
    if (length == kGoesOnAtBeginning) {
      buffer_->length_at(at).store(0, std::memory_order_relaxed);
      advance(RingBuffer::kBytes - at);
      at = 0;
      length = buffer_->length_at(at).load(std::memory_order_acquire);
      if (length == 0) return false;
    }
    const std::size_t bytes = length - 1;
    const struct Taken {
      RingBufferReader& reader;
      std::size_t at;
      std::size_t bytes;
      ~Taken() { reader.clear(at, RingBuffer::whole_bytes(bytes)); }
    } taken{*this, at, bytes};
    take(std::span<const std::byte>(buffer_->bytes + at + sizeof(RingBuffer::Length), bytes));
    return true;
  }

 private:
  /// What is read is told in steps of this size: each costs the writer a cache line.
  static constexpr std::size_t kStepBytes = RingBuffer::kBytes / 8;

  void clear(std::size_t at, std::size_t bytes) {
    for (std::size_t line = at; line < at + bytes; line += RingBuffer::kLineBytes) {
      buffer_->length_at(line).store(0, std::memory_order_relaxed);
    }
    advance(bytes);
  }
  void advance(std::size_t bytes) {
    read_ += bytes;
    if (read_ - told_ < kStepBytes) return;
    told_ = read_;
    buffer_->read.store(read_, std::memory_order_release);
  }

  RingBuffer* buffer_;
  std::uint64_t read_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace cohort::transport
