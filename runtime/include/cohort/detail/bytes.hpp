#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

/// Plain bytes: what the typed shell hands to the untyped core. Includes nothing of the project.
namespace cohort::detail {

/// Memory for small things that every task needs, at most kSmallBytes; any thread may give back what another has taken.
inline constexpr std::size_t kSmallBytes = 128;
void* take_small(std::size_t bytes);
void give_small(void* memory, std::size_t bytes) noexcept;

/// Bytes that cannot be decoded: truncated, corrupted, or of another type.
struct DecodeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A growing run of bytes, to be sent from or received into: they stay where they are when it is moved. Growing does
/// not initialise. Movable, not copyable.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  explicit ByteBuffer(std::span<const std::byte> bytes) { append(bytes.data(), bytes.size()); }
  ByteBuffer(ByteBuffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  std::span<const std::byte> view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }

  void append(const void* from, std::size_t count) {
    if (count == 0) return;
    std::memcpy(extend(count), from, count);
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void append_value(const T& value) { std::memcpy(extend(sizeof(T)), &value, sizeof(T)); }
  /// Grows by `count` bytes of any content and returns where they start. `spare` more may be written to behind them.
  std::byte* extend(std::size_t count, std::size_t spare = 0) {
    if (capacity_ - size_ < count + spare) grow(count + spare);
    std::byte* start = bytes_.get() + size_;
    size_ += count;
    return start;
  }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) reallocate(capacity);
  }

 private:
  void grow(std::size_t count) { reallocate(std::max(size_ + count, capacity_ + capacity_ / 2 + 32)); }
  void reallocate(std::size_t capacity) {
    std::unique_ptr<std::byte[]> bytes(new std::byte[capacity]);
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// A growing run of bytes that is kept, in great numbers: a value or a call as it travels. Up to kInline need no memory
/// of their own.
class SmallBytes {
 public:
  static constexpr std::size_t kInline = 24;

  SmallBytes() noexcept {}
  explicit SmallBytes(std::span<const std::byte> bytes) { append(bytes.data(), bytes.size()); }
  SmallBytes(const SmallBytes& other) {
    if (other.is_inline()) {
      place_ = other.place_;
      size_ = other.size_;
    } else {
      append(other.data(), other.size());
    }
  }
  SmallBytes(SmallBytes&& other) noexcept : place_(other.place_), size_(std::exchange(other.size_, 0)) {}
  SmallBytes& operator=(SmallBytes&& other) noexcept {
    if (this == &other) return *this;
    clear();
    place_ = other.place_;
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  SmallBytes& operator=(const SmallBytes& other) {
    if (this != &other) assign(other.view());
    return *this;
  }
  ~SmallBytes() { clear(); }

  std::byte* data() { return is_inline() ? place_.here : place_.heap.bytes; }
  const std::byte* data() const { return is_inline() ? place_.here : place_.heap.bytes; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::byte> view() const { return {data(), size_}; }
  std::byte* begin() { return data(); }
  std::byte* end() { return data() + size_; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size_; }
  bool operator==(const SmallBytes& other) const {
    return size_ == other.size_ && std::memcmp(data(), other.data(), size_) == 0;
  }

  /// It will be used soon.
  void prefetch() const {
    __builtin_prefetch(data(), 1);
    if (!is_inline()) __builtin_prefetch(data() + size_ - 1, 1);
  }
  void clear() {
    if (!is_inline()) give(place_.heap);
    size_ = 0;
  }
  void append(const void* from, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  /// Grows by `count` bytes of any content and returns where they start.
  std::byte* extend(std::size_t count) {
    const std::size_t grown = size_ + count;
    if (grown > (is_inline() ? kInline : place_.heap.capacity)) grow(grown);
    std::byte* start = (grown <= kInline ? place_.here : place_.heap.bytes) + size_;
    size_ = grown;
    return start;
  }
  void assign(std::span<const std::byte> bytes) {
    clear();
    append(bytes.data(), bytes.size());
  }
  /// At most kInline bytes; kInline may be read.
  void assign_inline(const std::byte* from, std::size_t count) {
    clear();
    std::memcpy(place_.here, from, kInline);
    size_ = count;
  }
  /// Of at most kInline bytes: writes them, and as many more as make kInline.
  void copy_inline(std::byte* to) const { std::memcpy(to, place_.here, kInline); }

 private:
  /// So many bytes are here, more are not.
  bool is_inline() const { return size_ <= kInline; }
  struct Heap {
    std::byte* bytes;
    std::size_t capacity;
  };
  union Place {
    std::byte here[kInline];
    Heap heap;
  };

  void grow(std::size_t needed) {
    const std::size_t capacity = std::max(needed, 2 * size_);
    auto* bytes = static_cast<std::byte*>(capacity <= kSmallBytes ? take_small(capacity) : ::operator new(capacity));
    std::memcpy(bytes, data(), size_);
    if (!is_inline()) give(place_.heap);
    place_.heap = {bytes, capacity};
  }
  static void give(const Heap& heap) noexcept {
    if (heap.capacity <= kSmallBytes) return give_small(heap.bytes, heap.capacity);
    ::operator delete(heap.bytes);
  }

  Place place_{};
  std::size_t size_ = 0;
};

/// Memory that is read where it lies.
struct ConstSegment {
  const std::byte* data = nullptr;
  std::size_t size = 0;
};

/// Memory that is filled where it lies.
struct MutableSegment {
  std::byte* data = nullptr;
  std::size_t size = 0;
};

/// A block of trivially copyable data at least this long travels as a segment of its own, without a copy.
inline constexpr std::size_t kSegmentBytes = 8 * 1024;

}  // namespace cohort::detail
