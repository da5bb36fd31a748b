#include "transport/node_channels.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <sstream>

namespace cohort::transport {
namespace {

/// Tells this file from one that looks the same on another machine of the same name.
struct Head {
  alignas(RingBuffer::kLineBytes) std::uint64_t mark;
};

std::size_t file_bytes(std::size_t members) { return sizeof(Head) + members * sizeof(RingBuffer); }

Head& head_of(const base::SharedMapping& mapping) { return *static_cast<Head*>(mapping.data()); }

RingBuffer& buffer_in(const base::SharedMapping& mapping, std::size_t writer) {
  return reinterpret_cast<RingBuffer*>(static_cast<std::byte*>(mapping.data()) + sizeof(Head))[writer];
}

std::uint64_t random_mark() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

}  // namespace

NodeChannels::NodeChannels(Address self, int size, std::span<const Address> members)
    : self_(self),
      members_(members.begin(), members.end()),
      writers_(static_cast<std::size_t>(size)),
      others_(static_cast<std::size_t>(size) - 1) {
  if (members_.size() < 2 || !base::SharedFile::is_safe_to_use()) return;
  auto file = base::SharedFile::make(file_bytes(members_.size()));
  if (!file) return;
  mine_ = base::SharedMapping::make(*file, file_bytes(members_.size()));
  if (!mine_) return;
  file_ = std::move(*file);
  head_of(*mine_).mark = random_mark();
  std::ostringstream text;
  text << ::getpid() << ' ' << file_.descriptor() << ' ' << file_.id().device << ' ' << file_.id().inode << ' '
       << members_.size() << ' ' << head_of(*mine_).mark;
  offer_ = text.str();
  for (const Address from : members_) {
    if (from != self_) readers_.push_back({from, RingBufferReader(buffer_in(*mine_, index_of(from)))});
  }
}

void NodeChannels::connect(std::span<const std::string> offers) {
  for (const Address to : members_) {
    if (to == self_) continue;
    std::istringstream text(offers[static_cast<std::size_t>(to)]);
    std::int64_t process = 0;
    std::int64_t descriptor = 0;
    base::SharedFile::Id id;
    std::size_t members = 0;
    std::uint64_t mark = 0;
    if (!(text >> process >> descriptor >> id.device >> id.inode >> members >> mark)) continue;
    if (members != members_.size()) continue;
    const auto file = base::SharedFile::open(process, descriptor, id, true);
    if (!file) continue;
    auto mapping = base::SharedMapping::make(*file, file_bytes(members));
    if (!mapping || head_of(*mapping).mark != mark) continue;
    writers_[static_cast<std::size_t>(to)].emplace(buffer_in(*mapping, index_of(self_)));
    theirs_.push_back(std::move(*mapping));
  }
}

void NodeChannels::look_for_writers() {
  everybody_ = readers_.size() == others_ && std::all_of(readers_.begin(), readers_.end(),
                                                         [](const Reader& reader) { return reader.buffer.in_use(); });
}

std::size_t NodeChannels::index_of(Address member) const {
  return static_cast<std::size_t>(std::find(members_.begin(), members_.end(), member) - members_.begin());
}

}  // namespace cohort::transport
