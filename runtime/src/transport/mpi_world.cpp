#include "transport/mpi_world.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <utility>

#include "cohort/types.hpp"
#include "transport/mpi_communicator.hpp"
#include "transport/node_channels.hpp"

namespace cohort::transport {
namespace {

int to_mpi(ThreadLevel level) {
  switch (level) {
    case ThreadLevel::single:
      return MPI_THREAD_SINGLE;
    case ThreadLevel::funneled:
      return MPI_THREAD_FUNNELED;
    case ThreadLevel::serialized:
      return MPI_THREAD_SERIALIZED;
    case ThreadLevel::multiple:
      return MPI_THREAD_MULTIPLE;
  }
  std::abort();
}

// MPI orders its levels, but their numbers are its own.
ThreadLevel from_mpi(int level) {
  if (level >= MPI_THREAD_MULTIPLE) return ThreadLevel::multiple;
  if (level >= MPI_THREAD_SERIALIZED) return ThreadLevel::serialized;
  if (level >= MPI_THREAD_FUNNELED) return ThreadLevel::funneled;
  return ThreadLevel::single;
}

bool mpi_is_initialized() {
  int initialized = 0;
  check_mpi(MPI_Initialized(&initialized), "MPI_Initialized");
  return initialized != 0;
}

/// More than this finds nothing new; fewer, where a rank gets no CPU.
constexpr int kMostTrips = 20;
constexpr base::Time kTimeForAll = std::chrono::milliseconds(400);
constexpr int kTripTag = 0;

base::Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::vector<base::Time> measure_round_trips(MPI_Comm communicator, int size) {
  std::vector<base::Time> quickest(static_cast<std::size_t>(size));
  for (int rank = 1; rank < size; ++rank) {
    base::Time& best = quickest[static_cast<std::size_t>(rank)];
    best = base::Time::max();
    const base::Time end = now() + kTimeForAll / (size - 1);
    int trips_left = kMostTrips;
    do {
      const base::Time start = now();
      trips_left = start < end ? trips_left - 1 : 0;
      check_mpi(MPI_Send(&trips_left, 1, MPI_INT, rank, kTripTag, communicator), "MPI_Send");
      int answer = 0;
      check_mpi(MPI_Recv(&answer, 1, MPI_INT, rank, kTripTag, communicator, MPI_STATUS_IGNORE), "MPI_Recv");
      best = std::min(best, now() - start);
    } while (trips_left > 0);
  }
  return quickest;
}

std::vector<base::Time> answer_round_trips(MPI_Comm communicator) {
  // Until it is this rank's turn, others need the CPU.
  for (int turn = 0; turn == 0;) {
    check_mpi(MPI_Iprobe(0, kTripTag, communicator, &turn, MPI_STATUS_IGNORE), "MPI_Iprobe");
    if (turn == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  int trips_left = 0;
  do {
    check_mpi(MPI_Recv(&trips_left, 1, MPI_INT, 0, kTripTag, communicator, MPI_STATUS_IGNORE), "MPI_Recv");
    check_mpi(MPI_Send(&trips_left, 1, MPI_INT, 0, kTripTag, communicator), "MPI_Send");
  } while (trips_left > 0);
  return {};
}

}  // namespace

MpiWorld::MpiWorld(ThreadLevel wanted) {
  if (mpi_is_finalized())
    throw UsageError(
        "MPI has been finalized already and cannot be started again: a program that calls cohort::run more than "
        "once calls MPI_Init_thread and MPI_Finalize itself");
  int level = MPI_THREAD_SINGLE;
  if (mpi_is_initialized()) {
    check_mpi(MPI_Query_thread(&level), "MPI_Query_thread");
  } else {
    // Open MPI, started with more ranks than CPUs, gives up the CPU in every look for messages that finds none, and
    // gets it back when it pleases. When to spin, yield or sleep is this runtime's to choose (base::Backoff), unless
    // the user has.
    setenv("OMPI_MCA_mpi_yield_when_idle", "0", 0);  // NOLINT(concurrency-mt-unsafe): before any thread
    check_mpi(MPI_Init_thread(nullptr, nullptr, to_mpi(wanted), &level), "MPI_Init_thread");
    owns_mpi_ = true;
    // Covers calls that belong to no communicator, and the duplication itself. A program's own choice is left alone.
    check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  thread_level_ = from_mpi(level);
  communicator_ = std::make_unique<Communicator>(MPI_COMM_WORLD);
  rank_ = communicator_->rank();
  size_ = communicator_->size();

  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  check_mpi(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  host_.assign(name.data(), static_cast<std::size_t>(length));
  // MPI_Comm_split_type would tell too, but has no form that need not be waited for inside MPI.
  const std::vector<std::string> hosts = all_gather(host_);
  node_size_ = static_cast<int>(std::ranges::count(hosts, host_));
  node_rank_ = static_cast<int>(std::count(hosts.begin(), hosts.begin() + rank_, host_));
  for (int rank = 0; rank < size_; ++rank) {
    if (rank != rank_ && hosts[static_cast<std::size_t>(rank)] == host_) neighbours_.push_back(rank);
  }
}

MpiWorld::~MpiWorld() {
  try {
    finalize();
  } catch (const TransportError&) {
    // Whoever wants to know calls finalize().
  }
}

double MpiWorld::wtime() const { return MPI_Wtime(); }

std::unique_ptr<Endpoint> MpiWorld::make_endpoint(const MpiOptions& options) const {
  std::vector<int> members;
  if (options.node_channels) {
    members = neighbours_;
    members.insert(std::upper_bound(members.begin(), members.end(), rank_), rank_);
  }
  auto channels = std::make_unique<NodeChannels>(rank_, size_, members);
  // All take part, since some may have none. Simulated ranks are one process: there it would take simulated time.
  if (!kSimulated) channels->connect(all_gather(channels->offer()));
  return make_mpi_endpoint(*communicator_, options, std::move(channels));
}

std::vector<std::string> MpiWorld::all_gather(std::string_view text) const {
  const auto ranks = static_cast<std::size_t>(size_);
  const std::uint64_t bytes = text.size();
  std::vector<std::uint64_t> sizes(ranks);
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallgather(&bytes, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, communicator_->get(), &request),
            "MPI_Iallgather");
  await(request, "MPI_Iallgather");
  std::vector<int> counts(ranks);
  std::vector<int> starts(ranks);
  std::size_t total = 0;
  for (std::size_t i = 0; i < ranks; ++i) {
    counts[i] = to_mpi_count(sizes[i]);
    starts[i] = to_mpi_count(total);
    total += sizes[i];
  }
  std::string all(total, '\0');
  check_mpi(MPI_Iallgatherv(text.data(), to_mpi_count(text.size()), MPI_CHAR, all.data(), counts.data(), starts.data(),
                            MPI_CHAR, communicator_->get(), &request),
            "MPI_Iallgatherv");
  await(request, "MPI_Iallgatherv");
  std::vector<std::string> texts;
  texts.reserve(ranks);
  for (std::size_t i = 0; i < ranks; ++i) {
    texts.push_back(all.substr(static_cast<std::size_t>(starts[i]), static_cast<std::size_t>(sizes[i])));
  }
  return texts;
}

std::vector<base::Time> MpiWorld::round_trips() const {
  return rank_ == 0 ? measure_round_trips(communicator_->get(), size_) : answer_round_trips(communicator_->get());
}

void MpiWorld::abort(int code) const noexcept {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

void MpiWorld::finalize_for_process() {
  owns_mpi_ = true;
  finalize();
}

void MpiWorld::finalize() {
  communicator_.reset();
  if (!std::exchange(owns_mpi_, false) || mpi_is_finalized()) return;
  check_mpi(MPI_Finalize(), "MPI_Finalize");
}

}  // namespace cohort::transport
