#include "interface/shared_client.hpp"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "interface/main.hpp"

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

Client*& current_client() {
  static Client* current = nullptr;
  return current;
}

std::string fresh_path(const std::string& what) {
  static std::atomic<int> count = 0;
  const std::string name = "cohort_" + what + "_" + std::to_string(getpid()) + "_" + std::to_string(count++);
  return (std::filesystem::temp_directory_path() / name).string();
}

class Deadline {
 public:
  bool passed() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + kLong;
};

}  // namespace

UseClient::UseClient(Client& client) { current_client() = &client; }
UseClient::~UseClient() { current_client() = nullptr; }

Client& client() { return *current_client(); }

std::vector<int> worker_ranks() {
  return client().run_on_all([] { return this_task::rank(); });
}

TwoRanks two_ranks() {
  const std::vector<int> ranks = worker_ranks();
  return {ranks.front(), ranks.back()};
}

bool eventually(const std::function<bool()>& holds) {
  for (const Deadline deadline; !deadline.passed(); std::this_thread::sleep_for(200us)) {
    if (holds()) return true;
  }
  return false;
}

void wait_for_messages() {
  client().run_on_all([] {});
}

int most_slots() { return client().slot_count() - client().worker_count() + 1; }

Gate::Gate() : path_(fresh_path("gate")) { std::ofstream{path_}; }

void Gate::open() {
  std::error_code ignored;  // a second time
  std::filesystem::remove(path_, ignored);
}

std::vector<Future<int>> Gate::fill_slots() const {
  std::vector<Future<int>> all;
  for (const int rank : worker_ranks()) {
    for (int i = 0; i < most_slots(); ++i) all.push_back(client().submit(TaskOptions{.rank = rank}, pass_gate, path_));
  }
  // Workers may differ in slots: those that do not fit stay behind the others.
  eventually([&] {
    int running = 0;
    for (const Future<int>& task : all) running += task.status() == Status::running ? 1 : 0;
    return running >= client().slot_count();
  });
  return all;
}

Mark::Mark() : path_(fresh_path("mark")) {}

Mark::~Mark() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

int pass_gate(const std::string& gate) {
  for (const Deadline deadline; std::filesystem::exists(gate); std::this_thread::sleep_for(200us)) {
    if (this_task::stop_requested()) return 0;
    if (deadline.passed()) throw std::runtime_error("the gate was not opened");
  }
  return 1;
}

int run_until_stopped(const std::string& mark) {
  for (const Deadline deadline; !this_task::stop_requested(); std::this_thread::sleep_for(200us)) {
    if (deadline.passed()) throw std::runtime_error("nobody told the task to stop");
  }
  set_mark(mark);
  return 0;
}

void set_mark(const std::string& mark) { std::ofstream{mark}; }
int add(int a, int b) { return a + b; }
int square(int x) { return x * x; }
int fail(const std::string& text) { throw std::out_of_range(text); }

}  // namespace cohort::test
