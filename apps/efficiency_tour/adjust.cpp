#include "adjust.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "adjustable_tasks.hpp"
#include "table.hpp"

namespace {

/// A way to start a program, as cohort-run --tune has measured it.
struct Way {
  bool local = false;
  int processes = 0;
  int threads = 0;
  double seconds = 0;  ///< which the run is thought to take
  double memory_bytes = 0;
  bool picked = false;

  std::string name() const {
    return std::to_string(processes) + " x " + std::to_string(threads) + (local ? " local" : "");
  }
};

/// The text between `"key":` and the next comma or brace.
std::string field(const std::string& line, const std::string& key) {
  const std::string quoted = "\"" + key + "\":";
  const std::size_t at = line.find(quoted);
  if (at == line.npos) throw std::runtime_error("cohort-run has written no '" + key + "': " + line);
  const std::size_t begin = at + quoted.size();
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

std::vector<Way> read_ways(const std::filesystem::path& path) {
  std::vector<Way> ways;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    ways.push_back({.local = field(line, "local") == "true",
                    .processes = std::stoi(field(line, "nprocs")),
                    .threads = std::stoi(field(line, "nthreads")),
                    .seconds = std::stod(field(line, "seconds")),
                    .memory_bytes = std::stod(field(line, "memory")),
                    .picked = field(line, "best") == "true"});
  }
  return ways;
}

/// A folder that is there as long as the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "efficiency_tour.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + name);
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// As a word of the shell's.
std::string quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// More than there is time for.
constexpr const char* kTasks = "100000";

std::vector<Way> tune(const AdjustableTask& task, const Options& options, const std::string& program) {
  const ScratchFolder scratch;
  const std::filesystem::path measured = scratch.path() / "measured.json";
  const std::string command = quote(options.cohort_run) + " --tune --sample " + quote(options.sample) + " --rounds " +
                              std::to_string(options.turns) + " --json " + quote(measured.string()) + " -- " +
                              quote(program) + " --task " + std::string(task.name) + " --tasks " + kTasks +
                              " --largest " + std::to_string(options.largest_bytes) + " > /dev/null";
  std::fflush(stdout);
  const int code = std::system(command.c_str());
  const std::vector<Way> ways = read_ways(measured);
  if (code != 0 || ways.empty()) throw std::runtime_error("this has failed: " + command);
  return ways;
}

const Way& picked_of(const std::vector<Way>& ways) {
  const auto picked = std::find_if(ways.begin(), ways.end(), [](const Way& way) { return way.picked; });
  if (picked == ways.end()) throw std::runtime_error("cohort-run has picked nothing");
  return *picked;
}

/// One process with as many threads as were tried, or as many processes as were tried with one thread.
const Way* extreme(const std::vector<Way>& ways, int Way::*many, int Way::*one) {
  const Way* found = nullptr;
  for (const Way& way : ways) {
    if (way.*one == 1 && (found == nullptr || way.*many > found->*many)) found = &way;
  }
  return found;
}

}  // namespace

std::string tour_adjust(const Options& options, const std::string& program) {
  std::printf("Adjust between threads and processes: the same tasks, started in different ways\n");
  for (const AdjustableTask& task : adjustable_tasks()) {
    std::printf("  %-9s %s\n", std::string(task.name).c_str(), std::string(task.what).c_str());
  }
  std::printf("  time: of a run 30 times as long as the sample, to the fastest's      picks: cohort-run --tune\n\n");

  Table table({"task", "1 x N: time", "memory", "N x 1: time", "memory", "picks", "time", "memory"});
  std::string seen;
  for (const AdjustableTask& task : adjustable_tasks()) {
    const std::vector<Way> ways = tune(task, options, program);
    const Way& picked = picked_of(ways);
    const double fastest = std::min_element(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
                             return a.seconds < b.seconds;
                           })->seconds;
    std::vector<std::string> cells{std::string(task.name)};
    const auto add_cells = [&](const Way* way) {
      cells.push_back(way == nullptr ? "-" : show_ratio(Seconds(way->seconds), Seconds(fastest)));
      cells.push_back(way == nullptr ? "-" : show_bytes(static_cast<std::uint64_t>(way->memory_bytes)));
    };
    add_cells(extreme(ways, &Way::threads, &Way::processes));
    add_cells(extreme(ways, &Way::processes, &Way::threads));
    cells.push_back(picked.name());
    add_cells(&picked);
    table.add(std::move(cells));
    seen += (seen.empty() ? "The tuner picked " : ", ") + picked.name() + " for the task '" + std::string(task.name) +
            "' (" + std::string(task.what) + ")";
  }
  table.print();
  return seen + ".";
}
