#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "cohort/detail/bytes.hpp"

using cohort::detail::SmallBytes;

namespace {

/// Bytes 0, 1, 2, …
std::vector<std::byte> counted(std::size_t count) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

bool holds(const SmallBytes& bytes, std::size_t count) { return bytes == SmallBytes(counted(count)); }

bool lies_within(const SmallBytes& bytes) {
  const auto* object = reinterpret_cast<const std::byte*>(&bytes);
  return bytes.data() >= object && bytes.data() < object + sizeof(bytes);
}

}  // namespace

TEST_CASE("few bytes stay in the object, more do not") {
  CHECK(lies_within(SmallBytes(counted(SmallBytes::kInline))));
  CHECK_FALSE(lies_within(SmallBytes(counted(SmallBytes::kInline + 1))));
  CHECK(SmallBytes().empty());
}

TEST_CASE("bytes grow by any steps, over the end of the object too") {
  for (const auto step : std::vector<std::size_t>{1, 7, 24, 25, 100}) {
    SmallBytes bytes;
    std::size_t count = 0;
    while (count < 200) {
      const std::vector<std::byte> all = counted(count + step);
      bytes.append(all.data() + count, step);
      count += step;
      REQUIRE(holds(bytes, count));
    }
  }
}

TEST_CASE("bytes are copied, moved and assigned, few over many and many over few") {
  const std::vector<std::size_t> sizes{0, 1, 24, 25, 1000};
  for (const auto from : sizes) {
    for (const auto over : sizes) {
      const SmallBytes source(counted(from));
      SmallBytes copied(counted(over));
      copied = source;
      CHECK(holds(copied, from));
      SmallBytes moved(counted(over));
      moved = std::move(copied);
      CHECK(holds(moved, from));
      moved.assign(counted(over));
      CHECK(holds(moved, over));
      moved.clear();
      CHECK(moved.empty());
    }
    SmallBytes source(counted(from));
    const SmallBytes moved(std::move(source));
    CHECK(holds(moved, from));
    CHECK(source.empty());  // NOLINT(bugprone-use-after-move): what is left is promised
  }
}

TEST_CASE("bytes differ by length and by content") {
  CHECK(SmallBytes(counted(3)) != SmallBytes(counted(4)));
  SmallBytes other(counted(3));
  other.data()[1] = std::byte{9};
  CHECK(other != SmallBytes(counted(3)));
}
