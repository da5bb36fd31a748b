#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace cohort::detail {

using base::Time;

/// Calls of one kind in a sample. An element of a collection counts as one, whatever chunk it is in.
struct SampledKind {
  std::uint64_t elements = 0;
  Time busy{};  ///< of the slots that ran them

  bool operator==(const SampledKind&) const = default;
};
/// By the kind's code, which is the same in every run of the same program.
using SampledKinds = std::map<std::uint64_t, SampledKind>;

/// How much of a run is a sample.
struct SamplePlan {
  /// When the program was started.
  Time began{};
  /// The sample takes so long from when the run has settled, as far as enough tasks have ended by then.
  Time time = std::chrono::seconds(2);
  /// The sample ends when so much has been done instead: after a quarter of `time` at the soonest, three times `time`
  /// at the latest. What counts is each element's usual time there, so that runs of which one did more of the long
  /// tasks and another more of the short ones can be compared.
  std::optional<SampledKinds> like = std::nullopt;
};

/// What a sample tells of the whole run.
struct SampleReport {
  bool ended = false;  ///< the program ended before the sample was over
  // From when the run had settled to the end of the sample; of a program that has ended, all of it.
  std::uint64_t tasks = 0;
  std::uint64_t elements = 0;  ///< a task of no collection counts as one
  /// What was done, in the time that it takes one slot: of the run itself, or of SamplePlan::like.
  Time work{};
  SampledKinds kinds;
  /// From the start of the program to the end of the sample.
  Time elapsed{};
  /// Paid once, whatever the work: from the start to where the work would have begun, had it always gone at `speed`.
  Time once{};
  /// Work done in a second, without what is paid once; about the number of slots if all goes well. 0: no task ended.
  double speed = 0;
  /// Elements in a chunk that Cohort chose, of the collection that took most time; 0: there is none.
  std::uint64_t chunk_elements = 0;
  /// Part of the slots' time that went to chunks Cohort chose, 0 to 1.
  double chunked = 0;
};

/// Measures a sample of a run. Same calls, same report: no clock, no input or output.
///
/// A run has settled once each worker has ended as many tasks as it has slots, and the program waits for something:
/// what is paid once, such as the start, values that are sent to each process, and the submission of all the tasks, is
/// over by then.
class Sample {
 public:
  /// `slots`: of worker 1, 2, …
  Sample(SamplePlan plan, const std::vector<int>& slots);

  void on_submit(Time now);
  /// A call of the program's waits for tasks.
  void on_wait(Time now);
  struct EndedTask {
    int worker = 0;
    std::uint64_t kind = 0;
    std::uint64_t elements = 1;
    bool chunk_was_chosen = false;  ///< by Cohort
    Time duration{};
  };
  void on_ended(const EndedTask& task, Time now);
  /// To be called now and then: ends the sample should no task end at all.
  void on_tick(Time now);
  /// The program has ended. Does nothing if the sample is over.
  void on_end_of_program(Time now);

  bool is_over() const { return end_.has_value(); }
  /// Before the sample was over.
  bool program_has_ended() const { return program_ended_; }
  /// Once it is over.
  SampleReport report() const;

 private:
  struct Chunks {
    double elements = 0;  ///< of each, weighed by its duration
    Time busy{};
  };
  struct Part {
    std::uint64_t tasks = 0;
    double work_ns = 0;
    SampledKinds kinds;
  };

  Time since_first_submit(Time now) const { return now - first_submit_.value_or(now); }
  void settle_if_due(Time now);
  bool is_done(Time now) const;
  double usual_work_ns(const EndedTask& task) const;

  const SamplePlan plan_;
  std::vector<int> missing_;  ///< by worker: tasks it has yet to end before the run has settled
  std::size_t unsettled_workers_ = 0;
  std::uint64_t slots_ = 0;
  double work_to_do_ns_ = 0;  ///< of plan_.like
  bool has_waited_ = false;
  std::optional<Time> first_submit_;
  std::optional<Time> settled_;
  std::optional<Time> end_;
  bool program_ended_ = false;
  Part before_;  ///< until it had settled
  Part since_;
  std::map<std::uint64_t, Chunks> chosen_chunks_;  ///< by kind
};

}  // namespace cohort::detail
