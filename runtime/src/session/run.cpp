#include "cohort/run.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "session/allocation.hpp"
#include "session/clock.hpp"
#include "session/closing.hpp"
#include "session/cpus.hpp"
#include "session/launch.hpp"
#include "session/local_run.hpp"
#include "session/local_session.hpp"
#include "session/sampling.hpp"
#include "session/settings.hpp"
#include "session/signals.hpp"
#include "session/start_up.hpp"
#include "session/task_threads.hpp"
#if COHORT_WITH_MPI
#include "session/mpi_run.hpp"
#endif

namespace cohort {

namespace {

/// Exit code of a run that was called wrongly.
constexpr int kUsage = 2;

/// How long rank 0 is given to say it; mpirun takes a second to end the others after it.
constexpr std::chrono::seconds kOtherSpeaks{3};

/// Rank 0 speaks for all ranks that find the same thing wrong. mpirun ends all when the first of them has ended, which
/// must be the one that speaks: the others give it time. Whether this rank is one of them, and still there.
bool speak_or_wait(const session::Launch& launch, const std::string& text) {
  if (launch.rank.value_or(0) == 0) {
    session::say("cohort: " + text);
    return false;
  }
  if (!launch.size) return false;  // srun ends no one
  std::this_thread::sleep_for(kOtherSpeaks);
  return true;
}

/// The same where a rank may be the only one that found it: if it is still there afterwards, it speaks.
void say_once(const session::Launch& launch, const std::string& text) {
  if (speak_or_wait(launch, text)) {
    session::say("cohort: rank " + std::to_string(*launch.rank) + ": " + text);
  }
}

/// Only rank 0 asks; where the environment does not tell who that is, it is not worth the trouble of all of them.
session::TimeLimit read_time_limit(const session::Settings& settings, const session::Launch& launch) {
  const base::Time now = session::steady_now();
  std::optional<base::Time> job_left;
  const bool leads = launch.rank.value_or(launch.by_launcher ? -1 : 0) == 0;
  if (const auto allocation = session::read_allocation(); allocation && leads && !launch.simulated) {
    if (settings.time_limit != base::Time::zero())
      job_left = session::job_time_left(*allocation, std::chrono::system_clock::now());
  }
  return session::time_limit_of(settings, job_left, now);
}

int run_with(const session::Settings& settings, const session::Launch& launch, const session::Body& body) {
  const session::Sampling sampling(settings);
  const session::TimeLimit limit = read_time_limit(settings, launch);
  if (launch.rank.value_or(0) == 0) sampling.plan({});  // what is wrong with it is said before MPI starts
  // Rank 0 has no slots, unless it is alone or was given some.
  if (settings.rank0_threads > 0 || launch.rank.value_or(0) != 0 ||
      launch.size.value_or(launch.step_tasks.value_or(1)) <= 1) {
    session::limit_task_threads();
  }
  if (!launch.by_launcher) {
    session::check_launch(launch, 1);
    return session::run_locally(settings, limit, sampling, body);
  }
#if COHORT_WITH_MPI
  return session::run_over_mpi(settings, launch, limit, sampling, body);
#else
  if (launch.size.value_or(launch.step_tasks.value_or(1)) > 1) {
    throw UsageError(
        "this program's Cohort was built without MPI (COHORT_MPI=OFF): start it without mpirun, or build it with MPI");
  }
  return session::run_locally(settings, limit, sampling, body);
#endif
}

}  // namespace

int detail::run(int& argc, char**& argv, const std::function<int(Client&)>& body) {
  // Here, before MPI_Init and before there is any thread, is the place where a fork server starts.
  const session::Launch launch = session::read_launch();
  std::optional<session::ClosingNote> closing_note;
  if (!launch.simulated) closing_note.emplace();  // there all ranks are one process, whose signals are not ours
  session::Settings settings;
  try {
    settings = session::read_settings(argc, argv);
    if (settings.help || settings.version) {
      if (launch.rank.value_or(0) == 0)
        std::fputs((settings.help ? session::help_text() : session::version_text() + "\n").c_str(), stdout);
      return 0;
    }
    return run_with(settings, launch, body);
  } catch (const session::UsageErrorOfAll& error) {
    speak_or_wait(launch, error.what());
    return kUsage;
  } catch (const UsageError& error) {
    if (settings.doctor && launch.rank.value_or(0) == 0) {
      return session::report_checks({{"the ranks know of each other", {error.what()}, true}});
    }
    say_once(launch, error.what());
    return kUsage;
  } catch (const std::exception& error) {
    session::say(std::string("cohort: cannot go on: ") + error.what());
    return 1;
  }
}

Client local(LocalOptions options) {
  if (options.threads < 0)
    throw UsageError("LocalOptions::threads must not be negative: 0 takes all CPUs this process may use");
  const auto session =
      std::make_shared<session::LocalSession>(options.threads == 0 ? session::usable_cpus() : options.threads);
  return Client(session->core(), session);
}

}  // namespace cohort
