#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/shared_file.hpp"
#include "transport/ring_buffer.hpp"
#include "transport/transport.hpp"

namespace cohort::transport {

/// Short packets between the ranks of one node, through memory that they share: MPI's own way through such memory costs
/// several times as much, since it matches tags, counts requests, and sees to all other ways at every look.
///
/// Each rank makes a file in memory with a ring buffer for each of the others, and offers it; who can map it writes
/// there from then on, and never sends it a packet another way. Who cannot, because it is in another container say,
/// goes on through MPI.
class NodeChannels {
 public:
  /// `members`: the ranks of this node in order, `self` among them; none but that one, or a system that gives no such
  /// memory: no channels.
  NodeChannels(Address self, int size, std::span<const Address> members);

  /// What the others have to know.
  const std::string& offer() const { return offer_; }
  /// `offers`: every rank's, by rank. Called once, before all else.
  void connect(std::span<const std::string> offers);

  bool reaches(Address to) const { return writers_[static_cast<std::size_t>(to)].has_value(); }
  /// To one that it reaches, at most RingBuffer::kLongest bytes. Returns false, and does nothing, if there is no room
  /// now.
  bool send(Address to, std::span<const std::byte> packet) {
    return writers_[static_cast<std::size_t>(to)]->write(packet);
  }
  /// Gives some of what has come, of one rank after the other, to `take(Address from, std::span<const std::byte>)`.
  /// Returns whether there was any.
  template <class Take>
  bool poll(Take&& take) {
    if (!everybody_) look_for_writers();
    int left = kPacketsPerPoll;
    for (std::size_t looks = readers_.size(); looks > 0 && left > 0; --looks) {
      Reader& reader = readers_[next_];
      if (++next_ == readers_.size()) next_ = 0;
      const auto take_one = [&](std::span<const std::byte> packet) { take(reader.from, packet); };
      for (int taken = 0; taken < kPacketsInTurn && left > 0 && reader.buffer.read(take_one); ++taken) --left;
    }
    return left < kPacketsPerPoll;
  }
  /// For the thread that polls, or one that keeps others from doing so.
  bool has_packet() const {
    return std::any_of(readers_.begin(), readers_.end(),
                       [](const Reader& reader) { return reader.buffer.has_record(); });
  }
  /// Whether all others write here, as of the last poll().
  bool everybody_writes_here() const { return everybody_; }

 private:
  static constexpr int kPacketsPerPoll = 16;
  static constexpr int kPacketsInTurn = 8;

  struct Reader {
    Address from;
    RingBufferReader buffer;
  };

  std::size_t index_of(Address member) const;
  void look_for_writers();

  const Address self_;
  const std::vector<Address> members_;
  base::SharedFile file_;
  std::string offer_;
  std::optional<base::SharedMapping> mine_;
  std::vector<base::SharedMapping> theirs_;
  std::vector<Reader> readers_;
  std::size_t next_ = 0;                                  ///< of them: whose turn it is
  std::vector<std::optional<RingBufferWriter>> writers_;  ///< by rank
  std::size_t others_;                                    ///< how many there are
  bool everybody_ = false;
};

}  // namespace cohort::transport
