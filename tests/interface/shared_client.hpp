#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cohort/cohort.hpp"

/// What the cases of this folder have in common. main.cpp runs them all inside the body of one cohort::run, so that the
/// same program tests local mode and any number of ranks.
namespace cohort::test {

/// The client of that run.
Client& client();

/// Longer than anything here takes; what waits for longer has failed.
inline constexpr std::chrono::seconds kLong{60};

/// The workers' ranks: 0 in local mode, otherwise 1, 2, …
std::vector<int> worker_ranks();

/// Two workers' ranks; the same one twice where there is only one.
struct TwoRanks {
  int first;
  int second;
};
TwoRanks two_ranks();

/// Looks again and again whether `holds`, for at most kLong.
bool eventually(const std::function<bool()>& holds);

/// When it returns, the workers have taken in all that was sent to them before.
void wait_for_messages();

/// Enough tasks to fill the slots of any one worker.
int most_slots();

/// Holds tasks back until it opens. It is a file, so that tasks on other ranks see it.
class Gate {
 public:
  Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }

  void open();
  /// What tasks are given.
  const std::string& path() const { return path_; }
  /// Tasks that take every slot until the gate opens; returns when they all run.
  std::vector<Future<int>> fill_slots() const;

 private:
  std::string path_;
};

/// Something that a task has done, for all ranks to see.
class Mark {
 public:
  Mark();
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark();

  const std::string& path() const { return path_; }
  bool is_set() const { return std::filesystem::exists(path_); }

 private:
  std::string path_;
};

// Tasks.

/// Waits until the gate is open and returns 1, or, when told to stop, 0. Throws after kLong.
int pass_gate(const std::string& gate);
/// Runs until it is told to stop, and then sets `mark`. Throws after kLong.
int run_until_stopped(const std::string& mark);
void set_mark(const std::string& mark);
int add(int a, int b);
int square(int x);
int fail(const std::string& text);  ///< throws std::out_of_range(text)

}  // namespace cohort::test
