#include "transport/mpi_communicator.hpp"

#include <sched.h>

#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <thread>

namespace cohort::transport {

namespace {

/// Looks in vain until a rank is waited for that is late, not one that only lacks the CPU.
constexpr int kYields = 4096;
constexpr std::chrono::microseconds kSleep{100};

}  // namespace

void throw_mpi_error(int code, const char* call) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  std::string message = std::string(call) + ": ";
  if (MPI_Error_string(code, text.data(), &length) == MPI_SUCCESS) {
    message.append(text.data(), static_cast<std::size_t>(length));
  } else {
    message += "error " + std::to_string(code);
  }
  throw TransportError(message);
}

int to_mpi_count(std::size_t count) {
  if (count > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw TransportError(std::to_string(count) + " bytes are too many for one MPI message");
  }
  return static_cast<int>(count);
}

bool mpi_is_finalized() {
  int finalized = 0;
  return MPI_Finalized(&finalized) != MPI_SUCCESS || finalized != 0;
}

void await(MPI_Request& request, const char* call) {
  if constexpr (kSimulated) {
    check_mpi(MPI_Wait(&request, MPI_STATUS_IGNORE), call);
    return;
  }
  int done = 0;
  for (int looks = 0;; ++looks) {
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), call);
    if (done != 0) return;
    if (looks < kYields) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
}

Communicator::Communicator(MPI_Comm parent) {
  if constexpr (kSimulated) {
    check_mpi(MPI_Comm_dup(parent, &communicator_), "MPI_Comm_dup");
  } else {
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Comm_idup(parent, &communicator_, &request), "MPI_Comm_idup");
    await(request, "MPI_Comm_idup");
  }
  check_mpi(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
}

Communicator::~Communicator() {
  // A failure to free leaves a communicator behind, no more.
  if (communicator_ != MPI_COMM_NULL && !mpi_is_finalized()) MPI_Comm_free(&communicator_);
}

}  // namespace cohort::transport
