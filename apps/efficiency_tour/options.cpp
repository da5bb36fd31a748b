#include "options.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

#include "flags/flags.hpp"

namespace {

constexpr std::size_t kMinBytes = 1024;

FlagList all_flags() {
  FlagList flags;
  flags
      .add_text("largest", "256M", "largest matrix: bytes, or with K, M or G behind; takes twice as much memory",
                "SIZE")
      .add_number("turns", 5, "in which each way runs; medians are shown")
      .add_switch("adjust", "instead of the other parts: start the same tasks as threads and as processes; no mpirun")
      .add_text("cohort-run", "cohort-run", "by which --adjust starts them", "FILE")
      .add_text("sample", "1", "seconds that --adjust lets each way run, once and in each turn", "SECONDS")
      .add_text("task", "",
                "instead of the tour, run tasks that all are scales, lock, table, counters or stream: to be tuned",
                "NAME")
      .add_number("tasks", 1000, "of them that run");
  return flags;
}

std::size_t parse_size(const std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text.substr(digits);
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (digits == 0 || digits > 10 || shift < 0) {
    throw WrongUse("'" + text + "' is no size; give it as in 64K, 256M or 1G");
  }
  const std::size_t bytes = std::stoull(text.substr(0, digits)) << shift;
  if (bytes < kMinBytes) throw WrongUse("--largest must be 1K or more");
  return bytes;
}

}  // namespace

Options read_options(int argc, char** argv) {
  const Flags flags = all_flags().parse(argc, argv);
  return {.largest_bytes = parse_size(flags.text("largest")),
          .turns = static_cast<int>(flags.number("turns", 1, std::numeric_limits<int>::max())),
          .adjust = flags.is_given("adjust"),
          .cohort_run = flags.text("cohort-run"),
          .sample = flags.text("sample"),
          .task = flags.text("task"),
          .tasks = static_cast<std::size_t>(flags.number("tasks", 1, std::numeric_limits<int>::max())),
          .help = flags.is_given("help")};
}

std::string help_text() {
  std::ostringstream text;
  text << "efficiency_tour [flags]\n"
          "Shows what four pieces of advice are worth on this machine: leave data on the cluster; don't go\n"
          "distributed when one machine will do; use larger tasks; and, with --adjust, adjust between threads and\n"
          "processes. For each it runs the slow way and the fast way side by side and prints what they cost.\n\n"
          "On a cluster, or to see several ranks on one machine:  mpirun -n 3 efficiency_tour\n"
          "Threads and processes, which it starts itself:         efficiency_tour --adjust\n\n"
       << all_flags().description() << "\nFor the runtime's own flags: --cohort-help\n";
  return text.str();
}
