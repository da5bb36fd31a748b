#include "shared_counters.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace {

static_assert(SharedCounters::Counter::is_always_lock_free, "a lock would not be shared");

constexpr const char* kName = "efficiency_tour-counters";
constexpr std::size_t kBytes = SharedCounters::kSize * sizeof(SharedCounters::Counter);

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

int make_file() {
  const int file = ::memfd_create(kName, MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, kBytes) != 0) fail("counters that processes share");
  return file;
}

/// -1: on this machine it is nothing, or something else.
int open_file(const std::string& path) {
  std::error_code error;
  const std::string target = std::filesystem::read_symlink(path, error).string();
  return !error && target == std::string("/memfd:") + kName + " (deleted)" ? ::open(path.c_str(), O_RDWR | O_CLOEXEC)
                                                                           : -1;
}

}  // namespace

SharedCounters::SharedCounters() : file_(make_file()) { map(); }

SharedCounters::SharedCounters(const std::string& path) : file_(open_file(path)) {
  if (file_ < 0) file_ = make_file();
  map();
}

SharedCounters::~SharedCounters() {
  ::munmap(counters_, kBytes);
  ::close(file_);
}

std::string SharedCounters::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file_);
}

void SharedCounters::map() {
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) fail("counters that processes share");
  counters_ = static_cast<Counter*>(memory);
}
