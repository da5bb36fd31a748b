#include "session/start_up.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include "session/host_name.hpp"
#include "session/signals.hpp"
#include "session/task_threads.hpp"

namespace cohort::session {
namespace {

/// Of a run that was to be checked only, and has a fault.
constexpr int kFaultFound = 3;

/// Where it fails, the thread runs where it may, as if it had not been asked for.
void bind_this_thread(const CpuSet& cpus) {
  if (cpus.empty()) return;
  const int capacity = *std::max_element(cpus.begin(), cpus.end()) + 1;
  const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(capacity), [](cpu_set_t* s) { CPU_FREE(s); });
  const std::size_t bytes = CPU_ALLOC_SIZE(capacity);
  CPU_ZERO_S(bytes, set.get());
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set.get());
  sched_setaffinity(0, bytes, set.get());
}

}  // namespace

StartTalk talk_alone() {
  return {.rank = 0,
          .host = host_name(),
          .one_thread = false,
          .many_threads = false,
          .all_gather = [](std::string_view text) { return std::vector{std::string(text)}; },
          .round_trips = [] { return std::vector<base::Time>(1); }};
}

StartUp::StartUp(const Settings& settings, const StartTalk& talk) : rank_(static_cast<std::size_t>(talk.rank)) {
  const Topology topology = read_topology();
  RankFacts mine = read_facts(topology);
  mine.host = talk.host;
  if (mine.machine.empty()) mine.machine = talk.host;
  mine.settings = settings;
  mine.one_thread = talk.one_thread;
  mine.many_threads = talk.many_threads;
  if (settings.doctor) look_at_scratch(mine);
  for (const std::string& text : talk.all_gather(to_text(mine))) ranks_.push_back(facts_from(text));
  slots_ = plan_slots(ranks_);
  if (root_slots() > 0 && ranks_.front().settings.one_thread) {
    throw UsageErrorOfAll("--cohort-rank0-threads needs threads of rank 0's own: leave it out, or --cohort-one-thread");
  }
  if (root_slots() > 0 && !ranks_.front().many_threads) {
    throw UsageErrorOfAll(
        "--cohort-rank0-threads: rank 0 can run tasks beside the scheduler only where MPI gives MPI_THREAD_MULTIPLE, "
        "and "
        "here it gives less; leave the flag out, or ask MPI_Init_thread for it");
  }
  binding_ = plan_rank_binding(topology, ranks_, slots_, rank_);

  const Settings& agreed = ranks_.front().settings;
  if (agreed.show_binding) {
    std::vector<SlotBinding> bindings;
    for (const std::string& text : talk.all_gather(to_text(binding_))) bindings.push_back(binding_from(text));
    if (rank_ == 0) say(draw_bindings(ranks_, bindings));
  }
  if (rank_ == 0) checks_ = check_facts(ranks_, slots_);
  if (agreed.doctor) {
    measure(talk);
    return;
  }
  for (const Check& check : checks_) {
    for (const std::string& fault : check.faults) {
      if (check.said_at_start) say("cohort: " + fault);
    }
  }
}

void StartUp::measure(const StartTalk& talk) {
  std::vector<RankSpeed> speeds;
  for (const std::string& text : talk.all_gather(std::to_string(measure_arithmetic().count()))) {
    base::Time::rep ns = 0;
    std::from_chars(text.data(), text.data() + text.size(), ns);
    speeds.push_back({.arithmetic = base::Time(ns)});
  }
  const std::vector<base::Time> round_trips = talk.round_trips();
  if (rank_ != 0) return;
  for (std::size_t rank = 0; rank < speeds.size(); ++rank) speeds[rank].round_trip = round_trips[rank];
  checks_.push_back(check_use_of_job(static_cast<int>(ranks_.size())));
  for (Check& check : check_speeds(ranks_, slots_, speeds)) checks_.push_back(std::move(check));
}

int StartUp::slots() const { return std::max(1, slots_[rank_]); }

void StartUp::begin_slot(std::size_t slot) const {
  if (slot < binding_.slots.size()) bind_this_thread(binding_.slots[slot]);
  limit_task_threads_here();
}

void StartUp::unbind() const { bind_this_thread(ranks_[rank_].cpus); }

int report_checks(const std::vector<Check>& checks) {
  const std::size_t faults = count_faults(checks);
  const std::string text =
      draw_checks(checks) + (faults == 0 ? "All is well.\n" : std::to_string(faults) + " to mend.\n");
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  return faults == 0 ? 0 : kFaultFound;
}

}  // namespace cohort::session
