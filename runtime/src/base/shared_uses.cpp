#include "base/shared_uses.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <cerrno>

namespace cohort::base {
namespace {

using Use = SharedUses::Use;
static_assert(Use::is_always_lock_free && sizeof(Use) == sizeof(std::uint32_t));

/// A file of zeros is a table of uses that are over.
Use* map_uses(const SharedFile& file) {
  void* const at =
      ::mmap(nullptr, SharedUses::kMost * sizeof(Use), PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
  return at == MAP_FAILED ? nullptr : static_cast<Use*>(at);
}

}  // namespace

std::optional<SharedUses> SharedUses::make() {
  std::optional<SharedFile> file = SharedFile::make(kMost * sizeof(Use));
  if (!file) return std::nullopt;
  Use* const uses = map_uses(*file);
  if (uses == nullptr) return std::nullopt;
  return SharedUses(std::move(*file), uses);
}

std::optional<std::uint32_t> SharedUses::begin() {
  std::uint32_t use = next_;
  if (!free_.empty()) {
    use = free_.back();
    free_.pop_back();
  } else if (next_ == kMost) {
    return std::nullopt;
  } else {
    ++next_;
  }
  uses_[use].store(kOffered, std::memory_order_relaxed);
  return use;
}

bool SharedUses::is_over(std::uint32_t use) {
  if (uses_[use].load(std::memory_order_acquire) != kOver) return false;
  free_.push_back(use);
  return true;
}

bool SharedUses::is_over_or_abandoned(std::uint32_t use) {
  if (is_over(use)) return true;
  const std::uint32_t reader = uses_[use].load(std::memory_order_relaxed);
  if (reader == kOver || reader == kOffered) return false;
  if (::kill(static_cast<pid_t>(reader), 0) == 0 || errno != ESRCH) return false;
  end(use);
  return true;
}

void SharedUses::end(std::uint32_t use) {
  uses_[use].store(kOver, std::memory_order_relaxed);
  free_.push_back(use);
}

Use* UsesOfOthers::find(std::int64_t process, std::int64_t descriptor, SharedFile::Id id, std::uint32_t use) {
  if (use >= SharedUses::kMost) return nullptr;
  const auto [table, added] = tables_.try_emplace({process, id}, nullptr);
  if (added) {
    if (const auto file = SharedFile::open(process, descriptor, id, true)) table->second = map_uses(*file);
  }
  if (table->second == nullptr) {
    tables_.erase(table);
    return nullptr;
  }
  return table->second + use;
}

}  // namespace cohort::base
