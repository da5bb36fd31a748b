#include "session/local_run.hpp"

#include <atomic>
#include <optional>
#include <utility>

#include "session/clock.hpp"
#include "session/host_name.hpp"
#include "session/local_session.hpp"
#include "session/signals.hpp"
#include "session/start_up.hpp"

namespace cohort::session {

namespace {

using namespace std::chrono_literals;

class LocalRun final : public ProcessEvents {
 public:
  LocalRun(const Settings& settings, const TimeLimit& limit, const Sampling& sampling,
           std::function<void()> before_exit)
      : before_exit_(std::move(before_exit)),
        limit_(limit),
        closing_(limit),
        sampling_(sampling),
        signals_(*this, true),
        start_(settings, talk_alone()),
        session_(start_.slots(), {.watch = [this] { watch(); },
                                  .leave_now = [](int code) { leave(code); },
                                  .closes_at = limit.closes_at(),
                                  .latest_end = limit.waits_end(),
                                  .sample = sampling.plan({}),
                                  .chunk_elements = static_cast<std::size_t>(settings.chunk_elements),
                                  .begin_slot = [this](std::size_t slot) { start_.begin_slot(slot); },
                                  .begin_other = [this] { start_.unbind(); }}) {
    signals_.only_note();
  }

  int run(const Body& body) {
    if (start_.is_doctors()) {
      session_.end(true, 0);
      return report_checks(start_.checks());
    }
    const BodyEnd end = call_body(body, session_.core(), leaving_);
    write_sample();
    const std::size_t failures = session_.end(!end.at_once, end.code);
    return end.code == 0 && failures > 0 ? 1 : end.code;
  }

 private:
  void watch() {
    if (const int signal = signals_.take_end()) {
      say("cohort: ended by " + signal_name(signal));
      leave(128 + signal);
    }
    if (session_.core()->sample_is_over() && write_sample()) leave(kSampled);  // the body does not notice
    switch (closing_.look(steady_now(), signals_.take_closing())) {
      case Closing::Step::nothing:
        break;
      case Closing::Step::close:
        session_.core()->begin_closing(closing_.latest_end(), closing_.waits_end());
        break;
      case Closing::Step::leave:
        print_unseen(session_.core()->unseen_failures());
        say("cohort: " + describe_left(session_.core()->left()));
        leave(kTimeIsUp);
    }
    if (signals_.take_report())
      say(describe_job(limit_, steady_now()) + session_.core()->report() + session_.worker().report());
  }

  /// Tasks must not go on while the program's statics are destroyed: a task that does not end soon ends the process.
  void on_exit(int code) override {
    if (const auto text = exit_in_task(code)) {
      say("cohort: " + *text);
      leave(1);
    }
    if (leaving_.exchange(true)) return;
    write_sample();
    session_.core()->stop_workers(code, true, 500ms);
    before_exit_();
  }

  /// Whether it was this call that has.
  bool write_sample() {
    if (!sampling_.is_asked_for() || sample_is_written_.exchange(true)) return false;
    sampling_.write(*session_.core(), host_name());
    return true;
  }

  const std::function<void()> before_exit_;
  std::atomic<bool> leaving_ = false;
  const TimeLimit limit_;
  Closing closing_;
  const Sampling& sampling_;
  std::atomic<bool> sample_is_written_ = false;
  SignalWatch signals_;
  StartUp start_;
  LocalSession session_;
};

}  // namespace

int run_locally(const Settings& settings, const TimeLimit& limit, const Sampling& sampling, const Body& body,
                std::function<void()> before_exit) {
  LocalRun run(settings, limit, sampling, std::move(before_exit));
  return run.run(body);
}

}  // namespace cohort::session
