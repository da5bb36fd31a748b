#include "base/shared_memory.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace cohort::base {
namespace {

/// What this thread's next allocations are for.
struct AllocationsHere {
  bool shareable = false;
  std::size_t expected_bytes = 0;
};
thread_local AllocationsHere allocations_here;

/// A string takes one character more than it has.
constexpr std::size_t kMoreThanExpected = 64;
/// Blocks are made in steps, so that one that was freed fits what comes next.
constexpr std::size_t kStepBytes = 64 * 1024;

std::uintptr_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }
void* address_of_number(std::uintptr_t number) {
  return reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr)
}

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::size_t round_up(std::size_t bytes, std::size_t step) { return (bytes + step - 1) / step * step; }

/// How many of the files that this process may have open go to blocks.
std::size_t files_to_use() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<std::size_t>(limit.rlim_cur / 4, 4'096);
}

void* map_file(int descriptor, std::size_t bytes, void* at, int flags) {
  return ::mmap(at, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
}

bool read_whole(int descriptor, std::size_t offset, std::byte* into, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor, into, bytes, static_cast<off_t>(offset));
    if (got <= 0) return false;
    offset += static_cast<std::size_t>(got);
    into += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

SharedMemory& SharedMemory::of_process() {
  // Never destroyed: blocks are freed until the very end.
  static auto* const memory = new SharedMemory;
  return *memory;
}

bool SharedMemory::start(std::size_t spare_bytes) {
  if (!owns_operator_new() || !SharedFile::is_safe_to_use()) return false;
  const std::lock_guard lock(mutex_);
  spare_limit_ = spare_bytes;
  if (on_) return true;
  if (!uses_) {
    uses_ = SharedUses::make();
    if (!uses_) return false;
    most_files_ = files_to_use();
    ::pthread_atfork([] { of_process().before_fork(); }, [] { of_process().after_fork(false); },
                     [] { of_process().after_fork(true); });
  }
  on_ = true;
  return true;
}

// --- The owner's
// ---------------------------------------------------------------------------------------------------------------------

std::optional<SharedPlace> SharedMemory::share(const void* data, std::size_t bytes) {
  if (bytes < kLeastBytes || number_of(data) % page_bytes() != 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto block = blocks_.find(number_of(data));
  if (!on_ || block == blocks_.end() || !block->second.shareable || block->second.bytes < bytes) {
    return std::nullopt;
  }
  const auto use = uses_->begin();
  if (!use) return std::nullopt;
  return SharedPlace{.process = ::getpid(),
                     .descriptor = block->second.file.descriptor(),
                     .file = block->second.file.id(),
                     .uses_descriptor = uses_->file().descriptor(),
                     .uses_file = uses_->file().id(),
                     .use = *use};
}

bool SharedMemory::is_over(std::uint32_t use) {
  // Asked often, and hardly ever so: without the lock.
  if (!uses_->seems_over(use)) return false;
  const std::lock_guard lock(mutex_);
  return uses_->is_over(use);
}

bool SharedMemory::is_over_or_abandoned(std::uint32_t use) {
  const std::lock_guard lock(mutex_);
  return uses_->is_over_or_abandoned(use);
}

void SharedMemory::leave_for_ever(const void* data) {
  const std::lock_guard lock(mutex_);
  const auto block = blocks_.find(number_of(data));
  if (block != blocks_.end()) block->second.shareable = false;
}

void SharedMemory::end_use(std::uint32_t use) {
  const std::lock_guard lock(mutex_);
  uses_->end(use);
}

// --- The reader's
// --------------------------------------------------------------------------------------------------------------------

bool SharedMemory::map(const SharedPlace& place, void* into, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(number_of(into));
  if (found == blocks_.end() || !found->second.expects || found->second.bytes < bytes) return false;
  SharedUses::Use* const use = uses_of_others_.find(place.process, place.uses_descriptor, place.uses_file, place.use);
  if (use == nullptr) return false;
  const auto file = SharedFile::open(place.process, place.descriptor, place.file, false);
  if (!file) return false;
  // What follows the last whole page in this memory is the reader's own: the end of a string.
  const std::size_t whole = bytes / page_bytes() * page_bytes();
  if (!read_whole(file->descriptor(), whole, static_cast<std::byte*>(into) + whole, bytes - whole)) return false;
  if (map_file(file->descriptor(), whole, into, MAP_PRIVATE | MAP_FIXED) == MAP_FAILED) {
    // What was there may be gone.
    if (map_file(-1, whole, into, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED) == MAP_FAILED) std::abort();
    return false;
  }
  found->second.expects = false;
  found->second.use = use;
  use->store(static_cast<std::uint32_t>(::getpid()), std::memory_order_release);
  return true;
}

// --- Operator new's and operator delete's
// --------------------------------------------------------------------------------------------

void* SharedMemory::allocate(std::size_t bytes) noexcept {
  const bool expected = allocations_here.expected_bytes != 0 && bytes >= allocations_here.expected_bytes &&
                        bytes - allocations_here.expected_bytes <= kMoreThanExpected;
  if (!expected && !allocations_here.shareable) return nullptr;
  try {
    const std::lock_guard lock(mutex_);
    if (!on_) return nullptr;
    if (!expected) return make_shareable(bytes);
    allocations_here.expected_bytes = 0;
    return make_expecting(bytes);
  } catch (...) {
    return nullptr;
  }
}

void* SharedMemory::make_shareable(std::size_t wanted_bytes) {
  const std::size_t bytes = round_up(wanted_bytes, kStepBytes);
  auto spare = spare_.lower_bound(bytes);
  if (spare != spare_.end() && spare->first <= bytes + bytes / 4) {
    spare = std::prev(spare_.upper_bound(spare->first));  // of one size, that which is warmest
    spare_bytes_ -= spare->first;
    const auto block = blocks_.insert(std::move(spare->second));
    spare_.erase(spare);
    block_count_.fetch_add(1, std::memory_order_relaxed);
    return address_of_number(block->first);
  }
  if (files_ >= most_files_) return nullptr;
  auto file = SharedFile::make(bytes);
  if (!file) return nullptr;
  void* const at = map_file(file->descriptor(), bytes, nullptr, MAP_SHARED);
  if (at == MAP_FAILED) return nullptr;
  ::madvise(at, bytes, MADV_HUGEPAGE);  // taken up where the machine's administrator has huge pages for files
  Block block;
  block.bytes = bytes;
  block.file = std::move(*file);
  block.shareable = true;
  try {
    blocks_.emplace(number_of(at), std::move(block));
  } catch (...) {
    ::munmap(at, bytes);
    throw;
  }
  ++files_;
  block_count_.fetch_add(1, std::memory_order_relaxed);
  return at;
}

void* SharedMemory::make_expecting(std::size_t wanted_bytes) {
  const std::size_t bytes = round_up(wanted_bytes, page_bytes());
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  Block block;
  block.bytes = bytes;
  block.expects = true;
  try {
    blocks_.emplace(number_of(at), std::move(block));
  } catch (...) {
    ::munmap(at, bytes);
    throw;
  }
  block_count_.fetch_add(1, std::memory_order_relaxed);
  return at;
}

bool SharedMemory::free(void* memory) noexcept {
  Blocks::node_type freed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(number_of(memory));
    if (found == blocks_.end()) return false;
    freed = blocks_.extract(found);
    block_count_.fetch_sub(1, std::memory_order_relaxed);
    const Block& block = freed.mapped();
    if (block.shareable && on_ && block.bytes <= spare_limit_) {
      try {
        keep_spare(std::move(freed));
        return true;
      } catch (...) {
        if (freed.empty()) return true;  // it stays mapped
      }
    }
    if (block.file.descriptor() >= 0) --files_;
  }
  // Without the lock: that takes a while, and nobody else can get the memory before.
  ::munmap(memory, freed.mapped().bytes);
  if (freed.mapped().use != nullptr) freed.mapped().use->store(SharedUses::kOver, std::memory_order_release);
  return true;
}

void SharedMemory::keep_spare(Blocks::node_type block) {
  while (spare_bytes_ + block.mapped().bytes > spare_limit_) drop_spare();
  const std::size_t bytes = block.mapped().bytes;
  spare_.emplace(bytes, std::move(block));
  spare_bytes_ += bytes;
}

/// The smallest: it costs least to make anew.
void SharedMemory::drop_spare() {
  const auto smallest = spare_.begin();
  ::munmap(address_of_number(smallest->second.key()), smallest->first);
  spare_bytes_ -= smallest->first;
  spare_.erase(smallest);
  --files_;
}

// --- Children of this process
// -----------------------------------------------------------------------------------------------------

/// A child gets copies of what its parent has, as of other memory: from here on each writes to pages of its own.
/// Readers go on with what is there now.
void SharedMemory::before_fork() {
  mutex_.lock();
  while (!spare_.empty()) drop_spare();
  for (auto& [at, block] : blocks_) {
    // Whoever shares it with this process cannot know of the child: it is kept as long as this process lives.
    block.use = nullptr;
    if (!block.shareable) continue;
    map_file(block.file.descriptor(), block.bytes, address_of_number(at), MAP_PRIVATE | MAP_FIXED);
    block.shareable = false;
  }
}

void SharedMemory::after_fork(bool in_child) {
  if (in_child) on_ = false;
  mutex_.unlock();
}

// ---------------------------------------------------------------------------------------------------------------------

ShareableScope::ShareableScope(bool wanted) : before_(std::exchange(allocations_here.shareable, wanted)) {}

ShareableScope::~ShareableScope() { allocations_here.shareable = before_; }

void expect_shared(std::size_t bytes) { allocations_here.expected_bytes = bytes; }

}  // namespace cohort::base
