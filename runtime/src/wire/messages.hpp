#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/shared_memory.hpp"
#include "cohort/detail/bytes.hpp"
#include "cohort/detail/code.hpp"
#include "cohort/types.hpp"

/// Every message between members, as a plain struct. A packet is a run of records: one byte for the kind (the index in
/// Message), then the members in the order they stand here; numbers as they lie in memory (all ranks are of one kind of
/// machine), strings, vectors and byte runs after a u32 (bytes: u64) length.
namespace cohort::wire {

using Address = int;

/// What a failed task tells about itself; see error_codec.hpp for how exceptions become this.
struct Failure {
  /// Which exception type `result()` throws.
  enum class Kind : std::uint8_t {
    runtime_error,
    range_error,
    overflow_error,
    underflow_error,
    system_error,
    filesystem_error,
    ios_failure,
    logic_error,
    invalid_argument,
    domain_error,
    length_error,
    out_of_range,
    future_error,
    bad_alloc,
    bad_array_new_length,
    bad_cast,
    bad_typeid,
    bad_exception,
    bad_function_call,
    bad_optional_access,
    bad_variant_access,
    bad_any_cast,
    bad_weak_ptr,
    regex_error,
    exception,
    task_cancelled,
    task_timed_out,
    task_crashed,
    worker_lost,
    usage_error,
  };
  Kind kind = Kind::runtime_error;
  std::string type_name;
  std::string message;
  std::string label;
  std::string host;
  std::int32_t rank = -1;
  std::int32_t attempt = 0;
  std::optional<std::uint64_t> element;
  /// system_error and filesystem_error: the code, its category by name, and the paths.
  std::int32_t code = 0;
  std::string category;
  std::string path1;
  std::string path2;

  bool operator==(const Failure&) const = default;
};

/// Where an input of an assigned task comes from.
struct InputPlace {
  TaskId id;
  Address holder = 0;         ///< who has it, or will
  std::int32_t inlined = -1;  ///< index into Assign::small_values; -1: not there
  bool operator==(const InputPlace&) const = default;
};

/// Scheduler to worker: run this.
struct Assign {
  TaskId id;
  std::uint32_t attempt = 0;
  std::int32_t priority = 0;
  detail::CodeAddress type;  ///< of a detail::TaskType
  std::string label;
  detail::SmallBytes payload;
  std::vector<InputPlace> inputs;
  std::vector<detail::SmallBytes> small_values;
  bool operator==(const Assign&) const = default;
};

/// An Assign to be sent: what is large lies elsewhere.
struct AssignView {
  TaskId id;
  std::uint32_t attempt = 0;
  std::int32_t priority = 0;
  detail::CodeAddress type;
  const std::string* label = nullptr;
  const detail::SmallBytes* payload = nullptr;
  std::vector<InputPlace> inputs;
  std::vector<const detail::SmallBytes*> small_values;
};

/// The same, of a task that is nothing but a call: its first attempt, of the usual priority, without label and inputs.
struct AssignCall {
  TaskId id;
  detail::CodeAddress type;
  detail::SmallBytes payload;
  bool operator==(const AssignCall&) const = default;
};

/// One to be sent.
struct AssignCallView {
  TaskId id;
  detail::CodeAddress type;
  const detail::SmallBytes* payload = nullptr;
};

/// Scheduler to worker: nobody beyond the tasks you have been assigned needs this value.
struct Release {
  TaskId id;
  bool operator==(const Release&) const = default;
};
/// Scheduler to worker: give this task back if it has not started. Answered by Recalled or, in its time, by Done.
struct Recall {
  TaskId id;
  bool operator==(const Recall&) const = default;
};
/// Scheduler to worker: drop this task, or tell it to stop. Answered by Done.
struct Cancel {
  TaskId id;
  bool operator==(const Cancel&) const = default;
};
/// Scheduler to worker: an input you wait for will come from `holder` now. `type`: of the task that makes it.
struct Relocate {
  TaskId id;
  detail::CodeAddress type;
  Address holder = 0;
  bool operator==(const Relocate&) const = default;
};
/// Scheduler to worker: fetch this value from `holder` and keep it. Answered by Held.
struct Hold {
  TaskId id;
  detail::CodeAddress type;
  Address holder = 0;
  bool operator==(const Hold&) const = default;
};

/// Anyone to the holder: send me this value as soon as you have it. `ticket` comes back with it.
struct Fetch {
  TaskId id;
  std::uint64_t ticket = 0;
  bool operator==(const Fetch&) const = default;
};
/// Anyone to whom it sent Fetch: no longer, if you have not sent it yet.
struct Unfetch {
  TaskId id;
  std::uint64_t ticket = 0;
  bool operator==(const Unfetch&) const = default;
};
/// A segment that need not be sent, since the receiver can map it.
struct SharedSegment {
  std::uint32_t index = 0;     ///< among the value's
  std::uint32_t transfer = 0;  ///< by which it is sent if the receiver asks for that
  base::SharedPlace place;
  bool operator==(const SharedSegment&) const = default;
};

/// Holder to whom it was asked by: the value. It has segments of these sizes; those that are not shared follow as
/// transfer `transfer`.
struct ValueIs {
  TaskId id;
  std::uint64_t ticket = 0;
  std::uint32_t transfer = 0;
  std::vector<std::uint64_t> segment_bytes;
  std::vector<SharedSegment> shared;
  detail::SmallBytes bytes;
  std::optional<Failure> failure;  ///< it could not be encoded
  bool operator==(const ValueIs&) const = default;
};
/// The same, of a value that is nothing but these bytes.
struct SmallValueIs {
  TaskId id;
  std::uint64_t ticket = 0;
  detail::SmallBytes bytes;
  bool operator==(const SmallValueIs&) const = default;
};
/// One to be sent.
struct SmallValueIsView {
  TaskId id;
  std::uint64_t ticket = 0;
  const detail::SmallBytes* bytes = nullptr;
};
/// Receiver to the sender of ValueIs: this shared segment could not be mapped, send it.
struct Resend {
  std::uint32_t transfer = 0;
  bool operator==(const Resend&) const = default;
};

/// Worker to scheduler: this task has ended.
struct Done {
  enum class Outcome : std::uint8_t { finished, failed, cancelled };
  TaskId id;
  std::uint32_t attempt = 0;
  Outcome outcome = Outcome::finished;
  bool small = false;             ///< `bytes` is the value as it travels
  std::uint64_t value_bytes = 0;  ///< its size as it travels
  std::uint64_t duration_ns = 0;  ///< from where the slot turned to it to the function's end
  detail::SmallBytes bytes;
  std::optional<Failure> failure;
  bool operator==(const Done&) const = default;
};
/// The same, of a task that has finished at its first attempt with a value that is nothing but these bytes.
struct DoneWithSmall {
  TaskId id;
  std::uint64_t duration_ns = 0;
  detail::SmallBytes bytes;
  bool operator==(const DoneWithSmall&) const = default;
};
/// One to be sent.
struct DoneWithSmallView {
  TaskId id;
  std::uint64_t duration_ns = 0;
  const detail::SmallBytes* bytes = nullptr;
};
/// Worker to scheduler: this task has not started and is yours again.
struct Recalled {
  TaskId id;
  bool operator==(const Recalled&) const = default;
};
/// Worker to scheduler: this task has been running for a while.
struct Started {
  TaskId id;
  bool operator==(const Started&) const = default;
};
/// Worker to scheduler: the value of a Hold is here.
struct Held {
  TaskId id;
  bool operator==(const Held&) const = default;
};

/// Client to worker: call this once, outside scheduling. Answered by CallDone.
struct Call {
  std::uint64_t ticket = 0;
  detail::CodeAddress type;
  detail::SmallBytes payload;
  bool operator==(const Call&) const = default;
};
struct CallDone {
  std::uint64_t ticket = 0;
  detail::SmallBytes bytes;
  std::optional<Failure> failure;
  bool operator==(const CallDone&) const = default;
};

/// One loaded module of the program's image.
struct ModuleInfo {
  std::string identity;  ///< build id in hex, or hash of its read-only parts
  std::string name;      ///< for messages
  bool operator==(const ModuleInfo&) const = default;
};
/// Scheduler to worker, before anything that uses it: module number `index` is this one.
struct ModuleIs {
  std::uint32_t index = 0;
  ModuleInfo module;
  bool operator==(const ModuleIs&) const = default;
};

/// Worker to scheduler, first of all.
struct Hello {
  std::string host;
  std::int32_t threads = 0;
  std::vector<ModuleInfo> modules;  ///< all that are not the system's
  bool operator==(const Hello&) const = default;
};
/// Scheduler to worker: leave. `now`: even while tasks run.
struct Stop {
  std::int32_t exit_code = 0;
  bool now = false;
  bool operator==(const Stop&) const = default;
};
/// Worker to scheduler: it left the loop for Stop and will send nothing more.
struct Stopped {
  std::uint64_t peak_resident_bytes = 0;  ///< the most memory it had; 0: not known
  bool operator==(const Stopped&) const = default;
};
/// Worker to scheduler: this rank was told by a signal, or cannot go on; `text` says why.
struct Alarm {
  std::int32_t signal = 0;
  std::string text;
  bool operator==(const Alarm&) const = default;
};
/// Scheduler to worker: print what you wait for (SIGUSR2).
struct Report {
  bool operator==(const Report&) const = default;
};

using Message = std::variant<Assign, Release, Recall, Cancel, Relocate, Hold, Fetch, Unfetch, ValueIs, Done, Recalled,
                             Started, Held, Call, CallDone, ModuleIs, Hello, Stop, Stopped, Alarm, Report, Resend,
                             AssignCall, SmallValueIs, DoneWithSmall>;

/// Appends one record; a view as the message it shows.
template <class M>
void append(detail::ByteBuffer& packet, const M& message);

/// A message of each kind, to be read into again and again: each has the memory that the last one of its kind left.
class MessageSlots {
 public:
  MessageSlots();
  Message& of_kind(std::size_t kind) { return messages_[kind]; }

 private:
  std::array<Message, std::variant_size_v<Message>> messages_;
};

/// Reads the records of one packet, one after the other.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> packet) : left_(packet) {}
  /// Reads the next record into the slot of its kind, and returns that; null at the end of the packet.
  /// Throws detail::DecodeError at the first byte that cannot be; a length is checked before memory is taken for it.
  Message* next(MessageSlots& slots);

 private:
  std::span<const std::byte> left_;
};

}  // namespace cohort::wire
