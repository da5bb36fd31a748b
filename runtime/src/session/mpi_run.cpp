#include "session/mpi_run.hpp"

#include <optional>

#include "base/module_table.hpp"
#include "session/local_run.hpp"
#include "session/root_run.hpp"
#include "session/worker_run.hpp"
#include "transport/mpi_world.hpp"

namespace cohort::session {

namespace {

using transport::MpiWorld;
using transport::ThreadLevel;

}  // namespace

int run_over_mpi(const Settings& settings, const Launch& launch, const TimeLimit& limit, const Sampling& sampling,
                 const Body& body) {
  if (launch.size == 1) return run_locally(settings, limit, sampling, body);
  const ThreadLevel level = settings.one_thread          ? ThreadLevel::funneled
                            : settings.rank0_threads > 0 ? ThreadLevel::multiple
                                                         : ThreadLevel::serialized;
  std::optional<MpiWorld> world;
  // If the environment does not tell, MPI has to.
  if (!launch.rank) world.emplace(level);
  const bool leads = launch.rank.value_or(world ? world->rank() : 0) == 0;
  // Before MPI_Init where possible, which loads modules that may differ from node to node.
  const std::shared_ptr<base::ModuleTable> modules(
      new base::ModuleTable(leads ? base::ModuleTable::leader() : base::ModuleTable::worker()));
  if (!world) world.emplace(level);
  check_launch(launch, world->size());
  if (world->size() == 1) {
    const int code = run_locally(settings, limit, sampling, body, [&world] { world->finalize_for_process(); });
    world->finalize();
    return code;
  }
  try {
    return world->rank() == 0 ? RootRun(settings, launch, limit, sampling, *world, modules).run(body)
                              : WorkerRun(settings, launch, *world, modules).run();
  } catch (const UsageErrorOfAll&) {
    throw;
  } catch (const std::exception& error) {
    give_up(*world, error.what());
  }
}

}  // namespace cohort::session
