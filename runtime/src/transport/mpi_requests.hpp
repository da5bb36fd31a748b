#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "transport/mpi_communicator.hpp"

namespace cohort::transport {

/// MPI requests under way, each with what has to be known or kept until it ends.
template <class Record>
class MpiRequests {
 public:
  struct Ended {
    Record record;
    MPI_Status status;
  };

  bool empty() const { return requests_.empty(); }
  std::size_t size() const { return requests_.size(); }

  void add(MPI_Request request, Record record) {
    records_.push_back(std::move(record));
    requests_.push_back(request);
  }

  /// Makes `ended` those that have ended. Looks at kSlice at most, at others the next time, so that a poll stays cheap.
  void take_ended(std::vector<Ended>& ended) {
    ended.clear();
    if (requests_.empty()) return;
    if (start_ >= requests_.size()) start_ = 0;
    const std::size_t count = std::min(kSlice, requests_.size() - start_);
    indices_.resize(count);
    statuses_.resize(count);
    int done = 0;
    const int code =
        MPI_Testsome(static_cast<int>(count), requests_.data() + start_, &done, indices_.data(), statuses_.data());
    if (code != MPI_SUCCESS) throw_failed(code, done);
    if (done == MPI_UNDEFINED || done == 0) {
      start_ += count;
      return;
    }
    for (int i = 0; i < done; ++i) {
      const std::size_t at = start_ + static_cast<std::size_t>(indices_[static_cast<std::size_t>(i)]);
      ended.push_back({std::move(records_[at]), statuses_[static_cast<std::size_t>(i)]});
    }
    for (std::size_t at = start_ + count; at-- > start_;) {
      if (requests_[at] == MPI_REQUEST_NULL) remove(at);
    }
  }

  /// Withdraws receives that nothing has come for.
  void cancel() {
    for (MPI_Request& request : requests_) {
      if (request != MPI_REQUEST_NULL) MPI_Cancel(&request);
    }
  }

  /// Tests all once. Returns whether all have ended; what has not is kept for ever, because MPI still uses it.
  bool give_up() {
    for (std::size_t at = requests_.size(); at-- > 0;) {
      int done = 0;
      if (MPI_Test(&requests_[at], &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0) remove(at);
    }
    if (requests_.empty()) return true;
    keep_for_ever(std::move(records_));
    return false;
  }

 private:
  static constexpr std::size_t kSlice = 128;

  void remove(std::size_t at) {
    if (at + 1 != requests_.size()) {
      requests_[at] = requests_.back();
      records_[at] = std::move(records_.back());
    }
    requests_.pop_back();
    records_.pop_back();
  }

  [[noreturn]] void throw_failed(int code, int done) {
    for (int i = 0; code == MPI_ERR_IN_STATUS && i < done; ++i) {
      check_mpi(statuses_[static_cast<std::size_t>(i)].MPI_ERROR, "MPI_Testsome");
    }
    throw_mpi_error(code, "MPI_Testsome");
  }

  std::vector<MPI_Request> requests_;
  std::vector<Record> records_;
  std::vector<int> indices_;
  std::vector<MPI_Status> statuses_;
  std::size_t start_ = 0;
};

}  // namespace cohort::transport
