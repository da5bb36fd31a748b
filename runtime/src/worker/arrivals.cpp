// Worker: values with segments, from the first message to where it stays.
#include <utility>

#include "wire/error_codec.hpp"
#include "worker/arrival.hpp"

namespace cohort::worker {

void Worker::Arrival::on_asked(std::uint64_t segment_ticket) {
  ++outstanding;
  worker_.receiving_[segment_ticket] = shared_from_this();
}

void Worker::Arrival::read(detail::MutableSegment into) {
  if (blocking == nullptr) return IncomingSegments::read(into);
  // The type's own loading code runs without the lock, and may look at the bytes as soon as this returns.
  blocking->lock();
  const auto ended = [&] { return outstanding == 0; };
  try {
    IncomingSegments::read(into);
    if (worker_.options_.one_thread) {
      while (!ended()) worker_.poll(worker_.options_.clock());
    } else {
      worker_.helper_bell_.ring();
      worker_.arrivals_cv_.wait(*blocking, [&] { return ended() || worker_.ending_; });
      if (!ended()) throw detail::DecodeError("the run ended while a value was on its way");
    }
  } catch (...) {
    blocking->unlock();
    throw;
  }
  blocking->unlock();
}

void Worker::begin_arrival(Address from, wire::ValueIs& message, const detail::ValueType* type) {
  const auto arrival = std::make_shared<Arrival>(*this, from, message, type);
  if (type != nullptr && !type->may_fill_later) {
    const auto decode = [this, arrival] { decode_blocking(arrival); };
    if (options_.one_thread)
      later_.push_back(decode);
    else
      decoding_.run(decode);
    return;
  }
  if (type != nullptr) {
    try {
      const base::ShareableScope shareable(shared_types_.contains(type));
      detail::Decoder decoder(arrival->bytes.view(), &modules_, arrival.get());
      arrival->value = detail::Value(type->decode(decoder));
    } catch (...) {
      arrival->error = std::current_exception();
    }
  }
  arrival->drain();
  arrival->decoded = true;
  end_arrival_if_complete(*arrival);
}

/// Decodes on this thread, without the lock but for the segments.
void Worker::decode_blocking(const std::shared_ptr<Arrival>& arrival) {
  Lock lock(mutex_, std::defer_lock);
  arrival->blocking = &lock;
  detail::Value value;
  std::exception_ptr error;
  try {
    const base::ShareableScope shareable(shared_types_.contains(arrival->type));
    detail::Decoder decoder(arrival->bytes.view(), &modules_, arrival.get());
    value = detail::Value(arrival->type->decode(decoder));
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  arrival->blocking = nullptr;
  arrival->value = std::move(value);
  arrival->error = error;
  arrival->drain();
  arrival->decoded = true;
  end_arrival_if_complete(*arrival);
  mailbox_.flush();
  wake_slots();
}

void Worker::on_received(std::uint64_t ticket) {
  const auto it = receiving_.find(ticket);
  const std::shared_ptr<Arrival> arrival = std::move(it->second);
  receiving_.erase(it);
  if (--arrival->outstanding > 0) return;
  if (arrival->decoded) {
    end_arrival_if_complete(*arrival);
  } else {
    arrivals_cv_.notify_all();
  }
}

void Worker::end_arrival_if_complete(Arrival& arrival) {
  if (!arrival.decoded || arrival.outstanding > 0) return;
  if (arrival.type == nullptr) return;
  StoredValue value;
  if (arrival.error) {
    value.arrived = ArrivedValue::make(arrival.error);
  } else {
    value.object = std::move(arrival.value);
  }
  state_.on_value(arrival.id, arrival.ticket, std::move(value));
}

}  // namespace cohort::worker
