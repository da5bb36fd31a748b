#pragma once

#include <algorithm>
#include <cohort/cohort.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <ranges>
#include <span>
#include <string>
#include <utility>

#include "csv_file.hpp"
#include "generated_points.hpp"
#include "options.hpp"
#include "point.hpp"

/// So many chunks let the slots finish together; each costs a message, with a sum for each cluster, in every iteration.
inline constexpr std::uint64_t kChunksPerSlot = 8;
/// Less is not worth a message.
inline constexpr std::uint64_t kLeastChunkItems = 1000;

/// Not left to the library: it would suit the chunks to making the points once, but they are used many times.
inline cohort::Chunking chunking(const cohort::Client& client, std::uint64_t points, const Options& options) {
  if (options.chunk_items != 0) return {options.chunk_items};
  const std::uint64_t chunks = kChunksPerSlot * static_cast<std::uint64_t>(client.slot_count());
  return {std::max(kLeastChunkItems, (points + chunks - 1) / chunks)};
}

/// The points are made by the workers.
template <std::size_t Width>
cohort::Collection<Point<Width>> generate(cohort::Client& client, const Options& options) {
  const GeneratedPoints<Width> point{options.seed, options.dimensions, options.clusters};
  return client.map(point, std::views::iota(0L, options.points),
                    chunking(client, static_cast<std::uint64_t>(options.points), options));
}

/// Rank 0 reads lines, ahead of the workers, who parse them.
template <std::size_t Width>
cohort::Collection<Point<Width>> read(cohort::Client& client, const CsvFile& file, const Options& options) {
  const auto parse = [dimensions = file.dimensions](const std::string& line) {
    Point<Width> point{};
    parse_numbers(line, std::span(point).first(dimensions));
    return point;
  };
  auto lines = cohort::lines(file.path) | std::views::drop(file.skipped_lines);
  return client.scatter(std::move(lines), chunking(client, file.expected_points, options))
      .filter([](const std::string& line) { return !is_blank(line); })
      .map(parse);
}

/// Throws BadInput if a line could not be parsed: about the first of them. Waits.
template <std::size_t Width>
void require_points(const cohort::Collection<Point<Width>>& points, const CsvFile& file) {
  std::exception_ptr first;
  for (const auto& chunk : points.chunks()) {  // all of them: a failure nobody looks at would be printed
    const std::exception_ptr failure = chunk.exception();
    if (!first) first = failure;
  }
  try {
    if (first) std::rethrow_exception(first);
  } catch (const cohort::TaskError& error) {
    std::string place = file.path.string();
    if (error.element) place += ":" + std::to_string(file.skipped_lines + *error.element + 1);
    throw BadInput(place + ": " + error.message);
  }
}
