#include "session/root_worker.hpp"

#include <unistd.h>

#include <chrono>
#include <exception>
#include <utility>

#include "transport/in_process.hpp"
#include "transport/joined.hpp"

namespace cohort::session {

using transport::Address;
using transport::Endpoint;
using transport::kNotThere;
using transport::Part;

RootMembers join_root_worker(std::unique_ptr<Endpoint> ranks, std::unique_ptr<Endpoint> others,
                             base::Doorbell& core_bell, base::Doorbell& worker_bell) {
  const int size = ranks->size();
  const Address rank = ranks->address();
  const auto members = static_cast<std::size_t>(size) + 1;
  std::vector<Address> by_rank(members, kNotThere);
  for (Address other = 0; other < size; ++other) {
    if (other != rank) by_rank[static_cast<std::size_t>(other)] = other;
  }
  const auto only = [members](Address member, Address there) {
    std::vector<Address> names(members, kNotThere);
    names[static_cast<std::size_t>(member)] = there;
    return names;
  };
  const auto join = [](Address address, Part first, Part second) {
    std::vector<Part> parts;
    parts.push_back(std::move(first));
    parts.push_back(std::move(second));
    return transport::join(address, std::move(parts));
  };
  if (rank != 0) return {join(rank, {std::move(ranks), by_rank}, {std::move(others), only(size, 0)}), nullptr};
  auto both = transport::make_in_process({&core_bell, &worker_bell});
  return {join(0, {std::move(ranks), by_rank}, {std::move(both[0]), only(size, 1)}),
          join(size, {std::move(others), by_rank}, {std::move(both[1]), only(0, 0)})};
}

RootWorker::RootWorker(std::unique_ptr<Endpoint> endpoint, std::unique_ptr<base::Doorbell> bell,
                       base::ModuleTable& modules, worker::WorkerOptions options)
    : bell_(std::move(bell)), endpoint_(std::move(endpoint)) {
  options.leave_now = [this](int) {
    task_goes_on_ = true;
    // With the worker's lock, so that nobody touches the endpoint any more; the process ends meanwhile.
    for (;;) ::pause();
  };
  const auto broken = options.broken;
  worker_ = std::make_unique<worker::Worker>(*endpoint_, *bell_, modules, std::move(options));
  thread_ = std::thread([this, broken] {
    try {
      worker_->run();
    } catch (const std::exception& error) {
      broken(error.what());
    }
    ended_ = true;
  });
}

RootWorker::~RootWorker() { join(); }

bool RootWorker::join() {
  while (!ended_ && !task_goes_on_) std::this_thread::sleep_for(std::chrono::microseconds(200));
  if (!ended_) return false;
  if (thread_.joinable()) thread_.join();
  return true;
}

}  // namespace cohort::session
