#pragma once

#include <cohort/cohort.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "measurement.hpp"

namespace bench {

/// One system in a case. Every rank calls `once`; rank 0's value counts: a cost, in the case's unit.
struct Contender {
  std::string system;
  std::function<double()> once;
};

/// One whose `once` measures several costs.
struct PartsContender {
  std::string system;
  std::function<std::vector<double>()> once;
};

/// What a case runs in: all ranks, each with a Bench of its own.
class Bench {
 public:
  struct Settings {
    int repetitions = 0;             ///< 0: as many as the case finds right
    std::uint64_t largest_size = 0;  ///< 0: as the case finds right
  };

  /// `ranks`: 0 where MPI is not initialized.
  Bench(int argc, char** argv, int rank, int ranks, const Settings& settings);

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  /// Of `sizes`, those that are not larger than --largest allows; without it, those up to `standard`.
  std::vector<std::uint64_t> sizes(const std::vector<std::uint64_t>& sizes, std::uint64_t standard) const;

  /// Runs the contenders by turns, once before it counts. The first one is the reference of the others.
  void compare(const std::string& case_name, std::uint64_t size, const std::string& unit, int repetitions,
               const std::vector<Contender>& contenders);
  /// The same, a comparison for each of `case_names`: `once` returns as many costs.
  void compare_parts(const std::vector<std::string>& case_names, std::uint64_t size, const std::string& unit,
                     int repetitions, const std::vector<PartsContender>& contenders);

  /// Cohort on these ranks, with `flag` if there is one: what `body` returns on rank 0; 0 elsewhere. The failure of a
  /// task ends the program.
  double in_cohort(const std::function<double(cohort::Client&)>& body, std::string flag = {});

  /// Cohort in this process alone, on `threads` threads.
  double in_local_cohort(int threads, const std::function<double(cohort::Client&)>& body);

  /// Rank 0's.
  const std::vector<Measurement>& measurements() const { return measurements_; }

 private:
  int argc_;
  char** argv_;
  int rank_;
  int ranks_;
  Settings settings_;
  int threads_ = 0;
  std::vector<Measurement> measurements_;
};

/// A named piece of work.
struct Case {
  const char* name;
  const char* work;  ///< what it measures, and against what
  int ranks;         ///< to be started with; 0: without mpirun, and without MPI
  void (*run)(Bench&);
  /// Ranks of the reference wait in MPI while others work: they must let them have the CPU.
  bool reference_waits = false;
};

const std::vector<Case>& all_cases();

}  // namespace bench
