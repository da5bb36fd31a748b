#include "session/signals.hpp"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace cohort::session {

namespace {

constexpr std::array kWatched{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

/// What a process ends with that is signalled because others have left already.
int code_after(int code, int signal) { return code != 0 ? code & 0xff : 128 + signal; }

struct Watched {
  ProcessEvents* events = nullptr;
  std::atomic<bool> speaks{false};
  std::atomic<bool> only_notes{false};
  std::atomic<int> end{0};
  std::atomic<int> code{0};  ///< of a run that has ended
  std::atomic<bool> closing{false};
  std::atomic<bool> report{false};
  std::array<struct sigaction, kWatched.size()> before{};
};

// Signal handlers and exit handlers are given nothing: this is the one pointer that they find the run by.
std::atomic<Watched*> watched{nullptr};

/// SIGUSR1 has come while nobody watched.
std::atomic<bool> close_noted{false};
/// Since the run began, whoever has seen it.
std::atomic<bool> was_told_to_close{false};

void note_closing(int) {
  close_noted.store(true);
  was_told_to_close.store(true);
}

void on_signal(int signal) {
  Watched* current = watched.load();
  if (current == nullptr) return;
  if (signal == SIGUSR2) {
    current->report.store(true);
    return;
  }
  if (signal == SIGUSR1) {
    current->closing.store(true);
    was_told_to_close.store(true);
    return;
  }
  if (!current->only_notes.load()) {
    // Only what a signal handler may call.
    const std::string_view text = signal == SIGINT ? "cohort: ended by SIGINT\n" : "cohort: ended by SIGTERM\n";
    const bool speaks = current->speaks;
    if (speaks) [[maybe_unused]]
      const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    // mpirun stops reading what its ranks say when one of them has ended: who speaks is given time, and ends first.
    const timespec until_it_is_read{0, speaks ? 50'000'000 : 150'000'000};
    ::nanosleep(&until_it_is_read, nullptr);
    ::_exit(code_after(current->code, signal));
  }
  int none = 0;
  current->end.compare_exchange_strong(none, signal);
}

std::atomic<int> code_of_last_run{0};

void on_late_signal(int signal) { ::_exit(code_after(code_of_last_run, signal)); }

void on_process_exit(int code, void*) {
  if (Watched* current = watched.load()) current->events->on_exit(code);
}

}  // namespace

ClosingNote::ClosingNote() {
  was_told_to_close = false;
  close_noted = false;
  struct sigaction action {};
  action.sa_handler = note_closing;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, &before_);
}

ClosingNote::~ClosingNote() {
  if (was_told_to_close && before_.sa_handler == SIG_DFL) before_.sa_handler = SIG_IGN;
  sigaction(SIGUSR1, &before_, nullptr);
}

SignalWatch::SignalWatch(ProcessEvents& events, bool speaks) {
  auto mine = new Watched;
  mine->events = &events;
  mine->speaks = speaks;
  Watched* none = nullptr;
  if (!watched.compare_exchange_strong(none, mine)) {
    delete mine;
    throw std::logic_error("cohort: two runs at once in one process");
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kWatched.size(); ++i) {
    sigaction(kWatched[i], nullptr, &mine->before[i]);
    const bool ignored = kWatched[i] == SIGINT && mine->before[i].sa_handler == SIG_IGN;
    if (!ignored) sigaction(kWatched[i], &action, nullptr);
  }
  if (close_noted.exchange(false)) mine->closing = true;
  [[maybe_unused]] static const int registered = ::on_exit(on_process_exit, nullptr);
}

SignalWatch::~SignalWatch() {
  Watched* mine = watched.exchange(nullptr);
  code_of_last_run = mine->code.load();
  for (std::size_t i = 0; i < kWatched.size(); ++i) {
    struct sigaction& before = mine->before[i];
    if (kWatched[i] == SIGTERM && mine->code != 0 && before.sa_handler == SIG_DFL) before.sa_handler = on_late_signal;
    sigaction(kWatched[i], &before, nullptr);
  }
  delete mine;
}

void SignalWatch::only_note() { watched.load()->only_notes = true; }

void SignalWatch::end_at_once(bool speaks, int code) {
  Watched& mine = *watched.load();
  mine.speaks = speaks;
  mine.code = code;
  mine.only_notes = false;
  const int signal = take_end();
  if (signal == 0) return;
  if (mine.speaks) say("cohort: ended by " + signal_name(signal));
  leave(code_after(code, signal));
}

int SignalWatch::take_end() {
  // -1: taken; a second signal changes nothing any more.
  Watched& mine = *watched.load();
  int signal = mine.end.load();
  while (signal > 0 && !mine.end.compare_exchange_weak(signal, -1)) {
  }
  return signal > 0 ? signal : 0;
}

bool SignalWatch::take_closing() { return watched.load()->closing.exchange(false); }

bool SignalWatch::take_report() { return watched.load()->report.exchange(false); }

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

void say(const std::string& text) {
  const std::string line = text.ends_with('\n') ? text : text + '\n';
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (written <= 0) return;
    done += static_cast<std::size_t>(written);
  }
}

void flush_output() {
  for (FILE* stream : {stdout, stderr}) {
    if (::ftrylockfile(stream) != 0) continue;
    ::fflush_unlocked(stream);
    ::funlockfile(stream);
  }
}

void leave(int code) {
  flush_output();
  ::_exit(code);
}

}  // namespace cohort::session
