// A program that run_test.sh starts and ends in every way that a user might: run_probe CASE [argument]. Each process
// leaves a file pid.<pid> with its rank in the folder that RUN_PROBE_DIR names, and whoever reaches the moment to be
// hit leaves another.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#if RUN_PROBE_WITH_MPI
#include <mpi.h>
#endif

namespace {

using namespace std::chrono_literals;
using cohort::Client;
using cohort::Future;

constexpr auto kLong = 40s;

void mark(const std::string& name) {
  const char* folder = std::getenv("RUN_PROBE_DIR");
  if (folder == nullptr) return;
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  const std::string file = std::string(folder) + "/" + name + "." + std::to_string(::getpid());
  std::ofstream(file + ".new") << (rank == nullptr ? "0" : rank) << '\n';
  std::rename((file + ".new").c_str(), file.c_str());
}

int sleep_long() {
  mark("task");
  std::this_thread::sleep_for(kLong);
  return 1;
}

int sleep_shortly() {
  mark("task");
  std::this_thread::sleep_for(20ms);
  return 1;
}

int square(int x) { return x * x; }

int fail(int x) { throw std::out_of_range("no element " + std::to_string(x)); }

/// One long task on each slot; returns once each worker runs one.
std::vector<Future<int>> occupy(Client& client) {
  std::vector<Future<int>> tasks;
  for (int i = 0; i < client.slot_count(); ++i) tasks.push_back(client.submit({.label = "long"}, sleep_long));
  for (const auto& task : tasks) {
    while (task.status() == cohort::Status::pending) std::this_thread::sleep_for(1ms);
  }
  return tasks;
}

/// Far more than there is time for.
std::vector<Future<int>> submit_steps(Client& client) {
  std::vector<Future<int>> steps;
  for (int i = 0; i < 20'000; ++i) steps.push_back(client.submit({.label = "step"}, sleep_shortly));
  mark("ready");
  return steps;
}

/// What a body may do whose time is up: with a code, save and return it; else pass the exception on.
int react(Client& client, const std::string& reaction, const std::function<void()>& wait) {
  try {
    wait();
    return 99;
  } catch (const cohort::TimeLimitReached&) {
    if (reaction == "pass") throw;
    std::printf("saved; %s time left\n", client.time_left() > 0s ? "some" : "no");
    return std::stoi(reaction);
  }
}

[[noreturn]] void sleep_on() {
  mark("ready");
  std::this_thread::sleep_for(kLong);
  throw std::logic_error("nobody has ended this program");
}

void expect(bool good, const char* what) {
  if (!good) throw std::logic_error(std::string("wrong: ") + what);
}

/// Small and big values, fetches between workers, many tasks, a chain, failures: all that needs messages.
void work(Client& client) {
  std::vector<Future<int>> small;
  for (int i = 0; i < 2000; ++i) small.push_back(client.submit(square, i % 100));
  const std::vector<int> squares = client.gather(small);
  expect(std::accumulate(squares.begin(), squares.end(), 0) == 20 * 328350, "the sum of squares");

  std::vector<Future<std::vector<double>>> big;
  for (int worker = 0; worker < client.worker_count(); ++worker) {
    big.push_back(client.submit([](int n) { return std::vector<double>(400'000, n); }, worker + 1));
  }
  const auto total = client.submit(
      [](const std::vector<std::vector<double>>& parts) {
        double sum = 0;
        for (const auto& part : parts) sum = std::accumulate(part.begin(), part.end(), sum);
        return sum;
      },
      big);
  const int n = client.worker_count();
  expect(total.result() == 400'000.0 * n * (n + 1) / 2, "the sum over big values");
  expect(big.back().result().size() == 400'000, "the size of a big value");

  auto chain = client.put(0);
  for (int i = 0; i < 200; ++i) chain = chain.then([](int x) { return x + 1; });
  expect(chain.result() == 200, "the end of a chain");
  expect(client.broadcast(std::string("here")).then([](const std::string& s) { return s.size(); }).result() == 4,
         "a broadcast");
  expect(static_cast<int>(client.run_on_all([] { return cohort::this_task::rank(); }).size()) == n, "run_on_all");
  bool caught = false;
  try {
    client.submit(fail, 7).result();
  } catch (const std::out_of_range&) {
    caught = true;
  }
  expect(caught, "a failure");
}

using Case = int (*)(Client&, const std::string& argument);

const std::map<std::string, Case> kCases = {
    {"returns",
     [](Client& client, const std::string& code) { return client.submit(square, 0).result() + std::stoi(code); }},
    {"throws", [](Client&, const std::string&) -> int { throw std::runtime_error("the body's own error"); }},
    {"throws_int", [](Client&, const std::string&) -> int { throw 5; }},
    {"throws_while_busy",
     [](Client& client, const std::string&) -> int {
       const auto tasks = occupy(client);
       throw std::runtime_error("the body's own error");
     }},
    {"throws_with_many_pending",
     [](Client& client, const std::string&) -> int {
       std::vector<Future<int>> tasks;
       for (int i = 0; i < 20'000; ++i) tasks.push_back(client.submit(square, i));
       throw std::runtime_error("the body's own error");
     }},
    {"task_failure_leaves_body",
     [](Client& client, const std::string&) { return client.submit({.label = "seeker"}, fail, 3).result(); }},
    {"exits", [](Client&, const std::string& code) -> int { std::exit(std::stoi(code)); }},
    {"exits_while_busy",
     [](Client& client, const std::string& code) -> int {
       const auto tasks = occupy(client);
       std::exit(std::stoi(code));
     }},
    {"exits_in_thread",
     [](Client& client, const std::string& code) -> int {
       const auto tasks = occupy(client);
       std::thread([code] { std::exit(std::stoi(code)); }).detach();
       return tasks.front().result();
     }},
    {"exits_in_task",
     [](Client& client, const std::string& code) {
       return client
           .submit(
               {.label = "leaver"}, [](int c) -> int { std::exit(c); }, std::stoi(code))
           .result();
     }},
    {"unseen",
     [](Client& client, const std::string& count) {
       for (int i = 0; i < std::stoi(count); ++i) client.submit({.label = "seeker"}, fail, i);
       return 0;
     }},
    {"looked_at",
     [](Client& client, const std::string&) { return client.submit(fail, 3).exception() == nullptr ? 9 : 0; }},
    {"dropped",
     [](Client& client, const std::string& count) {
       for (int i = 0; i < std::stoi(count); ++i) {
         client.submit([](int n) { mark("dropped." + std::to_string(n)); }, i);
       }
       return 0;
     }},
    {"idle", [](Client&, const std::string&) -> int { sleep_on(); }},
    {"idle_for_a_second",
     [](Client& client, const std::string&) {
       client.submit(square, 1).result();
       mark("ready");
       std::this_thread::sleep_for(1s);
       return 0;
     }},
    {"spins",
     [](Client&, const std::string&) -> int {
       mark("ready");
       for (const auto end = std::chrono::steady_clock::now() + kLong; std::chrono::steady_clock::now() < end;) {
       }
       return 0;
     }},
    {"busy",
     [](Client& client, const std::string&) -> int {
       const auto tasks = occupy(client);
       sleep_on();
     }},
    {"waits",
     [](Client& client, const std::string&) -> int {
       const auto tasks = occupy(client);
       const auto after = tasks.front().then([](int x) { return x; });
       mark("ready");
       return after.result();
     }},
    // Asks nothing in between: the same on one thread, which makes no progress meanwhile.
    {"waits_alone",
     [](Client& client, const std::string&) -> int {
       std::vector<Future<int>> tasks;
       for (int i = 0; i < client.slot_count(); ++i) tasks.push_back(client.submit({.label = "long"}, sleep_long));
       mark("ready");
       return tasks.front().result();
     }},
    // What has no end in time.
    {"steps",
     [](Client& client, const std::string& reaction) {
       const auto steps = submit_steps(client);
       return react(client, reaction, [&] { client.gather(steps); });
     }},
    {"steps_in_every_way",
     [](Client& client, const std::string& reaction) {
       const auto steps = submit_steps(client);
       const int code = react(client, reaction, [&] {
         for (const auto& step : client.as_completed(steps)) step.result();
       });
       expect(steps.front().result() == 1, "what has ended can be read");
       // The call may have ended while steps run, as they may. They are taken from both ends: what lies in the middle
       // of those that are left has not started.
       std::vector<Future<int>> not_done;
       std::ranges::copy_if(steps, std::back_inserter(not_done), [](const auto& step) { return !step.done(); });
       expect(not_done.size() > 1'000, "many steps are left");
       const Future<int> left = not_done[not_done.size() / 2];
       const std::vector<std::function<void()>> waits = {
           [&] { client.gather(steps); },
           [&] { client.wait(steps, 10s); },
           [&] { left.result(); },
           [&] { left.result(10s); },
           [&] { (void)left.exception(); },
           [&] { client.submit(square, 3).result(); },
           [&] { client.map(square, std::views::iota(0, 10)).gather(); },
       };
       for (std::size_t i = 0; i < waits.size(); ++i) {
         bool thrown = false;
         try {
           waits[i]();
         } catch (const cohort::TimeLimitReached&) {
           thrown = true;
         }
         expect(thrown, ("wait " + std::to_string(i) + " ends without an exception").c_str());
       }
       return code;
     }},
    // The second takes as long as the first has taken, for which there is no time left.
    {"one_step_and_another",
     [](Client& client, const std::string& reaction) {
       const auto step = [](int number) {
         mark("step." + std::to_string(number));
         std::this_thread::sleep_for(3s);
         return number;
       };
       client.submit(step, 1).result();
       const auto second = client.submit(step, 2);
       return react(client, reaction, [&] { second.result(); });
     }},
    {"forgotten_steps",
     [](Client& client, const std::string& code) {
       submit_steps(client);
       return std::stoi(code);
     }},
    {"mapped_steps",
     [](Client& client, const std::string& reaction) {
       const auto steps = client.map([](int) { return sleep_shortly(); }, std::views::iota(0, 1'000'000));
       return react(client, reaction, [&] { (void)steps.reduce(std::plus()).result(); });
     }},
    {"waits_for_long",
     [](Client& client, const std::string& reaction) {
       const auto tasks = occupy(client);
       const auto after = tasks.front().then(square);
       mark("ready");
       return react(client, reaction, [&] { after.result(); });
     }},
    // Each runs for some time; the second on each slot has not started when somebody says that nothing may start.
    {"may_end",
     [](Client& client, const std::string& reaction) {
       std::vector<Future<int>> tasks;
       for (int i = 0; i < 2 * client.slot_count(); ++i) {
         tasks.push_back(client.submit([] {
           mark("task");
           std::this_thread::sleep_for(2s);
           return 1;
         }));
       }
       mark("ready");
       const int code = react(client, reaction, [&] { client.gather(tasks); });
       const auto ended = std::count_if(tasks.begin(), tasks.end(), [](const auto& task) { return task.done(); });
       std::printf("%d of %zu have ended\n", static_cast<int>(ended), tasks.size());
       return code;
     }},
    {"arguments", [](Client&, const std::string&) { return 0; }},
    {"threads",
     [](Client& client, const std::string&) {
       std::printf("%d workers, %d slots\n", client.worker_count(), client.slot_count());
       return 0;
     }},
    // How many CPUs a slot may use, and a thread of the runtime that is none.
    {"affinity",
     [](Client& client, const std::string&) {
       const auto count = [] {
         cpu_set_t cpus;
         CPU_ZERO(&cpus);
         sched_getaffinity(0, sizeof cpus, &cpus);
         return CPU_COUNT(&cpus);
       };
       std::printf("slot %d, other %d\n", client.submit(count).result(), client.run_on_all(count).front());
       return 0;
     }},
    // Each worker in turn, rank 0 among them: tasks run there, and values go from each to each.
    {"places",
     [](Client& client, const std::string&) {
       const std::vector<int> ranks = client.run_on_all([] { return cohort::this_task::rank(); });
       for (const int from : ranks) {
         const auto value = client.submit(
             {.rank = from}, [](int n) { return std::vector<double>(200'000, n); }, from);
         expect(value.where() == from, "the place of a value");
         for (const int to : ranks) {
           const auto sum = client.submit(
               {.rank = to}, [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); },
               value);
           expect(sum.result() == 200'000.0 * from, "a value on its way");
           expect(sum.where() == to, "the place of a task");
         }
       }
       expect(std::count(ranks.begin(), ranks.end(), 0) == 1, "a worker on rank 0");
       return 0;
     }},
    {"works",
     [](Client& client, const std::string&) {
       work(client);
       return 0;
     }},
    {"latency",
     [](Client& client, const std::string&) {
       client.submit(square, 1).result();
       for (const auto idle : {0ms, 1ms, 10ms, 100ms, 1000ms}) {
         std::vector<double> times;
         for (int i = 0; i < 5; ++i) {
           std::this_thread::sleep_for(idle);
           const auto start = std::chrono::steady_clock::now();
           client.submit(square, 1).result();
           times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
         }
         std::sort(times.begin(), times.end());
         std::printf("after %4d ms: %.0f us (%.0f to %.0f)\n", static_cast<int>(idle.count()), times[2], times[0],
                     times[4]);
       }
       return 0;
     }},
    // What many starts and stops in a row are made of: the argument picks how this one ends.
    {"any",
     [](Client& client, const std::string& seed) -> int {
       const int pick = std::stoi(seed);
       std::vector<Future<int>> tasks;
       for (int i = 0; i < (pick / 4) % 3 * 500; ++i) tasks.push_back(client.submit(square, i));
       if ((pick / 12) % 2 == 1)
         tasks.push_back(client.submit([] {
           std::this_thread::sleep_for(20ms);
           return 0;
         }));
       // Nobody waits for it, except who returns.
       if (pick / 24 == 1 && pick % 4 != 0) tasks.push_back(client.submit(sleep_long));
       switch (pick % 4) {
         case 0:
           return 0;
         case 1:
           throw std::runtime_error("the body's own error");
         case 2:
           std::exit(3);
         default:
           sleep_on();
       }
     }},
};

int run_case(int argc, char** argv, const std::string& name, const std::string& argument) {
  const int code = cohort::run(argc, argv, [&](Client& client) { return kCases.at(name)(client, argument); });
  if (name == "arguments") {
    for (int i = 1; i < argc; ++i) std::printf("[%s]", argv[i]);
    std::printf(" end %s\n", argv[argc] == nullptr ? "null" : "wrong");
  }
  return code;
}

#if RUN_PROBE_WITH_MPI

int thread_level(const std::string& name) {
  if (name == "single") return MPI_THREAD_SINGLE;
  if (name == "funneled") return MPI_THREAD_FUNNELED;
  return name == "serialized" ? MPI_THREAD_SERIALIZED : MPI_THREAD_MULTIPLE;
}

/// run_probe own_mpi LEVEL CASE [argument]: MPI is the program's own, and the case is run twice.
int with_own_mpi(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, thread_level(argv[2]), &provided);
  int code = 0;
  for (int i = 0; i < 2 && code == 0; ++i) code = run_case(argc, argv, argv[3], argc > 4 ? argv[4] : "");
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Finalize();
  return code;
}

bool mpi_was_used() {
  int initialized = 0;
  int finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 || finalized != 0;
}

#endif

}  // namespace

int main(int argc, char** argv) {
  mark("pid");
  const std::string name = argc > 1 ? argv[1] : "";
  const std::string argument = argc > 2 ? argv[2] : "";
#if RUN_PROBE_WITH_MPI
  if (name == "own_mpi") return with_own_mpi(argc, argv);
  if (name == "mpi_untouched") {
    const int code = run_case(argc, argv, "works", "");
    return mpi_was_used() ? 98 : code;
  }
#endif
  if (name == "late") {  // rank 1 does not get to run(): the others wait for it
    const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
    if (rank != nullptr && std::string(rank) == "1") std::this_thread::sleep_for(kLong);
    mark("ready");
    return run_case(argc, argv, "idle", "");
  }
  if (name == "twice") {
    const int code = run_case(argc, argv, argument, "");
    return code != 0 ? code : run_case(argc, argv, argument, "");
  }
  return run_case(argc, argv, name, argument);
}
