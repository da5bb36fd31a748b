// WorkerState: what is so, told to people, and held against itself.
#include <unordered_map>

#include "base/broken_invariant.hpp"
#include "worker/worker_state.hpp"

namespace cohort::worker {

namespace {

std::string name_of(TaskId id) { return std::to_string(id.index) + "." + std::to_string(id.generation); }

void require(bool condition, const char* what, TaskId id) {
  if (!condition) throw base::BrokenInvariant(std::string(what) + ": " + name_of(id));
}

}  // namespace

std::vector<std::string> WorkerState::who_waits(std::size_t most) const {
  std::vector<std::string> lines;
  entries_.for_each([&](TaskId id, const Entry& entry) {
    if (entry.task == TaskPhase::none || lines.size() >= most) return;
    std::string line = "task " + name_of(id);
    if (!entry.work->work.label.empty()) line += " '" + entry.work->work.label + "'";
    if (entry.task == TaskPhase::running) {
      line += entry.work->stop_requested ? " runs, and was asked to stop" : " runs";
    } else if (entry.task == TaskPhase::ready) {
      line += " waits for a free slot";
    } else {
      line += " waits for";
      for (const TaskId input : entry.work->inputs) {
        const Entry& value = *entries_.find(input);
        if (value.value == ValuePhase::present) continue;
        line += ' ';
        line += name_of(input);
        if (value.value == ValuePhase::fetching) line += " from member " + std::to_string(value.awaited->source);
        if (value.value == ValuePhase::expected) line += " from here";
      }
    }
    lines.push_back(std::move(line));
  });
  return lines;
}

void WorkerState::check_invariants() const {
  std::size_t ready = 0;
  std::size_t running = 0;
  std::size_t open = 0;
  std::size_t values = 0;
  std::unordered_map<TaskId, std::uint32_t> uses;
  entries_.for_each([&](TaskId id, const Entry& entry) {
    if (entry.task == TaskPhase::none) return;
    ++open;
    if (entry.task == TaskPhase::ready) ++ready;
    if (entry.task == TaskPhase::running) ++running;
    std::uint32_t missing = 0;
    for (const TaskId input : entry.work->inputs) {
      const Entry* value = entries_.find(input);
      require(value != nullptr, "an input of this task is unknown", id);
      ++uses[input];
      if (value->value == ValuePhase::present) continue;
      ++missing;
      require(value->value != ValuePhase::given || entry.task == TaskPhase::running, "an input was given away", id);
    }
    if (entry.task == TaskPhase::running) return;
    require(missing == entry.work->missing, "missing inputs are miscounted", id);
    require((entry.task == TaskPhase::waiting) == (missing > 0), "ready too early or too late", id);
  });
  entries_.for_each([&](TaskId id, const Entry& entry) {
    require(entry.users == uses[id], "users are miscounted", id);
    require(entry.task != TaskPhase::none || entry.value != ValuePhase::none || entry.users > 0 ||
                (entry.awaited != nullptr && !entry.awaited->waiters.empty()) || entry.hold,
            "an entry says nothing", id);
    require((entry.task != TaskPhase::none) == (entry.work != nullptr), "a task without its work, or the reverse", id);
    require(entry.value != ValuePhase::present || entry.awaited == nullptr, "a value is here and awaited", id);
    require(entry.value != ValuePhase::fetching || entry.awaited != nullptr, "a value is fetched and not awaited", id);
    if (entry.value == ValuePhase::fetching) {
      const TypeClue clue = type_clue(id);
      require(clue.made_by != nullptr || clue.used_by != nullptr, "nothing tells the type of what is fetched", id);
    }
    if (entry.value == ValuePhase::present) ++values;
    require((entry.value == ValuePhase::expected) <= (entry.task != TaskPhase::none),
            "a value is expected from nowhere", id);
    require(entry.value != ValuePhase::given || entry.users > 0 || entry.task != TaskPhase::none,
            "a value that was given away is kept", id);
    require(entry.value != ValuePhase::present || !entry.released || entry.users > 0 || entry.task != TaskPhase::none,
            "a released value is kept", id);
  });
  if (ready != ready_count_ || running != running_count_ || open != open_count_) {
    throw base::BrokenInvariant("tasks are miscounted");
  }
  if (values != value_count_) throw base::BrokenInvariant("values are miscounted");
}

}  // namespace cohort::worker
