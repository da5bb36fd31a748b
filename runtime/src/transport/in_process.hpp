#pragma once

#include <memory>
#include <vector>

#include "base/doorbell.hpp"
#include "transport/transport.hpp"

namespace cohort::transport {

/// Members of a run inside one process, one per bell; a bell must outlive its endpoint, and null stands for none.
///
/// Different endpoints may be used, and destroyed, from different threads. Bytes of a packet are moved and count as
/// sent at once; a segment is copied once, by the thread of the receiver, and counts as sent then. What is sent to an
/// endpoint that is gone is dropped. A bell also rings when a transfer of its owner has ended.
std::vector<std::unique_ptr<Endpoint>> make_in_process(const std::vector<base::Doorbell*>& bells);

}  // namespace cohort::transport
