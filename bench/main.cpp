/// cohort_bench: what Cohort costs, beside what the same work costs by hand. scripts/bench starts it as each case
/// needs.

#include <mpi.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "case.hpp"
#include "flags/flags.hpp"

namespace {

FlagList all_flags() {
  FlagList flags;
  flags
      .add_switch("list",
                  "print the cases' names, each with the number of ranks to start it with (0: without mpirun), and end")
      .add_number("repetitions", 0, "of each measurement; 0: as the case finds right")
      .add_number("largest", 0, "size to measure; 0: as the case finds right")
      .add_text("json", "", "to append one line for each measurement to", "FILE")
      .take_rest({});
  return flags;
}

const bench::Case& find_case(const std::string& name) {
  for (const bench::Case& known : bench::all_cases()) {
    if (name == known.name) return known;
  }
  std::string names;
  for (const bench::Case& known : bench::all_cases()) names += std::string(" ") + known.name;
  throw WrongUse("no case '" + name + "'; there are:" + names);
}

void print_list() {
  for (const bench::Case& known : bench::all_cases()) {
    std::printf("%-14s %d  %s\n", known.name, known.ranks, known.work);
  }
}

void write_json(const std::string& path, const std::vector<bench::Measurement>& measurements) {
  std::ofstream file(path, std::ios::app);
  for (const bench::Measurement& measurement : measurements) file << bench::to_json(measurement) << '\n';
  if (!file.flush()) throw WrongUse("cannot write " + path + ": " + std::strerror(errno));
}

/// Without the flags of the runtime, which cohort::run takes.
Flags parse(int argc, char** argv) {
  std::vector<char*> own;
  for (int i = 0; i < argc; ++i) {
    if (!std::string_view(argv[i]).starts_with("--cohort-")) own.push_back(argv[i]);
  }
  return all_flags().parse(static_cast<int>(own.size()), own.data());
}

int measure(int argc, char** argv, const Flags& flags, int rank, int ranks) {
  std::vector<const bench::Case*> chosen;
  for (const std::string& name : flags.rest()) chosen.push_back(&find_case(name));
  if (chosen.empty()) throw WrongUse("which case? --list prints them");
  bench::Bench::Settings settings;
  settings.repetitions = static_cast<int>(flags.number("repetitions", 0, 1'000'000));
  settings.largest_size = static_cast<std::uint64_t>(flags.number("largest", 0));
  bench::Bench bench(argc, argv, rank, ranks, settings);
  for (const bench::Case* one : chosen) {
    if (one->ranks == 0 && ranks != 0) {
      throw WrongUse(std::string(one->name) + " is measured without mpirun, and apart from cases that need it");
    }
    if (ranks < one->ranks) {
      throw WrongUse(std::string(one->name) + " needs " + std::to_string(one->ranks) + " ranks: mpirun -n " +
                     std::to_string(one->ranks) + " cohort_bench " + one->name);
    }
    one->run(bench);
  }
  if (rank != 0) return 0;
  bench::print_table(bench.measurements());
  if (flags.is_given("json")) write_json(flags.text("json"), bench.measurements());
  return 0;
}

/// The message on rank 0 alone.
int run(int argc, char** argv, int rank, int ranks) try {
  const Flags flags = parse(argc, argv);
  if (flags.is_given("help") || flags.is_given("list")) {
    if (rank == 0 && flags.is_given("list")) print_list();
    if (rank == 0 && flags.is_given("help")) {
      std::printf("cohort_bench [flags] CASE…\nscripts/bench [CASE…] starts it with the ranks that a case needs.\n\n%s",
                  all_flags().description().c_str());
    }
    return 0;
  }
  return measure(argc, argv, flags, rank, ranks);
} catch (const WrongUse& wrong) {
  if (rank == 0) std::fprintf(stderr, "cohort_bench: %s\n", wrong.what());
  return 2;
}

/// Whether `holds` is true of all cases asked for.
template <class Holds>
bool all_cases(int argc, char** argv, Holds holds) try {
  const std::vector<std::string> names = parse(argc, argv).rest();
  return !names.empty() && std::ranges::all_of(names, [&](const std::string& name) { return holds(find_case(name)); });
} catch (const WrongUse&) {
  return false;  // run() says so
}

/// Whether they are measured without MPI: with none, or with programs that they start.
bool needs_no_mpi(int argc, char** argv) {
  return std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr &&
         all_cases(argc, argv, [](const bench::Case& one) { return one.ranks == 0; });
}

int run_without_mpi(int argc, char** argv) try { return run(argc, argv, 0, 0); } catch (const std::exception& error) {
  std::fprintf(stderr, "cohort_bench: %s\n", error.what());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (needs_no_mpi(argc, argv)) return run_without_mpi(argc, argv);
  // As cohort::run does where it starts MPI itself; in most references nobody waits in MPI while others work.
  if (all_cases(argc, argv, [](const bench::Case& one) { return !one.reference_waits; })) {
    setenv("OMPI_MCA_mpi_yield_when_idle", "0", 0);
  }
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const int code = run(argc, argv, rank, ranks);
  MPI_Finalize();
  return code;
}
