#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "cohort/detail/serialize_value.hpp"

/// Sets and maps: a u64 count, then the elements in the container's order. Comparators and hashes do not travel.
namespace cohort::detail {

template <class Container>
concept Hashed = requires {
  typename Container::hasher;
};

/// Makes room in a hash table, for no more than what the bytes that are left could hold.
template <class In, class Container>
void reserve_for([[maybe_unused]] In& in, [[maybe_unused]] Container& container, [[maybe_unused]] std::size_t count) {
  if constexpr (Hashed<Container>) container.reserve(modest_capacity<typename Container::value_type>(in, count));
}

template <class Set>
struct SetCodec {
  using Key = typename Set::key_type;
  using Parts = TypeList<Key>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);

  static void save(auto& out, const Set& set) {
    save_count(out, set.size());
    save_elements<Key>(out, set, set.size());
  }
  static void load(auto& in, Set& set) {
    set.clear();
    const std::size_t count = load_element_count<Key>(in);
    reserve_for(in, set, count);
    load_elements<Key>(in, count, [&] {
      const std::size_t tracked = in.tracked();
      Key key = load_new<Key>(in);
      const auto place = set.insert(set.end(), std::move(key));
      in.moved(tracked, address_of(&key), &*place, sizeof(Key));
    });
    if (set.size() != count) throw DecodeError("a key comes twice in a set");
  }
};

template <class Map>
struct MapCodec {
  using Key = typename Map::key_type;
  using Mapped = typename Map::mapped_type;
  using Element = std::pair<const Key, Mapped>;
  using Parts = TypeList<Key, Mapped>;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);
  static constexpr std::size_t kLeastElementBytes = least_bytes<Key>() + least_bytes<Mapped>();

  static void save(auto& out, const Map& map) {
    save_count(out, map.size());
    save_elements<Element>(out, map, map.size());
  }
  static void load(auto& in, Map& map) {
    map.clear();
    const std::size_t count = load_element_count<Element>(in);
    reserve_for(in, map, count);
    load_elements<Element>(in, count, [&] { load_one(in, map); });
    if (map.size() != count) throw DecodeError("a key comes twice in a map");
  }

 private:
  static void load_one(auto& in, Map& map) {
    if constexpr (bitwise<Element>) {
      map.insert(map.end(), load_new<Element>(in));
    } else {
      const std::size_t tracked = in.tracked();
      Key key = load_new<Key>(in);
      if constexpr (std::is_default_constructible_v<Mapped>) {
        const auto place = map.emplace_hint(map.end(), std::piecewise_construct, std::forward_as_tuple(std::move(key)),
                                            std::tuple<>());
        in.moved(tracked, address_of(&key), &place->first, sizeof(Key));  // NOLINT(bugprone-use-after-move): its place
        load_value(in, place->second);
      } else {
        const auto place = map.emplace_hint(map.end(), std::move(key), load_new<Mapped>(in));
        in.moved(tracked, address_of(&key), &place->first, sizeof(Key));
      }
    }
  }
};

template <class K, class C, class A>
struct Codec<std::set<K, C, A>> : SetCodec<std::set<K, C, A>> {};
template <class K, class C, class A>
struct Codec<std::multiset<K, C, A>> : SetCodec<std::multiset<K, C, A>> {};
template <class K, class H, class E, class A>
struct Codec<std::unordered_set<K, H, E, A>> : SetCodec<std::unordered_set<K, H, E, A>> {};
template <class K, class H, class E, class A>
struct Codec<std::unordered_multiset<K, H, E, A>> : SetCodec<std::unordered_multiset<K, H, E, A>> {};

template <class K, class V, class C, class A>
struct Codec<std::map<K, V, C, A>> : MapCodec<std::map<K, V, C, A>> {};
template <class K, class V, class C, class A>
struct Codec<std::multimap<K, V, C, A>> : MapCodec<std::multimap<K, V, C, A>> {};
template <class K, class V, class H, class E, class A>
struct Codec<std::unordered_map<K, V, H, E, A>> : MapCodec<std::unordered_map<K, V, H, E, A>> {};
template <class K, class V, class H, class E, class A>
struct Codec<std::unordered_multimap<K, V, H, E, A>> : MapCodec<std::unordered_multimap<K, V, H, E, A>> {};

}  // namespace cohort::detail
