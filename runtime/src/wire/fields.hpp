#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>

#include "wire/messages.hpp"

/// The members of each struct in messages.hpp in the order in which they travel: the only list of them. Whoever adds a
/// member adds it here.
namespace cohort::wire {

template <class M, class Struct>
concept Either = std::same_as<std::remove_const_t<M>, Struct>;

constexpr auto fields(Either<Failure> auto& m) {
  return std::tie(m.kind, m.type_name, m.message, m.label, m.host, m.rank, m.attempt, m.element, m.code, m.category,
                  m.path1, m.path2);
}
constexpr auto fields(Either<InputPlace> auto& m) { return std::tie(m.id, m.holder, m.inlined); }
constexpr auto fields(Either<ModuleInfo> auto& m) { return std::tie(m.identity, m.name); }

constexpr auto fields(Either<base::SharedPlace> auto& m) {
  return std::tie(m.process, m.descriptor, m.file, m.uses_descriptor, m.uses_file, m.use);
}
constexpr auto fields(Either<SharedSegment> auto& m) { return std::tie(m.index, m.transfer, m.place); }

constexpr auto fields(Either<Assign> auto& m) {
  return std::tie(m.id, m.attempt, m.priority, m.type, m.label, m.payload, m.inputs, m.small_values);
}
constexpr auto fields(Either<AssignView> auto& m) {
  return std::tie(m.id, m.attempt, m.priority, m.type, *m.label, *m.payload, m.inputs, m.small_values);
}
constexpr auto fields(Either<AssignCall> auto& m) { return std::tie(m.id, m.type, m.payload); }
constexpr auto fields(Either<AssignCallView> auto& m) { return std::tie(m.id, m.type, *m.payload); }
constexpr auto fields(Either<Release> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Recall> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Cancel> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Relocate> auto& m) { return std::tie(m.id, m.type, m.holder); }
constexpr auto fields(Either<Hold> auto& m) { return std::tie(m.id, m.type, m.holder); }
constexpr auto fields(Either<Fetch> auto& m) { return std::tie(m.id, m.ticket); }
constexpr auto fields(Either<Unfetch> auto& m) { return std::tie(m.id, m.ticket); }
constexpr auto fields(Either<ValueIs> auto& m) {
  return std::tie(m.id, m.ticket, m.transfer, m.segment_bytes, m.shared, m.bytes, m.failure);
}
constexpr auto fields(Either<Done> auto& m) {
  return std::tie(m.id, m.attempt, m.outcome, m.small, m.value_bytes, m.duration_ns, m.bytes, m.failure);
}
constexpr auto fields(Either<Recalled> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Started> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Held> auto& m) { return std::tie(m.id); }
constexpr auto fields(Either<Call> auto& m) { return std::tie(m.ticket, m.type, m.payload); }
constexpr auto fields(Either<CallDone> auto& m) { return std::tie(m.ticket, m.bytes, m.failure); }
constexpr auto fields(Either<ModuleIs> auto& m) { return std::tie(m.index, m.module); }
constexpr auto fields(Either<Hello> auto& m) { return std::tie(m.host, m.threads, m.modules); }
constexpr auto fields(Either<Stop> auto& m) { return std::tie(m.exit_code, m.now); }
constexpr auto fields(Either<Stopped> auto& m) { return std::tie(m.peak_resident_bytes); }
constexpr auto fields(Either<Alarm> auto& m) { return std::tie(m.signal, m.text); }
constexpr auto fields(Either<Report> auto&) { return std::tie(); }
constexpr auto fields(Either<Resend> auto& m) { return std::tie(m.transfer); }
constexpr auto fields(Either<SmallValueIs> auto& m) { return std::tie(m.id, m.ticket, m.bytes); }
constexpr auto fields(Either<SmallValueIsView> auto& m) { return std::tie(m.id, m.ticket, *m.bytes); }
constexpr auto fields(Either<DoneWithSmall> auto& m) { return std::tie(m.id, m.duration_ns, m.bytes); }
constexpr auto fields(Either<DoneWithSmallView> auto& m) { return std::tie(m.id, m.duration_ns, *m.bytes); }

/// The enumerator with the largest number.
constexpr auto last_of(Failure::Kind) { return Failure::Kind::usage_error; }
constexpr auto last_of(Done::Outcome) { return Done::Outcome::cancelled; }

}  // namespace cohort::wire
