#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/shared_memory.hpp"
#include "transport/transport.hpp"
#include "wire/messages.hpp"

namespace cohort::transport {

/// Segments that are not sent because their receiver maps them: what a sender keeps for that, and what a receiver was
/// told. Not thread-safe.
class SharedSegments {
 public:
  SharedSegments() = default;
  SharedSegments(const SharedSegments&) = delete;
  SharedSegments& operator=(const SharedSegments&) = delete;
  /// Receivers may go on looking.
  ~SharedSegments();

  /// Takes out of `segments`, which are all of the value's, those that `to` can map, and puts them into `message`. What
  /// they lie in is kept until `to` has freed its copy. Returns whether there were others that are as large.
  bool offer(Address to, wire::ValueIs& message, std::vector<detail::ConstSegment>& segments,
             const std::shared_ptr<const void>& keeps, const std::function<TransferId()>& new_transfer);
  /// `to` cannot map it: what is to be sent instead. Throws TransportError if it was not offered.
  Packet withdraw(Address to, TransferId transfer);
  /// Lets go of what receivers do not need any more: looks at a few at a time, so that a poll stays cheap.
  void let_go() {
    if (!offered_.empty()) look_at_offered();
  }

  /// What has been offered here.
  void on_offered(Address from, const wire::ValueIs& message);
  struct Received {
    std::uint64_t ticket = 0;  ///< it is here; not 0, and none of the endpoint's
    TransferId ask_for = 0;    ///< it cannot be mapped, and will come by this transfer once it is asked for
  };
  /// The next segment of `transfer`. Neither: it is not shared.
  Received receive(Address from, TransferId transfer, detail::MutableSegment into);
  /// The ticket of one that was received; 0: no more.
  std::uint64_t take_received() {
    if (received_.empty()) return 0;
    const std::uint64_t ticket = received_.front();
    received_.pop_front();
    return ticket;
  }

 private:
  struct Offered {
    Address to;
    TransferId transfer;
    std::uint32_t use;
    detail::ConstSegment segment;
    std::shared_ptr<const void> keeps;
  };
  /// A value on its way here.
  struct Incoming {
    std::vector<wire::SharedSegment> shared;
    std::size_t segments = 0;
    std::size_t next = 0;  ///< segment
  };
  /// How it goes with a receiver.
  struct Peer {
    std::uint32_t mapped = 0;
    std::uint32_t refused = 0;
  };

  void look_at_offered();

  std::vector<Offered> offered_;
  std::size_t next_look_ = 0;
  std::uint32_t looks_ = 0;
  std::map<Address, Peer> peers_;
  std::map<std::pair<Address, TransferId>, Incoming> incoming_;
  std::uint64_t last_ticket_ = 0;
  std::deque<std::uint64_t> received_;
};

}  // namespace cohort::transport
