#include "base/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace cohort::base {

SharedFile::SharedFile(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0) id_ = {status.st_dev, status.st_ino};
}

SharedFile::~SharedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<SharedFile> SharedFile::make(std::size_t bytes) {
  const int descriptor = ::memfd_create("cohort", MFD_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  SharedFile file(descriptor);
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) return std::nullopt;
  return file;
}

std::optional<SharedFile> SharedFile::open(std::int64_t process, std::int64_t descriptor, Id id, bool writable) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/%lld/fd/%lld", static_cast<long long>(process),
                static_cast<long long>(descriptor));
  // Not waiting, should it be something else by now, a pipe say.
  const int opened = ::open(path.data(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (opened < 0) return std::nullopt;
  SharedFile file(opened);
  if (file.id() != id) return std::nullopt;
  return file;
}

}  // namespace cohort::base
