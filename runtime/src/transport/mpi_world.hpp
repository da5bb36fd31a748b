#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "transport/mpi_endpoint.hpp"
#include "transport/transport.hpp"

namespace cohort::transport {

/// Which threads may call MPI; in the order of what they allow.
enum class ThreadLevel { single, funneled, serialized, multiple };

/// MPI's life in this process, and what start-up needs of it. Starts MPI if the program has not, and ends it then.
/// Used by one thread; made by all ranks together.
class MpiWorld {
 public:
  /// `wanted` matters only if MPI has not been started; MPI may give less. Throws TransportError, also if MPI was
  /// ended.
  explicit MpiWorld(ThreadLevel wanted = ThreadLevel::serialized);
  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;
  /// finalize(), but drops its errors.
  ~MpiWorld();

  int rank() const { return rank_; }
  int size() const { return size_; }
  int node_rank() const { return node_rank_; }  ///< among the ranks of this host
  int node_size() const { return node_size_; }
  /// The other ranks of the node, in order.
  const std::vector<int>& neighbours() const { return neighbours_; }
  ThreadLevel thread_level() const { return thread_level_; }
  const std::string& host() const { return host_; }
  /// Seconds since some moment; in a simulation the simulated time.
  double wtime() const;

  /// Called by all ranks together, with the same options. The endpoint must not be used once MPI has ended.
  std::unique_ptr<Endpoint> make_endpoint(const MpiOptions& options = {}) const;
  /// Every rank's text, by rank. Called by all ranks together; blocks.
  std::vector<std::string> all_gather(std::string_view text) const;

  /// How long a short message from rank 0 to each rank and back takes, the quickest of several; on other ranks empty.
  /// Called by all ranks together, where nothing else is under way; takes about half a second at most.
  std::vector<base::Time> round_trips() const;

  /// Ends all ranks at once.
  [[noreturn]] void abort(int code) const noexcept;
  /// Ends MPI if it was started here; blocks until all ranks do so. Nothing of MPI may be used afterwards. Throws
  /// TransportError. A second call does nothing.
  void finalize();
  /// The same, and also where the program has started MPI: for a process that ends without coming back to the program.
  void finalize_for_process();

 private:
  bool owns_mpi_ = false;
  std::unique_ptr<Communicator> communicator_;
  int rank_ = 0;
  int size_ = 1;
  int node_rank_ = 0;
  int node_size_ = 1;
  std::vector<int> neighbours_;
  ThreadLevel thread_level_ = ThreadLevel::single;
  std::string host_;
};

}  // namespace cohort::transport
