#pragma once

#include <signal.h>

#include <string>

namespace cohort::session {

/// What a run does when the process is signalled or leaves by std::exit.
class ProcessEvents {
 public:
  virtual ~ProcessEvents() = default;
  /// std::exit(code) was called, on the thread that this is called on.
  virtual void on_exit(int code) = 0;
};

/// Notes a SIGUSR1 that comes before there is a SignalWatch, which is told of it, or after that one's end: it would end
/// the process otherwise. One that comes before this is here, while the program is loaded or does something of its own
/// before cohort::run, still does.
///
/// What was set before is put back at the end; but if one has come, and the program has no handler for it, further ones
/// are ignored: a run that leaves because of it is not to be ended by the next.
class ClosingNote {
 public:
  ClosingNote();
  ClosingNote(const ClosingNote&) = delete;
  ClosingNote& operator=(const ClosingNote&) = delete;
  ~ClosingNote();

 private:
  struct sigaction before_ {};
};

/// Catches SIGINT, SIGTERM, SIGUSR1 and SIGUSR2, and std::exit, for the run that is going on. One at a time; what was
/// set before is put back at the end. A SIGINT that was ignored, as in what a shell starts in the background, stays
/// ignored.
///
/// At first the handler itself ends the process on SIGINT and SIGTERM. Once somebody looks, with the take functions, it
/// only notes the signal.
class SignalWatch {
 public:
  /// `speaks`: a line is written when the handler ends the process.
  SignalWatch(ProcessEvents& events, bool speaks);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  /// From here on somebody looks.
  void only_note();
  /// From here on nobody looks any more; ends the process if a signal has come that nobody has taken. `speaks`: as
  /// above. `code`: of the run. If it is not 0, the launcher signals all ranks once the first of them has ended with
  /// it: those then end with that code too, instead of the signal's, which srun would take for the code of all. For
  /// SIGTERM, unless the program catches it, this holds after the run as well.
  void end_at_once(bool speaks, int code);

  /// SIGINT or SIGTERM, each only once; 0 if none has come.
  int take_end();
  /// Whether SIGUSR1 has come since the last call: nothing new is to be started.
  bool take_closing();
  /// Whether SIGUSR2 has come since the last call.
  bool take_report();
};

/// "SIGTERM", "SIGINT", or the number.
std::string signal_name(int signal);

/// Writes to standard error in one piece, so that lines of several ranks do not mix.
void say(const std::string& text);

/// Writes out what the program has printed so far.
void flush_output();

/// Ends the process now, whatever its threads do; what was printed before is written if that is possible without
/// waiting.
[[noreturn]] void leave(int code);

}  // namespace cohort::session
