#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cohort/detail/bytes.hpp"

namespace cohort::transport {

/// A member of the run, 0 is the scheduler's. Not always what a user sees as rank: in local mode the worker is address
/// 1 of rank 0.
using Address = int;

/// Names the segments that belong to one packet; unique among those under way from one sender to one receiver. >= 1.
using TransferId = std::uint32_t;

/// What is sent at once to one address.
struct Packet {
  detail::ByteBuffer bytes;
  /// Sent after the bytes, from where they lie, in order. The receiver takes each with Endpoint::receive.
  std::vector<detail::ConstSegment> segments;
  TransferId transfer = 0;            ///< 0: no segments
  std::shared_ptr<const void> keeps;  ///< what the segments lie in; let go once all are sent
};

/// What arrives is given to this.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `bytes` of one packet, there until this returns; packets of one sender arrive in the order they were sent.
  virtual void on_packet(Address from, std::span<const std::byte> bytes) = 0;
  /// A receive that was asked for has ended: `ticket` is what receive() returned.
  virtual void on_received(std::uint64_t ticket) = 0;
};

/// One member's access to the others. Not thread-safe: its owner calls it under one lock (the in-process one shares its
/// queues with its peers under a lock of its own). Never blocks. Failures of the medium are thrown as TransportError.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  virtual ~Endpoint() = default;

  virtual Address address() const = 0;
  virtual int size() const = 0;

  /// An empty buffer for a packet, with memory if some is at hand.
  virtual detail::ByteBuffer spare_buffer() { return {}; }
  /// Takes the packet over and sends it as soon as that is possible. Sending to oneself is not allowed.
  virtual void send(Address to, Packet packet) = 0;
  /// Sends a packet without segments, if it can be copied to where its receiver reads it; if not, or not now, returns
  /// false and does nothing.
  virtual bool send_copied(Address to, std::span<const std::byte> bytes) {
    static_cast<void>(to);
    static_cast<void>(bytes);
    return false;
  }
  /// Receives the next segment of transfer `transfer` from `from` into `into`, which must be as long as the segment and
  /// stay valid until Sink::on_received. Segments of one transfer are received in the order of these calls.
  virtual std::uint64_t receive(Address from, TransferId transfer, detail::MutableSegment into) = 0;
  /// Moves everything on by one step and delivers what has arrived. The sink may call send() and receive(), not poll().
  /// Returns whether anything happened.
  virtual bool poll(Sink& sink) = 0;
  /// Whether, until the next call of another function, has_packet() tells all that poll() would find.
  virtual bool look_tells_all() const { return false; }
  /// Whether a packet has come, by a look that costs next to nothing. May be called without the owner's lock, as long
  /// as nobody calls poll().
  virtual bool has_packet() const { return true; }
  /// Bytes handed to send() for `to` that have not left yet.
  virtual std::size_t unsent_bytes(Address to) const = 0;
  /// Nothing to send is left here, after a look at it: poll() may look less often.
  virtual bool all_sent() = 0;
  /// Whether `to` can map memory of this process; see base::SharedMemory.
  virtual bool shares_memory_with(Address to) const {
    static_cast<void>(to);
    return false;
  }
  /// Whether the arrival of a packet rings the owner's Doorbell; if not, the owner must poll now and then.
  virtual bool rings() const = 0;
};

/// The medium failed: text says what MPI said.
struct TransportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace cohort::transport
