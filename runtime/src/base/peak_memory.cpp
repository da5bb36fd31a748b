#include "base/peak_memory.hpp"

#include <fstream>
#include <string>

namespace cohort::base {

// getrusage() also counts what the process was before exec().
std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes << 10;
  }
  return 0;
}

}  // namespace cohort::base
