#pragma once

#include <mpi.h>

#include <cstddef>
#include <utility>

#include "transport/transport.hpp"

/// For transport/mpi_*.cpp alone: what others include does not need mpi.h.
namespace cohort::transport {

#ifdef SMPI_H
/// SimGrid's simulated ranks wait for each other without using a CPU; it has no MPI_Comm_idup, and each look would take
/// simulated time.
inline constexpr bool kSimulated = true;
#else
inline constexpr bool kSimulated = false;
#endif

/// Throws TransportError with MPI's text for `code`.
[[noreturn]] void throw_mpi_error(int code, const char* call);

/// `call` names the MPI function that returned `code`.
inline void check_mpi(int code, const char* call) {
  if (code != MPI_SUCCESS) throw_mpi_error(code, call);
}

/// MPI counts in int; throws TransportError for more than it can hold.
int to_mpi_count(std::size_t count);

/// Waits for a collective operation and leaves the CPU to others meanwhile. Where ranks outnumber CPUs, MPI's own wait
/// holds it for a time slice, which the rank that is waited for would need: milliseconds instead of microseconds.
void await(MPI_Request& request, const char* call);

/// A duplicate of a communicator whose errors are returned. Made and destroyed by all its ranks together.
class Communicator {
 public:
  explicit Communicator(MPI_Comm parent);
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  /// Frees it, unless MPI has been finalized.
  ~Communicator();

  MPI_Comm get() const { return communicator_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  /// Gives it up without freeing it: something is still under way in it.
  void leave() { communicator_ = MPI_COMM_NULL; }

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

bool mpi_is_finalized();

/// Never destroys `object`: MPI still uses its memory. A leak checker may be told this name.
template <class T>
void keep_for_ever(T object) {
  new T(std::move(object));
}

}  // namespace cohort::transport
