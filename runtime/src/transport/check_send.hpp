#pragma once

#include <stdexcept>
#include <string>

#include "transport/transport.hpp"

namespace cohort::transport {

/// Throws std::logic_error unless `peer` is another member than `self`.
inline void check_peer(Address self, int size, Address peer) {
  if (peer < 0 || peer >= size || peer == self) {
    throw std::logic_error("address " + std::to_string(peer) + " cannot be reached from address " +
                           std::to_string(self) + " of " + std::to_string(size));
  }
}

/// Throws std::logic_error unless the packet names a transfer exactly if it has segments.
inline void check_packet(const Packet& packet) {
  if (packet.segments.empty() != (packet.transfer == 0)) {
    throw std::logic_error("a packet names a transfer exactly if it has segments");
  }
}

/// Throws TransportError unless a segment is as long as the memory it is received into.
inline void check_length(std::size_t segment_bytes, std::size_t into_bytes) {
  if (segment_bytes != into_bytes) {
    throw TransportError("a segment of " + std::to_string(segment_bytes) + " bytes was to be received into " +
                         std::to_string(into_bytes) + " bytes");
  }
}

}  // namespace cohort::transport
