#include "cases/startup/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "cases/startup/stamps.hpp"

namespace bench::programs {

namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks whether it has ended, once it has closed its output.
constexpr std::chrono::microseconds kLook{100};
/// From being asked to end until being made to: mpirun ends its ranks meanwhile.
constexpr std::chrono::seconds kGrace{5};

/// Settings of the user stay.
bool is_left_by_launcher(std::string_view variable) {
  if (variable.starts_with("OMPI_MCA_") || variable.starts_with("OMPI_ALLOW_RUN_AS_ROOT")) return false;
  return variable.starts_with("OMPI_") || variable.starts_with("PMIX_") || variable.starts_with("PMI_");
}

struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe: " + std::string(std::strerror(errno)));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends[0]);
    close_write();
  }
  void close_write() {
    if (ends[1] != -1) close(ends[1]);
    ends[1] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

pid_t spawn(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!is_left_by_launcher(*variable)) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(error));
  return pid;
}

/// Until everybody has closed the other end, or the deadline.
std::string read_all(int from, Clock::time_point deadline) {
  std::string all;
  std::array<char, 4096> part{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd readable{from, POLLIN, 0};
    if (left.count() <= 0) return all;
    if (poll(&readable, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t bytes = read(from, part.data(), part.size());
    if (bytes == 0 || (bytes < 0 && errno != EINTR)) return all;
    all.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  }
}

/// Its status; nothing if it has not ended at the deadline.
std::optional<int> wait_for(pid_t pid, Clock::time_point deadline) {
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kLook);
  }
  return status;
}

void end(pid_t pid) {
  kill(pid, SIGTERM);
  if (wait_for(pid, Clock::now() + kGrace)) return;
  kill(pid, SIGKILL);
  wait_for(pid, Clock::now() + kGrace);
}

}  // namespace

Program run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit) {
  std::string line;
  for (const std::string& argument : arguments) line += (line.empty() ? "" : " ") + argument;
  const Clock::time_point deadline = Clock::now() + limit;
  Program program;
  Pipe pipe;
  program.start_ns = now_ns();
  const pid_t pid = spawn(arguments, pipe.ends[1]);
  pipe.close_write();
  program.output = read_all(pipe.ends[0], deadline);
  const std::optional<int> status = wait_for(pid, deadline);
  program.end_ns = now_ns();
  if (!status) {
    end(pid);
    throw std::runtime_error("killed, for it had not ended in " + std::to_string(limit.count()) + " s: " + line);
  }
  if (*status != 0) {
    throw std::runtime_error((WIFEXITED(*status) ? "code " + std::to_string(WEXITSTATUS(*status))
                                                 : "signal " + std::to_string(WTERMSIG(*status))) +
                             " of " + line);
  }
  return program;
}

}  // namespace bench::programs
