#pragma once

#include "transport/transport.hpp"

namespace cohort::transport {

/// How MPI's tags are used.
///
///   packet   = { message of exactly piece_bytes } message of fewer bytes (0 too)     tag kPacket
///   transfer = { segment }                                                           tag of_transfer(id)
///   segment  = { piece of piece_bytes } piece of the rest (0 bytes if it is empty)
struct MpiTags {
  static constexpr int kPacket = 0;

  int largest = 32767;

  int of_transfer(TransferId id) const { return 1 + static_cast<int>((id - 1) % static_cast<TransferId>(largest)); }
};

}  // namespace cohort::transport
