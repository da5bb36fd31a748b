#include "cases/plain_mpi.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "measure.hpp"

namespace bench {

double while_others_sleep(int rank, const std::vector<int>& among, const std::function<double()>& work) {
  MPI_Barrier(MPI_COMM_WORLD);
  double value = 0;
  if (std::find(among.begin(), among.end(), rank) != among.end()) value = work();
  MPI_Request all_done = MPI_REQUEST_NULL;
  MPI_Ibarrier(MPI_COMM_WORLD, &all_done);
  for (int done = 0; done == 0;) {
    MPI_Test(&all_done, &done, MPI_STATUS_IGNORE);
    if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  MPI_Bcast(&value, 1, MPI_DOUBLE, among.front(), MPI_COMM_WORLD);
  return rank == 0 || rank == among.front() ? value : 0;
}

double seconds_from_common_start(MPI_Comm group, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  MPI_Barrier(group);
  const std::int64_t start = Clock::now().time_since_epoch().count();
  work();
  const std::int64_t end = Clock::now().time_since_epoch().count();
  std::int64_t first_start = 0;
  MPI_Allreduce(&start, &first_start, 1, MPI_INT64_T, MPI_MIN, group);
  return std::chrono::duration<double>(Clock::duration(end - first_start)).count();
}

double ping_pong(int rank, int first, int second, std::size_t bytes, int rounds) {
  return while_others_sleep(rank, {first, second}, [&] {
    const int other = rank == first ? second : first;
    const auto count = static_cast<int>(bytes);
    std::vector<char> message(bytes);
    const auto send = [&] { MPI_Send(message.data(), count, MPI_BYTE, other, 0, MPI_COMM_WORLD); };
    const auto receive = [&] {
      MPI_Recv(message.data(), count, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    };
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
      if (rank == first) send();
      receive();
      if (rank == second) send();
    }
    return seconds_since(start) / rounds;
  });
}

}  // namespace bench
