#include "transport/mpi_communicator.hpp"

#include <array>
#include <limits>
#include <string>

namespace cohort::transport {

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

Communicator::Communicator(MPI_Comm parent) {
  check_mpi(MPI_Comm_dup(parent, &communicator_), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
}

Communicator::~Communicator() {
  // A failure to free leaves a communicator behind, no more.
  if (communicator_ != MPI_COMM_NULL && !mpi_is_finalized()) MPI_Comm_free(&communicator_);
}

}  // namespace cohort::transport
