#include "client/sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace cohort::detail {

namespace {

/// A sample that is to do the work of another takes at least 1 / kLeastPart, and at most kMostTimes of its time.
constexpr int kLeastPart = 4;
constexpr int kMostTimes = 3;
/// It has so many tasks for each slot.
constexpr std::uint64_t kTasksPerSlot = 2;
/// A run that has not settled after so many times the sample's time, as where some worker has nothing to do, counts as
/// settled if any task has ended; after twice as much, nothing more is waited for.
constexpr int kPatience = 5;

double seconds(Time time) { return std::chrono::duration<double>(time).count(); }
double nanoseconds(Time time) { return static_cast<double>(time.count()); }
Time to_time(double nanoseconds) { return Time(static_cast<Time::rep>(nanoseconds)); }

}  // namespace

Sample::Sample(SamplePlan plan, const std::vector<int>& slots)
    : plan_(std::move(plan)),
      missing_(slots),
      unsettled_workers_(slots.size()),
      slots_(static_cast<std::uint64_t>(std::accumulate(slots.begin(), slots.end(), 0))) {
  if (!plan_.like) return;
  for (const auto& [code, kind] : *plan_.like) work_to_do_ns_ += nanoseconds(kind.busy);
}

void Sample::on_submit(Time now) {
  if (!first_submit_) first_submit_ = now;
}

void Sample::on_wait(Time now) {
  has_waited_ = true;
  settle_if_due(now);
}

void Sample::on_ended(const EndedTask& task, Time now) {
  if (is_over()) return;
  Part& part = settled_ ? since_ : before_;
  ++part.tasks;
  part.work_ns += usual_work_ns(task);
  SampledKind& kind = part.kinds[task.kind];
  kind.elements += task.elements;
  kind.busy += task.duration;
  if (task.chunk_was_chosen) {
    Chunks& chunks = chosen_chunks_[task.kind];
    chunks.elements += static_cast<double>(task.elements) * nanoseconds(task.duration);
    chunks.busy += task.duration;
  }
  int& missing = missing_[static_cast<std::size_t>(task.worker - 1)];
  if (missing == 1) --unsettled_workers_;
  missing = std::max(missing - 1, 0);
  settle_if_due(now);
  if (is_done(now)) end_ = now;
}

void Sample::on_tick(Time now) {
  if (!is_over() && since_first_submit(now) >= 2 * kPatience * plan_.time) end_ = now;
}

void Sample::on_end_of_program(Time now) {
  if (is_over()) return;
  end_ = now;
  program_ended_ = true;
}

void Sample::settle_if_due(Time now) {
  if (settled_ || !first_submit_) return;
  if (before_.tasks == 0 || is_over()) return;
  if ((unsettled_workers_ == 0 && has_waited_) || since_first_submit(now) >= kPatience * plan_.time) settled_ = now;
}

bool Sample::is_done(Time now) const {
  if (!settled_ || since_.tasks < kTasksPerSlot * slots_) return false;
  const Time so_far = now - *settled_;
  if (!plan_.like) return so_far >= plan_.time;
  return so_far >= kMostTimes * plan_.time || (so_far >= plan_.time / kLeastPart && since_.work_ns >= work_to_do_ns_);
}

double Sample::usual_work_ns(const EndedTask& task) const {
  if (plan_.like) {
    const auto kind = plan_.like->find(task.kind);
    if (kind != plan_.like->end() && kind->second.elements > 0) {
      return nanoseconds(kind->second.busy) / static_cast<double>(kind->second.elements) *
             static_cast<double>(task.elements);
    }
  }
  return nanoseconds(task.duration);
}

SampleReport Sample::report() const {
  SampleReport report;
  report.ended = program_ended_;
  report.elapsed = end_.value_or(plan_.began) - plan_.began;
  const double all_work_ns = before_.work_ns + since_.work_ns;
  const bool is_steady = settled_ && since_.tasks > 0 && *end_ > *settled_;
  if (is_steady) {
    // Never less than as if nothing had been paid once.
    report.speed = std::max(since_.work_ns / nanoseconds(*end_ - *settled_), all_work_ns / nanoseconds(report.elapsed));
    const double usual_ns = report.speed > 0 ? all_work_ns / report.speed : nanoseconds(report.elapsed);
    report.once = report.elapsed - std::min(report.elapsed, to_time(usual_ns));
  } else if (report.elapsed > Time::zero()) {
    report.speed = all_work_ns / nanoseconds(report.elapsed);
  }

  report.tasks = since_.tasks;
  report.kinds = since_.kinds;
  report.work = to_time(since_.work_ns);
  if (program_ended_ || !is_steady) {
    report.tasks += before_.tasks;
    report.work = to_time(all_work_ns);
    for (const auto& [code, kind] : before_.kinds) {
      report.kinds[code].elements += kind.elements;
      report.kinds[code].busy += kind.busy;
    }
  }
  for (const auto& [code, kind] : report.kinds) report.elements += kind.elements;

  Time busy{};
  for (const Part* part : {&before_, &since_}) {
    for (const auto& [code, kind] : part->kinds) busy += kind.busy;
  }
  Time chunked{};
  Time most{};
  for (const auto& [code, chunks] : chosen_chunks_) {
    chunked += chunks.busy;
    if (chunks.busy <= most) continue;
    most = chunks.busy;
    report.chunk_elements = static_cast<std::uint64_t>(std::llround(chunks.elements / nanoseconds(chunks.busy)));
  }
  if (busy > Time::zero()) report.chunked = seconds(chunked) / seconds(busy);
  return report;
}

}  // namespace cohort::detail
