#pragma once

#include <mpi.h>

#include <cstddef>
#include <functional>
#include <vector>

/// What references by hand have in common. All ranks of MPI_COMM_WORLD, or of `group`, call these together.
namespace bench {

/// About what a task and its result take as messages.
inline constexpr std::size_t kSmallMessageBytes = 64;

/// Calls `work` on the ranks `among`, and keeps the others as an idle rank of Cohort is: asleep, but for a look each
/// millisecond. Returns what `work` returns on the first of `among`, on rank 0 too; elsewhere 0.
double while_others_sleep(int rank, const std::vector<int>& among, const std::function<double()>& work);

/// Seconds from when the first rank behind a barrier begins its `work` to when this rank has ended its own: ranks do
/// not leave a barrier at once. All of them on one machine, whose clock they share.
double seconds_from_common_start(MPI_Comm group, const std::function<void()>& work);

/// Seconds of one way there and back between two ranks, each time into the same memory; on rank 0 and `first`.
double ping_pong(int rank, int first, int second, std::size_t bytes, int rounds);

}  // namespace bench
