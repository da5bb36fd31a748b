#pragma once

#include <memory>

#include "transport/incoming_segments.hpp"
#include "worker/worker.hpp"

namespace cohort::worker {

/// A value with segments on its way here: first decoded, which asks for the segments, then complete once all have come.
class Worker::Arrival final : public transport::IncomingSegments, public std::enable_shared_from_this<Arrival> {
 public:
  Arrival(Worker& worker, Address from, wire::ValueIs& message, const detail::ValueType* value_type)
      : IncomingSegments(std::move(message.segment_bytes), message.shared,
                         [&worker, from, transfer = message.transfer](detail::MutableSegment into) {
                           return worker.mailbox_.receive(from, transfer, into);
                         }),
        id(message.id),
        ticket(message.ticket),
        bytes(std::move(message.bytes)),
        type(value_type),
        worker_(worker) {}

  /// Asks for the next segment and, if the value is decoded in one go, waits until it has come.
  void read(detail::MutableSegment into) override;

  const TaskId id;
  const std::uint64_t ticket;  ///< of the fetch that this answers
  const detail::SmallBytes bytes;
  const detail::ValueType* const type;  ///< null: nobody wants it
  detail::Value value;
  std::exception_ptr error;
  std::size_t outstanding = 0;  ///< segments asked for that have not come
  bool decoded = false;
  Lock* blocking = nullptr;  ///< the lock to let go of while waiting; null: segments may come later

 private:
  void on_asked(std::uint64_t segment_ticket) override;

  Worker& worker_;
};

}  // namespace cohort::worker
