#include "base/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace cohort::base {
namespace {

/// A file may grow as it likes: where it must not, the process would be killed for it.
bool files_are_unlimited() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}
/// Memory may be promised that is not there. Where it may not, a page of a file fails when it is first written to, by
/// SIGBUS, and not when it is asked for.
bool memory_is_promised_freely() {
  std::ifstream file("/proc/sys/vm/overcommit_memory");
  int mode = 0;
  return file >> mode && mode != 2;
}

}  // namespace

bool SharedFile::is_safe_to_use() { return files_are_unlimited() && memory_is_promised_freely(); }

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

std::optional<SharedMapping> SharedMapping::make(const SharedFile& file, std::size_t bytes) {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
  if (at == MAP_FAILED) return std::nullopt;
  return SharedMapping(at, bytes);
}

SharedMapping::~SharedMapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace cohort::base
