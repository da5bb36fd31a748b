#include "leave_data.hpp"

#include <bit>
#include <cmath>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "table.hpp"

namespace {

struct Shape {
  std::size_t rows = 0;
  std::size_t columns = 0;

  bool operator==(const Shape&) const = default;
};

class Matrix {
 public:
  Matrix() = default;
  Matrix(Shape shape, std::vector<double> elements) : shape_(shape), elements_(std::move(elements)) {}

  Shape shape() const { return shape_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& shape_& elements_;
  }

 private:
  Shape shape_;
  std::vector<double> elements_;  ///< row by row
};

Matrix random_matrix(Shape shape) {
  std::minstd_rand random;
  std::vector<double> elements(shape.rows * shape.columns);
  for (double& element : elements) element = static_cast<double>(random()) / std::minstd_rand::max();
  return {shape, std::move(elements)};
}

/// About square, with about so many bytes.
Shape shape_for(std::size_t bytes) {
  const std::size_t elements = bytes / sizeof(double);
  const std::size_t rows = std::bit_floor(static_cast<std::size_t>(std::sqrt(elements)));
  return {rows, elements / rows};
}

std::vector<std::size_t> sizes_up_to(std::size_t largest_bytes) {
  std::vector<std::size_t> sizes;
  for (std::size_t bytes = 1024; bytes < largest_bytes; bytes *= 16) sizes.push_back(bytes);
  sizes.push_back(largest_bytes);
  return sizes;
}

struct Comparison {
  std::size_t bytes = 0;
  Cost gathered;
  Cost asked;
};

Comparison compare(cohort::Client& client, std::size_t bytes, int turns) {
  const Shape expected = shape_for(bytes);
  const cohort::Future<Matrix> matrix = client.submit(random_matrix, expected);
  matrix.nbytes();  // waits until it is made

  const auto check = [&](Shape shape) {
    if (shape != expected) throw std::logic_error("the matrix has another shape than it was made with");
  };
  const std::vector<Cost> costs = measure(client, turns,
                                          {[&] { check(matrix.result().shape()); },                           // slow
                                           [&] { check(client.submit(&Matrix::shape, matrix).result()); }});  // fast
  return {bytes, costs[0], costs[1]};
}

}  // namespace

std::string tour_leave_data(cohort::Client& client, const Options& options) {
  std::printf("Leave data on the cluster: the shape of a random matrix that a worker made\n");
  std::printf("  gather: matrix.result().shape()      ask: client.submit(&Matrix::shape, matrix).result()\n\n");
  Table table(
      {"matrix", "gather: time", "to rank 0", "messages", "ask: time", "to rank 0", "messages", "gather / ask"});
  std::vector<Comparison> all;
  for (const std::size_t bytes : sizes_up_to(options.largest_bytes)) {
    const auto& [size, gathered, asked] = all.emplace_back(compare(client, bytes, options.turns));
    table.add({show_bytes(size), show(gathered.time), show_bytes(gathered.bytes_to_rank_0),
               std::to_string(gathered.messages), show(asked.time), show_bytes(asked.bytes_to_rank_0),
               std::to_string(asked.messages), show_ratio(gathered.time, asked.time)});
  }
  table.print();

  const Comparison& smallest = all.front();
  const Comparison& largest = all.back();
  return "The shape of a matrix of " + show_bytes(largest.bytes) + " took " + show(largest.gathered.time) +
         " by gathering the matrix, which brought " + show_bytes(largest.gathered.bytes_to_rank_0) +
         " to rank 0, and " + show(largest.asked.time) + " and " + show_bytes(largest.asked.bytes_to_rank_0) +
         " by asking where it lies. Asking took " + show(smallest.asked.time) + " for a matrix of " +
         show_bytes(smallest.bytes) + ".";
}
