#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "client/core.hpp"
#include "session/settings.hpp"

namespace cohort::session {

/// Exit code of a run that leaves because its sample is over.
inline constexpr int kSampled = 86;

/// Memory of a run, the most of each process added up, in bytes.
struct SampledMemory {
  std::uint64_t on_one_host = 0;  ///< on that which has most
  std::uint64_t on_all = 0;

  bool operator==(const SampledMemory&) const = default;
};
/// `mine`: of rank 0.
SampledMemory add_up_memory(const std::string& host, std::uint64_t mine, const std::vector<detail::WorkerInfo>& others);

/// What is written to the file of a sample, a line of JSON; times in ns, memory in bytes.
std::string to_json(const detail::SampleReport& report, const SampledMemory& memory, std::chrono::nanoseconds began);
/// The kinds in such a line; nothing if it is none, or tells of no task.
std::optional<detail::SampledKinds> kinds_in(std::string_view json);

/// The sample that a run was asked for.
class Sampling {
 public:
  /// To be made when the run begins, which counts.
  explicit Sampling(const Settings& settings);

  bool is_asked_for() const { return !file_.empty(); }
  /// `ahead`: how much more than steady_now() the clock shows that the sample is measured by. Reads the sample that
  /// this one is to be like. Throws UsageError: that is no such file, or there is no sample to be like it.
  std::optional<detail::SamplePlan> plan(base::Time ahead) const;
  /// Ends the sample if it is not over, and writes it; the workers should have stopped by then. Says so if the file
  /// cannot be written.
  void write(detail::Core& core, const std::string& host) const;

 private:
  std::filesystem::path file_;
  std::optional<std::filesystem::path> like_;
  detail::SamplePlan plan_;
  std::chrono::nanoseconds began_{};  ///< since 1970
};

}  // namespace cohort::session
