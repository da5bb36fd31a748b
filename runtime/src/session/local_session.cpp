#include "session/local_session.hpp"

#include <exception>
#include <utility>

#include "session/clock.hpp"
#include "session/host_name.hpp"
#include "session/signals.hpp"
#include "transport/in_process.hpp"
#include "wire/error_codec.hpp"

namespace cohort::session {

namespace {

using namespace std::chrono_literals;

/// In one process every arrival rings: sleeping long costs nothing.
constexpr base::Backoff::Limits kBackoff{.spins = 800, .yields = 50, .first_sleep = 100ms, .longest_sleep = 100ms};

}  // namespace

LocalSession::LocalSession(int slots, LocalHooks hooks)
    : modules_(new base::ModuleTable(base::ModuleTable::leader())), exceptions_at_start_(std::uncaught_exceptions()) {
  for (int i = 0; i < 2; ++i) bells_.push_back(std::make_unique<base::Doorbell>());
  endpoints_ = transport::make_in_process({bells_[0].get(), bells_[1].get()});
  const std::string host = host_name();
  const auto broken = [](const std::string& text) {
    say("cohort: cannot go on: " + text);
    leave(1);
  };

  detail::CoreOptions core_options;
  core_options.rank_of = [](detail::Address) { return 0; };
  core_options.host = host;
  core_options.backoff = kBackoff;
  core_options.clock = steady_now;
  core_options.watch = std::move(hooks.watch);
  core_options.broken = broken;
  core_options.closes_at = hooks.closes_at;
  core_options.scheduler.latest_end = hooks.latest_end;
  core_options.sample = std::move(hooks.sample);
  core_options.chunk_elements = hooks.chunk_elements;
  core_ = std::make_shared<detail::Core>(*endpoints_[0], *bells_[0], modules_, std::move(core_options));

  worker::WorkerOptions worker_options;
  worker_options.slots = slots;
  worker_options.site = {0, host};
  worker_options.backoff = kBackoff;
  worker_options.clock = steady_now;
  worker_options.broken = broken;
  worker_options.leave_now = std::move(hooks.leave_now);
  worker_options.begin_slot = std::move(hooks.begin_slot);
  worker_options.begin_other = std::move(hooks.begin_other);
  worker_ = std::make_unique<worker::Worker>(*endpoints_[1], *bells_[1], *modules_, std::move(worker_options));
  worker_thread_ = std::thread([this] { worker_->run(); });
  core_->start(1min, [](int, const detail::WorkerInfo&) {});
}

LocalSession::~LocalSession() {
  if (!ended_) end(std::uncaught_exceptions() <= exceptions_at_start_, 0);
}

std::size_t LocalSession::end(bool finished, int exit_code) {
  ended_ = true;
  std::size_t failures = 0;
  if (finished) {
    core_->finish();
    failures = print_unseen(core_->unseen_failures());
  }
  core_->stop_workers(exit_code, !finished, 100ms);
  worker_thread_.join();
  core_->close();
  return failures;
}

std::size_t print_unseen(const std::vector<wire::Failure>& failures) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < failures.size() && i < kShown; ++i) {
    text += "cohort: nobody looked at this failure: " + wire::explain(failures[i]) + "\n";
  }
  if (failures.size() > kShown) text += "cohort: and at " + std::to_string(failures.size() - kShown) + " more\n";
  if (!text.empty()) say(text);
  return failures.size();
}

}  // namespace cohort::session
