#include "resident_memory.hpp"

#include <unistd.h>

#include <fstream>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

std::optional<std::uint64_t> resident_bytes() {
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(std::ifstream("/proc/self/statm") >> all_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> resident_bytes_after_trim() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return resident_bytes();
}
