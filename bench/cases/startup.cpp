// From a program's start to its first task's result, and from its last result to its end: whole programs, by mpirun.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "case.hpp"
#include "cases/cases.hpp"
#include "cases/startup/program.hpp"
#include "cases/startup/stamps.hpp"

namespace bench {

namespace {

constexpr int kRanks = 3;
constexpr std::chrono::seconds kLimit{60};

/// Milliseconds: all of it, to the first result, from the last one. `name`: of a program beside this one.
std::vector<double> run_once(const std::string& name) {
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").replace_filename(name);
  const programs::Program program =
      programs::run_program({"mpirun", "--oversubscribe", "-n", std::to_string(kRanks), path}, kLimit);
  const auto stamps = programs::stamps_in(program.output);
  if (!stamps) throw std::runtime_error(path + " has not printed its time stamps, but: " + program.output);
  const auto milliseconds = [](std::int64_t from_ns, std::int64_t to_ns) {
    return static_cast<double>(to_ns - from_ns) * 1e-6;
  };
  return {milliseconds(program.start_ns, program.end_ns), milliseconds(program.start_ns, stamps->first_result_ns),
          milliseconds(stamps->last_result_ns, program.end_ns)};
}

}  // namespace

/// The first result of MPI alone is that MPI_Init returns; its last one, that MPI_Finalize begins.
void startup(Bench& bench) {
  bench.compare_parts({"startup", "startup, first result", "startup, last result to exit"}, kRanks, "ms", 15,
                      {{"MPI_Init and MPI_Finalize", [] { return run_once("startup_mpi"); }},
                       {"cohort", [] { return run_once("startup_cohort"); }}});
}

}  // namespace bench
