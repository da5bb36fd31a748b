#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "session/binding.hpp"

namespace cohort::session {

/// What a run is told from outside, by `--cohort-…` flags, the environment, or a file.
struct Settings {
  /// Slots of each worker, >= 1; 0: the cores this rank may use, divided among the ranks of its node that share them.
  int threads = 0;
  /// Slots of rank 0, beside body and scheduler; alone it is a worker anyway.
  int rank0_threads = 0;
  /// Run the rank on one thread alone, as on a simulated cluster or below MPI_THREAD_SERIALIZED.
  bool one_thread = false;
  /// How long the run may take, from its start; zero: as long as it likes, also past the end of the job. Unless said:
  /// to the end of the job, if there is one.
  std::optional<std::chrono::nanoseconds> time_limit = std::nullopt;
  /// How long before that the run begins to close; see TimeLimit.
  std::optional<std::chrono::nanoseconds> grace = std::nullopt;
  /// Where slots run, and whether hyperthreads count as cores.
  Bind bind = Bind::automatic;
  bool hyperthreads = false;
  /// Large values are shared with ranks of the same node instead of sent to them, where that is possible.
  bool shared_memory = true;
  /// Rank 0 prints which CPUs each slot may use.
  bool show_binding = false;
  /// Check the start and print a table of what was found, instead of the body.
  bool doctor = false;
  /// Run a sample only, and write what it tells into this file.
  std::optional<std::filesystem::path> sample = std::nullopt;
  /// See SamplePlan.
  std::chrono::nanoseconds sample_time = std::chrono::seconds(2);
  /// Of which the work is to be done.
  std::optional<std::filesystem::path> sample_like = std::nullopt;
  /// Elements of each chunk, where the program leaves it to Cohort; 0: what is measured tells.
  int chunk_elements = 0;
  /// Print help_text() or version_text() and end.
  bool help = false;
  bool version = false;
  /// The file that was read, if any.
  std::optional<std::filesystem::path> config = std::nullopt;

  bool operator==(const Settings&) const = default;
};

/// Value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own environment.
std::optional<std::string> process_environment(const std::string& name);

/// Takes the `--cohort-…` flags before a `--` out of argc/argv; what is left keeps its order.
///
/// A flag goes before the environment, the environment before the file, the file before the default; of a flag given
/// twice the last one holds. Throws UsageError that names the setting, where it came from, and the mend, for a flag or
/// key that does not exist, a value that cannot be, and a file that cannot be read.
Settings read_settings(int& argc, char**& argv, const Environment& environment = process_environment);

/// All flags, with their environment variables and defaults.
std::string help_text();

/// One line: Cohort's version and what it was built with.
std::string version_text();

}  // namespace cohort::session
