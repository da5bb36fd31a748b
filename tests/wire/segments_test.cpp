#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "wire/travel.hpp"

using namespace cohort;
using namespace cohort::test;

namespace {

constexpr std::size_t kMany = 3000;  // doubles: above detail::kSegmentBytes

std::vector<double> numbers(double first) {
  std::vector<double> result(kMany);
  std::iota(result.begin(), result.end(), first);
  return result;
}

struct Matrix {
  std::vector<double> values;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& values;
  }
};

struct SavesTemporary {
  std::vector<float> halves;
  template <class Archive>
  void save(Archive& archive, const unsigned int) const {
    const std::vector<double> temporary(halves.begin(), halves.end());
    archive << temporary;
  }
  template <class Archive>
  void load(Archive& archive, const unsigned int) {
    std::vector<double> temporary;
    archive >> temporary;
    halves.assign(temporary.begin(), temporary.end());
  }
  BOOST_SERIALIZATION_SPLIT_MEMBER()
};

class OwnsRaw {
 public:
  explicit OwnsRaw(std::size_t count = 0) : count_(count), data_(new double[count]) {
    std::iota(data_, data_ + count, 1.0);
  }
  OwnsRaw(OwnsRaw&& other) noexcept : count_(other.count_), data_(std::exchange(other.data_, nullptr)) {}
  ~OwnsRaw() { delete[] data_; }
  const double* data() const { return data_; }
  double sum() const { return std::accumulate(data_, data_ + count_, 0.0); }

  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& count_;
    if (Archive::is_loading::value) {
      delete[] data_;
      data_ = new double[count_];
    }
    archive& boost::serialization::make_array(data_, count_);
  }

 private:
  std::size_t count_;
  double* data_;
};

struct SavesArrayOfTemporary {
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    std::vector<double> temporary = Archive::is_saving::value ? numbers(1) : std::vector<double>(kMany);
    archive& boost::serialization::make_array(temporary.data(), temporary.size());
    last = temporary.back();
  }
  double last = 0;
};

struct HoldsInside {
  double values[kMany] = {};
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& values;
    archive& boost::serialization::make_binary_object(values, sizeof(values));
  }
};

struct Hidden {
  std::unique_ptr<std::vector<double>> values = std::make_unique<std::vector<double>>();
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive&* values;
  }
};

struct TemporaryOfMatrices {
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    std::vector<Matrix> temporary(2);
    if (Archive::is_saving::value) temporary[1].values = numbers(0);
    archive& temporary;
  }
};

struct Outer {
  Matrix matrix;
  std::vector<Matrix> matrices;
  std::unique_ptr<Matrix> held;
  std::shared_ptr<Matrix> shared;
  Matrix* raw = nullptr;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& matrix& matrices& held& shared& raw;
  }
};

bool is_segment(const Parcel& parcel, const void* place) {
  return std::count(parcel.segment_places.begin(), parcel.segment_places.end(), place) == 1;
}

}  // namespace

TEST_CASE("a large vector is sent from where it lies and received where it stays") {
  const std::vector<double> values = numbers(1);
  const Parcel parcel = pack(values);
  CHECK(parcel.bytes.size() == 9);
  CHECK(is_segment(parcel, values.data()));
  CHECK(unpack<std::vector<double>>(parcel) == values);
}

TEST_CASE("a large vector that is a member is a segment") {
  const Matrix matrix{numbers(1)};
  const Parcel parcel = pack(matrix);
  CHECK(is_segment(parcel, matrix.values.data()));
  CHECK(unpack<Matrix>(parcel).values == matrix.values);
}

TEST_CASE("a temporary of a save is copied") {
  const SavesTemporary value{std::vector<float>(kMany, 2.5F)};
  const Parcel parcel = pack(value);
  CHECK(parcel.segments.empty());
  CHECK(unpack<SavesTemporary>(parcel).halves == value.halves);
}

TEST_CASE("an array behind a raw pointer of the object is a segment") {
  const OwnsRaw value(kMany);
  const Parcel parcel = pack(value);
  CHECK(is_segment(parcel, value.data()));
  CHECK(unpack<OwnsRaw>(parcel).sum() == value.sum());
}

TEST_CASE("an array of a temporary's elements is copied") {
  const SavesArrayOfTemporary value;
  const Parcel parcel = pack(value);
  CHECK(parcel.segments.empty());
  CHECK(unpack<SavesArrayOfTemporary>(parcel).last == numbers(1).back());
}

TEST_CASE("an array inside the object is a segment") {
  const auto value = std::make_unique<HoldsInside>();
  const Parcel parcel = pack(*value);
  CHECK(parcel.segment_places == std::vector<const void*>{value->values, value->values});
}

TEST_CASE("what the object holds by a pointer of its own is a segment, at any depth") {
  Hidden hidden;
  *hidden.values = numbers(1);
  CHECK(is_segment(pack(hidden), hidden.values->data()));

  Outer outer;
  outer.matrix.values = numbers(1);
  outer.matrices.resize(3);
  outer.matrices[2].values = numbers(2);
  outer.held = std::make_unique<Matrix>(Matrix{numbers(3)});
  outer.shared = std::make_shared<Matrix>(Matrix{numbers(4)});
  Matrix raw{numbers(5)};
  outer.raw = &raw;
  std::vector<Outer> outers;
  outers.push_back(std::move(outer));
  const Parcel parcel = pack(outers);
  CHECK(parcel.segments.size() == 5);
  CHECK(is_segment(parcel, outers[0].matrix.values.data()));
  CHECK(is_segment(parcel, outers[0].matrices[2].values.data()));
  CHECK(is_segment(parcel, outers[0].held->values.data()));
  CHECK(is_segment(parcel, outers[0].shared->values.data()));
  CHECK(is_segment(parcel, raw.values.data()));

  const std::vector<Outer> copy = unpack<std::vector<Outer>>(parcel);
  CHECK(copy[0].matrices[2].values == outers[0].matrices[2].values);
  CHECK(copy[0].held->values == outers[0].held->values);
  CHECK(copy[0].shared->values == outers[0].shared->values);
  REQUIRE(copy[0].raw != nullptr);
  CHECK(copy[0].raw->values == raw.values);
  delete copy[0].raw;
}

TEST_CASE("elements of a temporary container are copied") {
  CHECK(pack(TemporaryOfMatrices()).segments.empty());
  CHECK(pack(std::vector<TemporaryOfMatrices>(2)).segments.empty());
}

TEST_CASE("containers of large vectors send each from where it lies") {
  const std::map<std::string, std::vector<double>> map{{"a", numbers(1)}, {"b", numbers(2)}};
  const Parcel parcel = pack(map);
  CHECK(is_segment(parcel, map.at("a").data()));
  CHECK(is_segment(parcel, map.at("b").data()));
  CHECK(unpack<std::map<std::string, std::vector<double>>>(parcel) == map);
}

TEST_CASE("a segment of another size than announced is an error") {
  Parcel parcel = pack(numbers(1));
  parcel.segments[0].resize(parcel.segments[0].size() - 8);
  CHECK_THROWS_AS(unpack<std::vector<double>>(parcel), detail::DecodeError);
}

TEST_CASE("only types that our own code loads in place may be filled later") {
  const auto later = []<class T>(std::type_identity<T>) { return detail::value_type<T>().may_fill_later; };
  struct NoDefault {
    explicit NoDefault(int) {}
  };
  using Big = std::array<double, 2000>;
  CHECK(later(std::type_identity<int>()));
  CHECK(later(std::type_identity<Big>()));
  CHECK(later(std::type_identity<std::string>()));
  CHECK(later(std::type_identity<std::vector<double>>()));
  CHECK(later(std::type_identity<std::vector<std::vector<double>>>()));
  CHECK(later(std::type_identity<std::tuple<int, std::string, std::optional<std::vector<int>>>>()));
  CHECK(later(std::type_identity<std::pair<std::string, Big>>()));
  CHECK_FALSE(later(std::type_identity<std::vector<std::pair<std::string, Big>>>()));
  CHECK_FALSE(later(std::type_identity<std::vector<NoDefault>>()));
  CHECK_FALSE(later(std::type_identity<std::vector<bool>>()));
  CHECK_FALSE(later(std::type_identity<std::set<int>>()));
  CHECK_FALSE(later(std::type_identity<std::variant<int, double>>()));
  CHECK_FALSE(later(std::type_identity<Matrix>()));
  CHECK_FALSE(later(std::type_identity<std::vector<Matrix>>()));
}

TEST_CASE("blocks of a value that may be filled later do not move while it is loaded") {
  std::vector<std::pair<std::string, std::vector<double>>> value;
  for (int i = 0; i < 100; ++i) value.emplace_back("", numbers(i));
  const Parcel parcel = pack(value);
  SegmentList segments(parcel.segments);
  detail::Decoder in(parcel.bytes, nullptr, &segments);
  const detail::Value loaded(detail::value_type<decltype(value)>().decode(in));
  const auto& pairs = detail::object_of<decltype(value)>(loaded);
  REQUIRE(segments.filled().size() == pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const void* received = segments.filled()[i].data;
    CHECK(received == pairs[i].second.data());
  }
}
