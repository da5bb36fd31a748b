#include "base/arena.hpp"

#include <mutex>

#include "base/sanitized.hpp"

namespace cohort::base {

#ifdef COHORT_SANITIZED
// Who goes on using the memory of an arena that is gone shall be found.
std::byte* SpareRegions::take(std::size_t) { return nullptr; }
bool SpareRegions::give(std::byte*, std::size_t) noexcept { return false; }
#else

namespace {

/// Smaller ones malloc keeps by itself.
constexpr std::size_t kSmallestKept = std::size_t{2} << 20;
constexpr std::size_t kMostBytesKept = std::size_t{256} << 20;

struct KeptRegions {
  struct Region {
    std::byte* begin;
    std::size_t bytes;
  };
  std::mutex mutex;
  std::vector<Region> regions;
  std::size_t bytes = 0;
};

/// Never destroyed: arenas may outlive all that is static.
KeptRegions& kept_regions() {
  static KeptRegions& all = *new KeptRegions;
  return all;
}

}  // namespace

std::byte* SpareRegions::take(std::size_t bytes) {
  if (bytes < kSmallestKept) return nullptr;
  KeptRegions& all = kept_regions();
  const std::lock_guard lock(all.mutex);
  const auto fits = [&](const KeptRegions::Region& region) { return region.bytes == bytes; };
  const auto found = std::find_if(all.regions.begin(), all.regions.end(), fits);
  if (found == all.regions.end()) return nullptr;
  std::byte* const region = found->begin;
  *found = all.regions.back();
  all.regions.pop_back();
  all.bytes -= bytes;
  return region;
}

bool SpareRegions::give(std::byte* region, std::size_t bytes) noexcept try {
  if (bytes < kSmallestKept) return false;
  KeptRegions& all = kept_regions();
  const std::lock_guard lock(all.mutex);
  if (all.bytes + bytes > kMostBytesKept) return false;
  all.regions.push_back({region, bytes});
  all.bytes += bytes;
#ifdef MADV_FREE
  madvise(region, bytes, MADV_FREE);
#endif
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

#endif

}  // namespace cohort::base
