#pragma once

#include "transport/transport.hpp"

namespace cohort::transport {

/// How MPI's tags are used. Between ranks that have a channel (NodeChannels), the messages of tag kPacket go there.
///
///   packet   = message of fewer than short_packet_bytes (0 too)                      tag kPacket
///            | message of exactly short_packet_bytes                                 tag kPacket
///              { piece of piece_bytes } piece of fewer bytes (0 too)                 tag kRest
///   transfer = { segment }                                                           tag of_transfer(id)
///   segment  = { piece of piece_bytes } piece of the rest (0 bytes if it is empty)
struct MpiTags {
  static constexpr int kPacket = 0;
  static constexpr int kRest = 1;

  int largest = 32767;

  int of_transfer(TransferId id) const { return 2 + static_cast<int>((id - 1) % static_cast<TransferId>(largest - 1)); }
};

}  // namespace cohort::transport
