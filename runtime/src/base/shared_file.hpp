#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace cohort::base {

/// A file in memory that has no name: gone once nobody has it open or mapped, also after SIGKILL. Closed when this is
/// destroyed; what was mapped stays.
class SharedFile {
 public:
  /// Tells one file from all others of this machine, also from one that has got the same descriptor since.
  struct Id {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const Id&) const = default;
    auto operator<=>(const Id&) const = default;
  };

  SharedFile() = default;
  SharedFile(SharedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), id_(other.id_) {}
  SharedFile& operator=(SharedFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~SharedFile();

  /// Of `bytes` zeros; nothing if the system gives none.
  static std::optional<SharedFile> make(std::size_t bytes);
  /// What process `process` has open as `descriptor`, to be read, or written too; nothing if that cannot be opened, or
  /// is not `id`.
  static std::optional<SharedFile> open(std::int64_t process, std::int64_t descriptor, Id id, bool writable);

  /// Whether memory that was got this way can be used like other memory: not where files may not grow, or where memory
  /// is not promised freely, since a page could fail when it is first written to, by a signal.
  static bool is_safe_to_use();

  int descriptor() const { return descriptor_; }
  Id id() const { return id_; }

 private:
  explicit SharedFile(int descriptor);

  int descriptor_ = -1;
  Id id_;
};

/// The beginning of a file, mapped to be read and written together with others; until this is destroyed, also if the
/// file is closed before.
class SharedMapping {
 public:
  /// Nothing if the system gives none.
  static std::optional<SharedMapping> make(const SharedFile& file, std::size_t bytes);
  SharedMapping(SharedMapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  SharedMapping& operator=(SharedMapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~SharedMapping();

  void* data() const { return data_; }

 private:
  SharedMapping(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}

  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace cohort::base
