// resumable FILE STEPS MILLISECONDS: adds up the numbers of its steps, each of which takes some time, and keeps in FILE
// how far it is. Started again, it goes on from there. What the tests of jobs with a time limit run. RESUMABLE_LATE:
// once the run has ended, ranks other than 0 stay for so many seconds.
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Progress {
  int steps = 0;
  long sum = 0;
};

Progress read_progress(const std::string& file) {
  Progress progress;
  std::ifstream(file) >> progress.steps >> progress.sum;
  return progress;
}

void save(const Progress& progress, const std::string& file) {
  std::ofstream(file + ".new") << progress.steps << ' ' << progress.sum << '\n';
  std::filesystem::rename(file + ".new", file);
}

long step(int number, int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return number;
}

int go_on(cohort::Client& client, const std::string& file, int steps, int milliseconds) {
  Progress progress = read_progress(file);
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  std::printf("restart %s begins at step %d\n", restarts == nullptr ? "0" : restarts, progress.steps);
  std::fflush(stdout);
  std::vector<cohort::Future<long>> numbers;
  for (int i = progress.steps; i < steps; ++i) numbers.push_back(client.submit(step, i, milliseconds));
  try {
    for (const cohort::Future<long>& number : numbers) {
      progress.sum += number.result();
      ++progress.steps;
    }
  } catch (const cohort::TimeLimitReached&) {
    save(progress, file);
    std::printf("saved at step %d\n", progress.steps);
    return 0;
  }
  save(progress, file);
  std::printf("all %d steps are done, sum %ld\n", progress.steps, progress.sum);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int code = cohort::run(argc, argv, [&](cohort::Client& client) {
    if (argc != 4) {
      std::fputs("resumable FILE STEPS MILLISECONDS\n", stderr);
      return 2;
    }
    return go_on(client, argv[1], std::stoi(argv[2]), std::stoi(argv[3]));
  });
  const char* late = std::getenv("RESUMABLE_LATE");
  const char* rank = std::getenv("SLURM_PROCID");
  if (late != nullptr && rank != nullptr && std::string(rank) != "0") {
    std::this_thread::sleep_for(std::chrono::seconds(std::stoi(late)));
  }
  return code;
}
