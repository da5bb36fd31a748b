#include "cohort/detail/archive.hpp"

#include <doctest/doctest.h>

#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <complex>
#include <numeric>

#include "wire/travel.hpp"

using namespace cohort;
using namespace cohort::test;
using cohort::detail::DecodeError;

namespace {

template <class T>
constexpr bool comparable = std::equality_comparable<T>;

/// Travels whole, in its expected number of bytes (0: any), and not at all when cut at any byte.
template <class T>
void check_travels(const T& value, std::size_t expected_bytes = 0) {
  const Parcel parcel = pack(value);
  if (expected_bytes != 0) CHECK(parcel.bytes.size() == expected_bytes);
  CHECK(unpack<T>(parcel) == value);
  for (std::size_t count = 0; count < parcel.bytes.size(); ++count) {
    Parcel cut = parcel;
    cut.bytes.resize(count);
    CHECK_THROWS_AS(unpack<T>(cut), DecodeError);
  }
  for (std::size_t count = 0; count < parcel.segments.size(); ++count) {
    Parcel cut = parcel;
    cut.segments.resize(count);
    CHECK_THROWS_AS(unpack<T>(cut), DecodeError);
  }
}

struct Point {
  int x = 0;
  int y = 0;
  bool operator==(const Point&) const = default;
};

struct NoDefault {
  explicit NoDefault(int n) : number(n) {}
  int number;
  bool operator==(const NoDefault&) const = default;
};

enum class Colour : std::uint8_t { red, green };

class Intrusive {
 public:
  explicit Intrusive(int seed) : numbers_{seed, seed + 1}, name_(std::to_string(seed)) {}
  bool operator==(const Intrusive&) const = default;

 private:
  friend class boost::serialization::access;
  Intrusive() = default;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& numbers_& BOOST_SERIALIZATION_NVP(name_);
    archive& at_;
  }
  std::vector<int> numbers_;
  std::string name_;
  Point at_{1, 2};
};

struct Base {
  std::string base;
  bool operator==(const Base&) const = default;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& base;
  }
};
struct Derived : Base {
  Derived() = default;
  Derived(std::string text, int n) : Base{std::move(text)}, number(n) {}
  int number = 0;
  bool operator==(const Derived&) const = default;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Base>(*this) & number;
  }
};

struct Split {
  std::vector<double> values;
  bool operator==(const Split&) const = default;
  template <class Archive>
  void save(Archive& archive, const unsigned int) const {
    const std::size_t count = values.size();
    archive << count << boost::serialization::make_array(values.data(), count);
  }
  template <class Archive>
  void load(Archive& archive, const unsigned int) {
    std::size_t count;
    archive >> count;
    values.resize(count);
    archive >> boost::serialization::make_array(values.data(), count);
  }
  BOOST_SERIALIZATION_SPLIT_MEMBER()
};

struct Free {
  std::string text;
  std::map<std::string, int> counts;
  bool operator==(const Free&) const = default;
};
template <class Archive>
void serialize(Archive& archive, Free& free, const unsigned int) {
  archive& free.text& free.counts;
}

struct FreeInBoost {
  std::string text;
  bool operator==(const FreeInBoost&) const = default;
};

/// Writes nothing at all.
struct Nothing {
  bool operator==(const Nothing&) const = default;
  template <class Archive>
  void serialize(Archive&, const unsigned int) {}
};

struct Versioned {
  unsigned int seen = 0;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int version) {
    archive& seen;
    seen = version;
  }
};

struct Mixed {
  int array[3] = {1, 2, 3};
  std::string names[2] = {"a", "b"};
  Colour colour = Colour::green;
  bool flag = true;
  std::vector<std::vector<std::string>> nested = {{"x"}, {}, {"y", "z"}};
  boost::serialization::collection_size_type size{5};
  std::uint64_t raw = 6;
  bool operator==(const Mixed&) const = default;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& array& names& colour& flag& nested& size;
    archive& boost::serialization::make_nvp("raw", boost::serialization::make_binary_object(&raw, sizeof(raw)));
  }
};

struct TwoSerializes {
  int x = 1;
  int y = 2;
  bool operator==(const TwoSerializes&) const = default;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& x;
  }
};

}  // namespace

BOOST_CLASS_VERSION(Versioned, 3)

namespace boost::serialization {
template <class Archive>
void serialize(Archive& archive, FreeInBoost& free, const unsigned int) {
  archive& free.text;
}
}  // namespace boost::serialization

TEST_CASE("bitwise types travel as their bytes") {
  check_travels(42, 4);
  check_travels(true, 1);
  check_travels(2.5, 8);
  check_travels(Colour::green, 1);
  check_travels(Point{1, 2}, 8);
  check_travels(NoDefault(3), 4);
  check_travels(std::complex<double>(1, 2), 16);
  check_travels(std::chrono::nanoseconds(5), 8);
  check_travels(std::chrono::system_clock::time_point(std::chrono::seconds(9)), 8);
  check_travels(std::pair(1, 2.0), 16);
  check_travels(std::tuple(1, Point{3, 4}, 'c'), sizeof(std::tuple<int, Point, char>));
  check_travels(std::array<std::pair<int, int>, 2>{{{1, 2}, {3, 4}}}, 16);
  check_travels(std::monostate(), 1);
  check_travels(std::tuple<>());
}

TEST_CASE("strings and sequences travel as a length and their elements") {
  check_travels(std::string("hello"), 13);
  check_travels(std::string());
  check_travels(std::u16string(u"h\u00e9"), 12);
  check_travels(std::wstring(L"wide"));
  check_travels(std::filesystem::path("/a/b.txt"), 16);
  check_travels(std::vector<int>{1, 2, 3}, 20);
  check_travels(std::vector<std::pair<int, double>>{{1, 2}, {3, 4}}, 8 + 32);
  check_travels(std::vector<std::string>{"a", "", "ccc"}, 8 + 3 * 8 + 4);
  check_travels(std::vector<std::vector<std::string>>{{"a"}, {}, {"b", "c"}});
  check_travels(std::vector<bool>{true, false, true, true, false, false, false, true, true}, 10);
  check_travels(std::vector<bool>(16, true), 10);
  check_travels(std::vector<NoDefault>{NoDefault(1), NoDefault(2)}, 16);
  check_travels(std::deque<std::string>{"a", "b"});
  check_travels(std::list<int>{1, 2}, 16);
  check_travels(std::list<NoDefault>{NoDefault(1)}, 12);
  check_travels(std::forward_list<std::string>{"a", "b", "c"});
  check_travels(std::bitset<70>("1011"), 16);
  check_travels(std::array<std::string, 2>{"a", "b"});
  check_travels(std::array<std::string, 0>{});
  check_travels(std::vector<std::array<std::string, 0>>(5));
}

TEST_CASE("a long run of strings travels") {
  std::vector<std::string> strings;
  for (int i = 0; i < 2000; ++i) strings.push_back(std::string(static_cast<std::size_t>(i % 40), 'x'));
  CHECK(travel(strings) == strings);
}

TEST_CASE("sets and maps travel") {
  check_travels(std::set<std::string>{"a", "b"});
  check_travels(std::multiset<int>{1, 1, 2}, 8 + 12);
  check_travels(std::unordered_set<std::string>{"a", "b", "c"});
  check_travels(std::unordered_multiset<int>{1, 1});
  check_travels(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  check_travels(std::map<int, double>{{1, 2}, {3, 4}});
  check_travels(std::map<std::string, NoDefault>{{"a", NoDefault(1)}});
  check_travels(std::multimap<int, std::string>{{1, "a"}, {1, "b"}});
  check_travels(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}});
  check_travels(std::unordered_multimap<int, int>{{1, 2}, {1, 3}});
  check_travels(std::vector<std::pair<const std::string, int>>{{"a", 1}, {"b", 2}});
}

TEST_CASE("sums and products travel") {
  check_travels(std::optional<int>(3), 5);
  check_travels(std::optional<int>(), 1);
  check_travels(std::optional<NoDefault>(NoDefault(1)), 5);
  check_travels(std::optional<std::string>("a"));
  check_travels(std::variant<int, std::string>("a"), 2 + 9);
  check_travels(std::variant<std::monostate, int>(), 3);
  check_travels(std::variant<NoDefault, std::string>(NoDefault(2)), 6);
  check_travels(std::pair(std::string("a"), 1));
  check_travels(std::tuple(std::string("a"), 1, std::vector<int>{1}));
  check_travels(std::tuple(NoDefault(1), std::string("a")));
  check_travels(std::pair(NoDefault(1), std::string("a")));
  check_travels(std::array<std::pair<NoDefault, std::string>, 2>{{{NoDefault(1), "a"}, {NoDefault(2), "b"}}});
}

TEST_CASE("classes with a serialize travel without a header") {
  check_travels(Intrusive(5), 8 + 8 + 8 + 1 + 8);
  check_travels(std::vector<Intrusive>{Intrusive(1), Intrusive(2)});
  check_travels(Derived("a", 2), 8 + 1 + 4);
  check_travels(Split{{1, 2, 3}}, 8 + 24);
  check_travels(Free{"a", {{"b", 1}}});
  check_travels(FreeInBoost{"abc"}, 11);
  check_travels(Mixed());
  check_travels(std::map<std::string, Free>{{"k", {"a", {}}}});
}

TEST_CASE("serialize wins over bitwise") {
  const Parcel parcel = pack(TwoSerializes{7, 8});
  CHECK(parcel.bytes.size() == sizeof(int));
  CHECK(unpack<TwoSerializes>(parcel) == TwoSerializes{7, 2});
}

TEST_CASE("serialize is told the class's version") { CHECK(travel(Versioned()).seen == 3); }

TEST_CASE("elements that write nothing travel too, and a false number of them is an error") {
  check_travels(std::vector<Nothing>(1000));
  check_travels(std::list<std::pair<Nothing, Nothing>>(3));
  Parcel parcel = pack(std::vector<Nothing>(3));
  parcel.bytes[6] = std::byte{1};
  CHECK_THROWS_AS(unpack<std::vector<Nothing>>(parcel), DecodeError);
}

TEST_CASE("lengths that cannot be are errors before memory is taken") {
  const auto with_length = [](std::uint64_t length) {
    Parcel parcel;
    parcel.bytes.resize(64);
    std::memcpy(parcel.bytes.data(), &length, sizeof(length));
    return parcel;
  };
  for (const std::uint64_t length : {std::uint64_t{1} << 40, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
    CHECK_THROWS_AS(unpack<std::string>(with_length(length)), DecodeError);
    CHECK_THROWS_AS(unpack<std::vector<double>>(with_length(length)), DecodeError);
    CHECK_THROWS_AS(unpack<std::vector<NoDefault>>(with_length(length)), DecodeError);
    CHECK_THROWS_AS(unpack<std::vector<std::string>>(with_length(length)), DecodeError);
    CHECK_THROWS_AS(unpack<std::vector<bool>>(with_length(length)), DecodeError);
    CHECK_THROWS_AS(unpack<std::vector<Nothing>>(with_length(length)), DecodeError);
    CHECK_THROWS_AS((unpack<std::unordered_map<int, int>>(with_length(length))), DecodeError);
    CHECK_THROWS_AS(unpack<std::deque<int>>(with_length(length)), DecodeError);
  }
}

TEST_CASE("flags, indices and keys that cannot be are errors") {
  const auto corrupted = [](Parcel parcel, std::size_t at, int value) {
    parcel.bytes.at(at) = static_cast<std::byte>(value);
    return parcel;
  };
  CHECK_THROWS_AS(unpack<bool>(corrupted(pack(true), 0, 2)), DecodeError);
  CHECK_THROWS_AS(unpack<std::optional<int>>(corrupted(pack(std::optional(1)), 0, 2)), DecodeError);
  using Variant = std::variant<int, double>;
  CHECK_THROWS_AS(unpack<Variant>(corrupted(pack(Variant(1)), 0, 2)), DecodeError);
  CHECK_THROWS_AS((unpack<std::set<int>>(corrupted(pack(std::set{1, 2}), 12, 1))), DecodeError);
}

TEST_CASE("a value type makes a box of its own from the bytes") {
  const std::vector<double> numbers(5000, 1.5);
  const detail::Value value = detail::make_value<std::vector<double>>(numbers);
  detail::Encoder out;
  value.box()->type().encode(*value.box(), out);
  const Parcel parcel = parcel_of(out);
  SegmentList segments(parcel.segments);
  detail::Decoder in(parcel.bytes, nullptr, &segments);
  const detail::Value copy(detail::value_type<std::vector<double>>().decode(in));
  CHECK(detail::object_of<std::vector<double>>(copy) == numbers);
  CHECK(&copy.box()->type() == &value.box()->type());
  REQUIRE(segments.filled().size() == 1);
  const void* received = segments.filled()[0].data;
  CHECK(received == detail::object_of<std::vector<double>>(copy).data());
}

TEST_CASE("types without a default constructor get a box too") {
  const detail::Value value = detail::make_value<NoDefault>(4);
  detail::Encoder out;
  value.box()->type().encode(*value.box(), out);
  detail::Decoder in(out.bytes().view());
  const detail::Value copy(value.box()->type().decode(in));
  CHECK(detail::object_of<NoDefault>(copy).number == 4);
}
