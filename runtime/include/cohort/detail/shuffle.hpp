#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cohort/detail/call_request.hpp"
#include "cohort/detail/chunk.hpp"
#include "cohort/detail/chunk_maker.hpp"
#include "cohort/detail/function.hpp"

/// Steps in which every chunk may depend on every other: elements go from worker to worker, never through rank 0.
namespace cohort::detail {

template <class F, class... Args>
auto submit_call(const std::shared_ptr<Core>& core, const F& f, const Args&... args) {
  using Result = result_of_call<F, stored_t<Args>...>;
  return FutureAccess::make<Result>(submit(core, make_request(core, f, args...), {}));
}

/// The chunks of a collection, whose layout is fixed by that.
template <class T>
std::vector<Future<Chunk<T>>> stored_chunks(const CollectionState& collection) {
  std::vector<Future<Chunk<T>>> chunks(chunk_count(collection));
  for (std::size_t i = 0; i < chunks.size(); ++i) chunks[i] = FutureAccess::make<Chunk<T>>(next_chunk(collection, i));
  return chunks;
}

template <class T>
CollectionHandle collect_futures(const std::shared_ptr<Core>& core, const std::vector<Future<Chunk<T>>>& chunks) {
  return make_collection(core, handles_of(chunks));
}

/// A chunk's elements, ordered by the part they belong to.
template <class T>
struct Parts {
  Chunk<T> elements;
  std::vector<std::size_t> ends;  ///< of each part

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& elements& ends;
  }
};

template <class T>
struct TakePart {
  Chunk<T> operator()(const Parts<T>& parts, std::size_t part) const {
    const auto begin = parts.elements.begin();
    const std::size_t first = part == 0 ? 0 : parts.ends[part - 1];
    return Chunk<T>(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(parts.ends[part]));
  }
};

/// So many parts that each slot has some, and that the pieces that are sent stay a bearable number.
inline std::size_t part_count(std::size_t chunks, int slots) {
  constexpr std::size_t kMostPieces = 65'536;
  const std::size_t wanted = 2 * static_cast<std::size_t>(std::max(slots, 1));
  return std::clamp<std::size_t>(kMostPieces / std::max<std::size_t>(chunks, 1), 1, wanted);
}

/// The pieces of each chunk that belong to one part, for each part: what `join` makes of them.
template <class T, class Join, class... Args>
auto join_parts(const std::shared_ptr<Core>& core, std::vector<Future<Parts<T>>> chunks, std::size_t parts,
                const Join& join, const Args&... args) {
  std::vector<decltype(submit_call(core, join, std::vector<Future<Chunk<T>>>(), args...))> joined;
  std::vector<std::vector<Future<Chunk<T>>>> pieces(parts);
  for (const Future<Parts<T>>& chunk : chunks) {
    for (std::size_t part = 0; part < parts; ++part) {
      pieces[part].push_back(submit_call(core, TakePart<T>(), chunk, part));
    }
  }
  chunks.clear();
  for (std::vector<Future<Chunk<T>>>& part : pieces) {
    joined.push_back(submit_call(core, join, part, args...));
    part.clear();
  }
  return joined;
}

// --- sort: sample sort (Frazer and McKellar, JACM 17(3), 1970; as a task graph)

/// Elements per chunk from which the borders between the parts are chosen.
inline constexpr std::size_t kSamples = 64;

/// Stable, unless nobody can see that it is not.
template <class T, class Compare>
void sort_elements(std::span<T> elements, Compare& compare) {
  constexpr bool plain = std::is_arithmetic_v<T> && (std::is_same_v<Compare, Function<std::less<>>> ||
                                                     std::is_same_v<Compare, Function<std::greater<>>>);
  const auto less = [&compare](const T& a, const T& b) { return compare(a, b); };
  if constexpr (plain) {
    std::sort(elements.begin(), elements.end(), less);
  } else {
    std::stable_sort(elements.begin(), elements.end(), less);
  }
}

template <class T, class Compare>
struct SortChunk {
  Chunk<T> operator()(Function<Compare>&& compare, Chunk<T> chunk) const {
    sort_elements(std::span<T>(data_of(chunk), chunk.size()), compare);
    return chunk;
  }
};
template <class T>
struct SampleChunk {
  Chunk<T> operator()(const Chunk<T>& sorted) const {
    Chunk<T> sample;
    const std::size_t count = std::min(sorted.size(), kSamples);
    for (std::size_t i = 0; i < count; ++i) sample.push_back(sorted[(2 * i + 1) * sorted.size() / (2 * count)]);
    return sample;
  }
};
/// The borders between the parts: the first element of each but the first.
template <class T, class Compare>
struct ChooseBorders {
  Chunk<T> operator()(Function<Compare>&& compare, std::size_t parts, const Inputs<Chunk<T>>& samples) const {
    Chunk<T> all;
    for (const Chunk<T>& sample : samples) all.insert(all.end(), sample.begin(), sample.end());
    sort_elements(std::span<T>(data_of(all), all.size()), compare);
    Chunk<T> borders;
    for (std::size_t part = 1; part < parts && !all.empty(); ++part) borders.push_back(all[part * all.size() / parts]);
    return borders;
  }
};
/// Of a sorted chunk. Equal elements of all chunks come into the same part.
template <class T, class Compare>
struct SplitSorted {
  Parts<T> operator()(Function<Compare>&& compare, std::size_t parts, const Chunk<T>& borders, Chunk<T> sorted) const {
    Parts<T> split;
    const std::span<const T> all = span_of<T>(sorted);
    for (const T& border : span_of<T>(borders)) {
      const auto less = [&compare](const T& a, const T& b) { return compare(a, b); };
      split.ends.push_back(
          static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), border, less) - all.begin()));
    }
    split.ends.resize(parts, all.size());
    split.ends.back() = all.size();
    split.elements = std::move(sorted);
    return split;
  }
};
/// Of sorted pieces one sorted chunk: neighbours are merged until one is left.
template <class T, class Compare>
struct MergePieces {
  Chunk<T> operator()(const Inputs<Chunk<T>>& pieces, Function<Compare>&& compare) const {
    std::vector<std::size_t> ends{0};
    std::size_t total = 0;
    for (const Chunk<T>& piece : pieces) total += piece.size();
    Chunk<T> from;
    from.reserve(total);
    for (const Chunk<T>& piece : pieces) {
      if (piece.empty()) continue;
      from.insert(from.end(), piece.begin(), piece.end());
      ends.push_back(from.size());
    }
    Chunk<T> to = ends.size() > 2 ? from : Chunk<T>();
    while (ends.size() > 2) {
      std::vector<std::size_t> merged{0};
      for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
        const std::size_t middle = ends[i + 1];
        const std::size_t end = i + 2 < ends.size() ? ends[i + 2] : middle;
        merge(from, to, ends[i], middle, end, compare);
        merged.push_back(end);
      }
      std::swap(from, to);
      ends = std::move(merged);
    }
    return from;
  }

 private:
  static void merge(Chunk<T>& from, Chunk<T>& to, std::size_t begin, std::size_t middle, std::size_t end,
                    Function<Compare>& compare) {
    const auto at = [](Chunk<T>& chunk, std::size_t i) { return std::make_move_iterator(data_of(chunk) + i); };
    std::merge(at(from, begin), at(from, middle), at(from, middle), at(from, end), data_of(to) + begin,
               [&compare](const T& a, const T& b) { return compare(a, b); });
  }
};

template <class T, class Compare>
CollectionHandle sort_step(CollectionHandle parent, const Compare& compare) {
  require_function_object<Compare>();
  static_assert(std::is_invocable_r_v<bool, Compare&, const T&, const T&>,
                "cohort: the function of sort is given two elements and must return whether the first comes before the "
                "second: bool(const T&, const T&)");
  const std::shared_ptr<Core> core = core_of(*parent);
  const Function<Compare> function(compare);
  std::vector<Future<Chunk<T>>> sorted = stored_chunks<T>(*parent);
  parent.reset();
  if (sorted.empty()) return collect_futures<T>(core, sorted);
  std::vector<Future<Chunk<T>>> samples;
  for (Future<Chunk<T>>& chunk : sorted) {
    chunk = submit_call(core, SortChunk<T, Compare>(), function, std::exchange(chunk, {}));
    samples.push_back(submit_call(core, SampleChunk<T>(), chunk));
  }
  const std::size_t parts = part_count(sorted.size(), slot_count(*core));
  const auto borders = submit_call(core, ChooseBorders<T, Compare>(), function, parts, samples);
  std::vector<Future<Parts<T>>> split;
  for (Future<Chunk<T>>& chunk : sorted) {
    split.push_back(submit_call(core, SplitSorted<T, Compare>(), function, parts, borders, std::exchange(chunk, {})));
  }
  return collect_futures<T>(core, join_parts(core, std::move(split), parts, MergePieces<T, Compare>(), function));
}

// --- group_by

template <class T, class K, class Key>
struct SplitByHash {
  Parts<T> operator()(Function<Key>&& key, std::size_t parts, const Chunk<T>& chunk) const {
    std::vector<std::size_t> part_of(chunk.size());
    Parts<T> split;
    split.ends.resize(parts);
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      part_of[i] = scatter_bits(std::hash<K>()(key(data_of(chunk)[i]))) % parts;
      ++split.ends[part_of[i]];
    }
    // A counting sort by part.
    std::vector<std::size_t> next(parts);
    std::exclusive_scan(split.ends.begin(), split.ends.end(), next.begin(), std::size_t{0});
    std::vector<std::size_t> order(chunk.size());
    for (std::size_t i = 0; i < chunk.size(); ++i) order[next[part_of[i]]++] = i;
    std::partial_sum(split.ends.begin(), split.ends.end(), split.ends.begin());
    split.elements.reserve(chunk.size());
    for (const std::size_t i : order) split.elements.push_back(chunk[i]);
    return split;
  }

 private:
  /// std::hash of an integer is often the integer itself. The finalizer of MurmurHash3.
  static std::size_t scatter_bits(std::uint64_t hash) {
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ hash >> 33;
  }
};
template <class T, class K, class Key>
struct GroupPieces {
  std::vector<std::pair<K, std::vector<T>>> operator()(const Inputs<Chunk<T>>& pieces, Function<Key>&& key) const {
    std::vector<std::pair<K, std::vector<T>>> groups;
    std::unordered_map<K, std::size_t> index_of;
    for (const Chunk<T>& piece : pieces) {
      for (const T& element : span_of<T>(piece)) {
        const auto [found, is_new] = index_of.try_emplace(key(element), groups.size());
        if (is_new) groups.emplace_back(found->first, std::vector<T>());
        groups[found->second].second.push_back(element);
      }
    }
    return groups;
  }
};

template <class T, class K, class Key>
CollectionHandle group_step(CollectionHandle parent, const Key& key) {
  const std::shared_ptr<Core> core = core_of(*parent);
  const Function<Key> function(key);
  std::vector<Future<Chunk<T>>> chunks = stored_chunks<T>(*parent);
  parent.reset();
  const std::size_t parts = chunks.empty() ? 0 : part_count(chunks.size(), slot_count(*core));
  std::vector<Future<Parts<T>>> split;
  for (Future<Chunk<T>>& chunk : chunks) {
    split.push_back(submit_call(core, SplitByHash<T, K, Key>(), function, parts, std::exchange(chunk, {})));
  }
  using Group = std::pair<K, std::vector<T>>;
  return collect_futures<Group>(core, join_parts(core, std::move(split), parts, GroupPieces<T, K, Key>(), function));
}

// --- repartition

/// `count` elements from `first` on, of the chunks put one after the other.
template <class T>
struct TakeAcross {
  Chunk<T> operator()(std::size_t first, std::size_t count, const Inputs<Chunk<T>>& chunks) const {
    Chunk<T> taken;
    taken.reserve(count);
    for (const Chunk<T>& chunk : chunks) {
      const std::size_t here = std::min(chunk.size() - std::min(first, chunk.size()), count - taken.size());
      const auto begin = chunk.begin() + static_cast<std::ptrdiff_t>(std::min(first, chunk.size()));
      taken.insert(taken.end(), begin, begin + static_cast<std::ptrdiff_t>(here));
      first -= std::min(first, chunk.size());
    }
    return taken;
  }
};

template <class T>
CollectionHandle repartition_step(const CollectionHandle& parent, const std::vector<std::size_t>& sizes,
                                  std::size_t items) {
  const std::shared_ptr<Core> core = core_of(*parent);
  const std::vector<Future<Chunk<T>>> chunks = stored_chunks<T>(*parent);
  const std::size_t total = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  std::vector<Future<Chunk<T>>> cut;
  std::size_t chunk = 0;   // the first that the next one needs
  std::size_t before = 0;  // elements before that
  for (std::size_t first = 0; first < total; first += items) {
    const std::size_t end = std::min(total, first + items);
    while (before + sizes[chunk] <= first) before += sizes[chunk++];
    std::vector<Future<Chunk<T>>> needed;
    for (std::size_t i = chunk, at = before; at < end; at += sizes[i++]) needed.push_back(chunks[i]);
    cut.push_back(submit_call(core, TakeAcross<T>(), first - before, end - first, needed));
  }
  return collect_futures<T>(core, cut);
}

}  // namespace cohort::detail
