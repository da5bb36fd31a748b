// Bringing a matrix home against a plain MPI_Recv, and asking for its shape: the same run, interleaved, medians.
//
//   mpirun -n 2 gather_bench [largest MiB]
#include <mpi.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cohort/cohort.hpp>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> elements;

  std::pair<std::size_t, std::size_t> shape() const { return {rows, columns}; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& rows& columns& elements;
  }
};

Matrix make_matrix(std::size_t bytes) {
  const std::size_t columns = std::max<std::size_t>(1, bytes / sizeof(double) / 64);
  return {64, columns, std::vector<double>(64 * columns, 1.5)};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

std::size_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

/// Seconds of a plain receive into a vector that is constructed for it; 0 on the sender.
double plain_receive(std::size_t bytes, int rank, std::vector<double>& source) {
  const auto count = static_cast<int>(bytes / sizeof(double));
  if (rank == 1) source.resize(static_cast<std::size_t>(count), 1.5);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 1) MPI_Send(source.data(), count, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
  if (rank != 0) return 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> received(static_cast<std::size_t>(count));
  MPI_Recv(received.data(), count, MPI_DOUBLE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  const double seconds = seconds_since(start);
  if (received.back() != 1.5) std::abort();
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const std::size_t largest = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1024) << 20;
  if (rank == 0)
    std::printf("%12s %12s %12s %7s %12s %14s\n", "bytes", "plain ms", "gather ms", "ratio", "shape us",
                "sender grows");
  for (std::size_t bytes = 1024; bytes <= largest; bytes *= 32) {
    std::vector<double> plain;
    std::vector<double> gather;
    std::vector<double> shape;
    double grown = 0;
    const int repetitions = bytes > (64 << 20) ? 5 : 15;
    for (int i = 0; i < repetitions; ++i) {
      {
        std::vector<double> source;
        plain.push_back(plain_receive(bytes, rank, source));
      }
      cohort::run(argc, argv, [&](cohort::Client& client) {
        const auto matrix = client.submit(cohort::TaskOptions{.rank = 1}, make_matrix, bytes);
        client.wait(std::vector{matrix});
        client.submit(&Matrix::shape, matrix).result();
        auto start = std::chrono::steady_clock::now();
        if (client.submit(&Matrix::shape, matrix).result().first != 64) std::abort();
        shape.push_back(seconds_since(start));
        const auto memory = [] { return peak_memory_bytes(); };
        const std::size_t before = client.run_on_all(memory)[0];
        start = std::chrono::steady_clock::now();
        const Matrix here = matrix.result();
        gather.push_back(seconds_since(start));
        if (here.elements.back() != 1.5) std::abort();
        grown = static_cast<double>(client.run_on_all(memory)[0] - before);
      });
    }
    if (rank == 0) {
      std::printf("%12zu %12.3f %12.3f %7.2f %12.2f %12.1f M\n", bytes, median(plain) * 1e3, median(gather) * 1e3,
                  median(gather) / median(plain), median(shape) * 1e6, grown / 1048576);
      std::fflush(stdout);
    }
  }
  MPI_Finalize();
}
