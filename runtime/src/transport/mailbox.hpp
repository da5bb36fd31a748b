#pragma once

#include <memory>
#include <vector>

#include "cohort/types.hpp"
#include "transport/shared_segments.hpp"
#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace cohort::transport {

/// Who is given the messages and told of ended receives.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// The message may be moved from.
  virtual void on_message(Address from, wire::Message& message) = 0;
  /// The last message was the last of those that came together.
  virtual void on_messages_end(Address from) { static_cast<void>(from); }
  virtual void on_received(std::uint64_t ticket) = 0;
};

/// Sends messages in batches: everything for one member since the last send goes as one packet. Not thread-safe.
class Mailbox final : private Sink {
 public:
  /// A batch of this size does not wait for more. With one more message of the usual size it is still a short packet
  /// (MpiOptions::short_packet_bytes), which leaves at once.
  static constexpr std::size_t kBatchBytes = 3584;

  explicit Mailbox(Endpoint& endpoint);

  Address address() const { return endpoint_.address(); }
  int size() const { return endpoint_.size(); }
  const Endpoint& endpoint() const { return endpoint_; }

  /// Goes with the next batch to `to`.
  template <class M>
  void post(Address to, const M& message) {
    Batch& batch = batches_[static_cast<std::size_t>(to)];
    if (batch.bytes.empty()) waiting_.push_back(to);
    wire::append(batch.bytes, message);
    ++traffic_.messages_sent;
    if (batch.bytes.size() >= kBatchBytes) flush(to);
  }
  /// Sends a value with its segments, after all that was posted for `to` before. `keeps` is what the segments lie in.
  /// Returns whether `to` could have mapped more of it, had it been allocated in a base::ShareableScope.
  bool post_value(Address to, wire::ValueIs message, std::vector<detail::ConstSegment> segments,
                  std::shared_ptr<const void> keeps);
  /// See Endpoint::receive. A segment that is shared may be here at once; on_received is called by poll() all the same.
  std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into);

  void flush(Address to);
  void flush();
  /// All but what waits for `kept`.
  void flush_all_but(Address kept);
  /// Sends the batches that were there at the last call already: called every so often, it bounds their age.
  void flush_older();
  bool anything_waits() const { return !waiting_.empty(); }
  bool all_sent() { return waiting_.empty() && endpoint_.all_sent(); }
  /// The same but for what waits in batches.
  bool batches_sent() { return endpoint_.all_sent(); }

  /// Moves everything on by one step; `receiver` may post and receive, not poll. Returns whether anything happened.
  bool poll(Receiver& receiver);

  const Traffic& traffic() const { return traffic_; }

 private:
  struct Batch {
    detail::ByteBuffer bytes;
    bool older = false;
  };

  TransferId new_transfer(Address to);
  void on_packet(Address from, std::span<const std::byte> bytes) override;
  void on_received(std::uint64_t ticket) override;

  Endpoint& endpoint_;
  std::vector<Batch> batches_;
  std::vector<Address> waiting_;  ///< members whose batch is not empty
  std::vector<TransferId> next_transfer_;
  SharedSegments shared_;
  Receiver* receiver_ = nullptr;
  wire::MessageSlots messages_;
  Traffic traffic_;
};

}  // namespace cohort::transport
