#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cohort/detail/erased.hpp"
#include "wire/messages.hpp"
#include "worker/running_task.hpp"
#include "worker/worker_state.hpp"

namespace cohort::worker {

/// A value whose bytes are at most this long rides with Done.
inline constexpr std::size_t kSmallValueBytes = 1024;

/// Where tasks run, as errors and this_task tell it.
struct Site {
  int rank = 0;
  std::string host;
};

/// Throws DecodeError.
inline const detail::TaskType& task_type_at(detail::CodeAddress address, detail::CodeMap& code) {
  return *static_cast<const detail::TaskType*>(code.from_code(address));
}

/// Calls `visit` with the type of each input of such a call, in order: null for void. Throws DecodeError.
template <class Visit>
void for_each_input_type(const detail::TaskType& type, const detail::SmallBytes& payload, detail::CodeMap& code,
                         Visit visit) {
  detail::Decoder counts(payload.view(), &code);
  for (const detail::ArgumentKind& argument : std::span(type.arguments, type.argument_count)) {
    if (argument.from == detail::ArgumentKind::From::payload) continue;
    const bool several = argument.from == detail::ArgumentKind::From::future_vector;
    for (auto n = several ? counts.read_value<std::uint32_t>() : 1U; n > 0; --n) visit(argument.value_type);
  }
}

/// What running one task gave.
struct Ended {
  wire::Done done;
  detail::Value value;  ///< empty unless finished, and for void
  base::Time when{};
};

/// Runs one task on this thread. Never throws: all that goes wrong is in `done`. The values of its inputs are used up.
Ended execute(StartedTask& task, RunningTask& running, const Site& site, detail::CodeMap& code,
              const std::function<base::Time()>& clock);

/// Runs a call outside scheduling; its whole value is in the answer.
wire::CallDone execute(const wire::Call& call, const Site& site, detail::CodeMap& code);

/// The bytes and segments of `value`, as they are sent. Small values, and those of a type that must be decoded in one
/// go, are copied. Throws what the type's own code throws.
struct OutgoingValue {
  detail::SmallBytes bytes;
  std::vector<detail::ConstSegment> segments;  ///< lie in the value
};
OutgoingValue encode_for_sending(const detail::Value& value, detail::CodeMap& code);

}  // namespace cohort::worker
