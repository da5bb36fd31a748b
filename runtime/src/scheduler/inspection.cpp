// SchedulerState: what is so, told to people, and held against itself.
#include <string>
#include <unordered_map>

#include "base/broken_invariant.hpp"
#include "scheduler/scheduler_state.hpp"

namespace cohort::scheduler {

namespace {

std::string name_of(const TaskRecord& task) {
  std::string name = "task " + std::to_string(task.id.index) + "." + std::to_string(task.id.generation);
  if (!task.label().empty()) name += " '" + task.label() + "'";
  return name;
}

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::unused:
      return "unused";
    case Phase::reserved:
      return "reserved";
    case Phase::blocked:
      return "blocked";
    case Phase::ready:
      return "ready";
    case Phase::parked:
      return "parked";
    case Phase::withheld:
      return "withheld";
    case Phase::assigned:
      return "assigned";
    case Phase::finished:
      return "finished";
    case Phase::failed:
      return "failed";
    case Phase::cancelled:
      return "cancelled";
  }
  return "?";
}

std::string story_of(const TaskRecord& task) {
  return name_of(task) + ": " + name_of(task.phase) + ", place " + std::to_string(task.place) + ", attempt " +
         std::to_string(task.attempt) + ", unplaced inputs " + std::to_string(task.unplaced_inputs) +
         ", open dependents " + std::to_string(task.open_dependents) + (task.wanted ? ", wanted" : "") +
         (task.away ? ", away" : "") + (task.released ? ", released" : "") + (task.recalling ? ", recalling" : "") +
         (task.fixed ? ", fixed" : "");
}

void require(bool condition, const char* what, const TaskRecord& task) {
  if (!condition) throw base::BrokenInvariant(std::string(what) + "; " + story_of(task));
}

}  // namespace

std::vector<const wire::Failure*> SchedulerState::unseen_failures() const {
  std::vector<const wire::Failure*> unseen;
  for (const auto& record : failures_) {
    if (!record->looked_at) unseen.push_back(&record->failure);
  }
  return unseen;
}

std::vector<std::string> SchedulerState::who_waits(std::size_t most) const {
  std::vector<std::string> lines;
  auto& table = const_cast<TaskTable&>(table_);
  for (std::uint32_t i = 0; i < table.index_limit() && lines.size() < most; ++i) {
    const TaskRecord& task = table.at(i);
    if (task.phase == Phase::unused || (has_ended(task.phase) && !task.away)) continue;
    std::string line = name_of(task);
    const std::string rank = task.place == kNowhere ? "" : std::to_string(options_.rank_of(task.place));
    if (task.away) {
      line += " has ended, but still runs on rank " + rank;
    } else if (task.phase == Phase::assigned) {
      line += (task.started ? " runs on rank " : " was given to rank ") + rank;
    } else if (task.phase == Phase::parked) {
      line += " waits for room on rank " + rank;
    } else if (task.phase == Phase::ready) {
      line += " waits for a free slot";
    } else if (task.phase == Phase::withheld) {
      line += " is not started any more: it would not end in time";
    } else if (task.phase == Phase::reserved) {
      line += " waits for the range it is made of to be read";
    } else {
      line += " waits";
    }
    const char* before = " for ";
    for (const TaskId id : task.inputs) {
      const TaskRecord* input = table_.find(id);
      if (input == nullptr || has_ended(input->phase)) continue;
      line += before + name_of(*input);
      before = ", ";
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void SchedulerState::check_invariants() const {
  auto& table = const_cast<TaskTable&>(table_);
  std::size_t records = 0;
  std::size_t open = 0;
  std::size_t withheld = 0;
  std::size_t copying = 0;
  std::vector<std::size_t> assigned(workers_.size());
  std::vector<Time> assigned_time(workers_.size());
  std::unordered_map<TaskId, std::size_t> uses;
  std::unordered_map<TaskId, std::size_t> children;
  for (std::uint32_t i = 0; i < table.index_limit(); ++i) {
    const TaskRecord& task = table.at(i);
    if (task.phase == Phase::unused) continue;
    ++records;
    if (!has_ended(task.phase) || task.away || still_copying(task)) ++open;
    require(task.away || task.phase != Phase::assigned || task.place > kRoot, "an assigned task has no worker", task);
    require(!task.away || has_ended(task.phase), "a task is away and has not ended", task);
    require(latest_end_ != Time::max() || task.phase != Phase::withheld, "a task is withheld for no reason", task);
    if (task.phase == Phase::withheld) ++withheld;
    if (still_copying(task)) ++copying;
    require(task.phase != Phase::finished || task.place >= kRoot, "a finished value is nowhere", task);
    require(!has_ended(task.phase) || task.away || task.wanted || task.open_dependents > 0 ||
                task.child_records() > 0 || still_copying(task),
            "an ended task that nobody needs is not forgotten", task);
    if (task.phase == Phase::assigned || task.away) {
      require(!workers_[static_cast<std::size_t>(task.place)].lost, "a task is assigned to a lost worker", task);
      ++assigned[static_cast<std::size_t>(task.place)];
      assigned_time[static_cast<std::size_t>(task.place)] += task.estimate;
    }
    if (task.phase == Phase::finished && task.place > kRoot && !task.released) {
      require(!workers_[static_cast<std::size_t>(task.place)].lost, "a value is on a lost worker", task);
    }
    if (!has_ended(task.phase)) {
      std::size_t unplaced = 0;
      for (const TaskId id : task.inputs) {
        const TaskRecord* input = table_.find(id);
        require(input != nullptr, "an input is forgotten", task);
        if (!placed(*input)) ++unplaced;
        require(input->phase != Phase::failed && input->phase != Phase::cancelled,
                "an input failed and the task goes on", task);
        require(input->phase != Phase::finished || !input->released || task.fixed, "an input was released too early",
                task);
        ++uses[id];
      }
      if (task.phase != Phase::assigned)
        require(unplaced == task.unplaced_inputs, "unplaced inputs are miscounted", task);
      require(task.phase == Phase::blocked || task.phase == Phase::assigned || unplaced == 0, "queued too early", task);
      require(task.phase != Phase::blocked || unplaced > 0, "blocked by nothing", task);
    }
    if (options_.keep_lineage) {
      for (const TaskId id : task.inputs) ++children[id];
    }
  }
  for (std::uint32_t i = 0; i < table.index_limit(); ++i) {
    const TaskRecord& task = table.at(i);
    if (task.phase == Phase::unused) continue;
    require(task.open_dependents == uses[task.id], "open dependents are miscounted", task);
    require(task.child_records() == children[task.id], "child records are miscounted", task);
  }
  if (records != table_.size()) throw base::BrokenInvariant("records are miscounted");
  if (open != open_tasks_) throw base::BrokenInvariant("open tasks are miscounted");
  if (withheld != withheld_ || copying != copying_) {
    throw base::BrokenInvariant("what is withheld or being copied is miscounted");
  }
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    const WorkerLoad& load = workers_[w];
    if (load.assigned_count != assigned[w] || load.assigned_time != assigned_time[w]) {
      throw base::BrokenInvariant("the load of worker " + std::to_string(w) + " is miscounted");
    }
    if (options_.stock.hungry(load) != (load.hungry_index != WorkerLoad::kNotHungry)) {
      throw base::BrokenInvariant("worker " + std::to_string(w) + " is wrongly listed as hungry");
    }
    if (!ready_.empty() && load.hungry_index != WorkerLoad::kNotHungry) {
      throw base::BrokenInvariant("a task is ready and worker " + std::to_string(w) + " is hungry");
    }
  }
}

}  // namespace cohort::scheduler
