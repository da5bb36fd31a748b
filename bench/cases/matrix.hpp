#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace bench {

/// A class with a `serialize`, as programs have it, around one large block.
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

inline constexpr double kElement = 1.5;

/// Of at most `bytes`, and one element for each of 64 rows at least.
inline Matrix make_matrix(std::size_t bytes) {
  const std::size_t columns = std::max<std::size_t>(1, bytes / sizeof(double) / 64);
  return {64, columns, std::vector<double>(64 * columns, kElement)};
}

}  // namespace bench
