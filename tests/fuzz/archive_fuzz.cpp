#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "cohort/detail/value_type.hpp"

/// Any bytes as a value: the first chooses its type, the second how much of the rest are segments. Each is read or
/// refused; what was read can be written.
namespace {

using namespace cohort::detail;
using Bytes = std::span<const std::byte>;

struct Plain {
  int number;
  double weight;
};

struct Document {
  std::string title;
  std::vector<std::vector<double>> tables;
  std::map<std::string, std::optional<Plain>> notes;
  std::vector<Document> parts;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& title& tables& notes& parts;
  }
};

struct Nothing {
  template <class Archive>
  void serialize(Archive&, const unsigned int) {}
};

struct Shape {
  virtual ~Shape() = default;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& name;
  }
};
struct Polygon : Shape {
  std::vector<double> corners;
  std::unique_ptr<Shape> inner;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Shape>(*this) & corners& inner;
  }
};
/// Exported, but no Shape.
struct Stranger {
  virtual ~Stranger() = default;
  std::vector<std::string> words;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& words;
  }
};

/// Owns downwards, points upwards.
struct Tree {
  Tree() { ++made; }
  Tree* parent = nullptr;
  std::unique_ptr<Tree> own_parent;  ///< the bytes may say that the parent is nobody else's
  std::vector<std::unique_ptr<Tree>> children;
  std::map<int, std::string> names;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    const int made_before = made;
    archive& parent;
    if (made != made_before) own_parent.reset(parent);
    archive& children& names;
  }
  static inline int made = 0;
};

class SegmentsAtEnd final : public SegmentSource {
 public:
  /// Each segment has its size in the two bytes before it, times 16.
  explicit SegmentsAtEnd(Bytes bytes) : left_(bytes) {}
  std::size_t next_size() override {
    std::uint16_t size;
    if (left_.size() < sizeof(size)) throw DecodeError("no segment is left");
    std::memcpy(&size, left_.data(), sizeof(size));
    return std::size_t{size} * 16;
  }
  void read(MutableSegment into) override {
    left_ = left_.subspan(sizeof(std::uint16_t));
    const std::size_t there = std::min(left_.size(), into.size);
    std::memset(into.data, 0, into.size);
    if (there != 0) std::memcpy(into.data, left_.data(), there);
    left_ = left_.subspan(there);
  }

 private:
  Bytes left_;
};

template <class T>
void decode_and_encode(Decoder& in) {
  const Value value(value_type<T>().decode(in));
  Encoder out;
  value.box()->type().encode(*value.box(), out);
}

using Shared = std::shared_ptr<std::vector<std::string>>;

constexpr std::array kTypes{
    &decode_and_encode<std::vector<std::vector<std::string>>>,
    &decode_and_encode<std::map<std::string, std::vector<int>>>,
    &decode_and_encode<std::variant<int, std::string, std::vector<double>, Document>>,
    &decode_and_encode<std::tuple<std::string, int, std::optional<std::vector<double>>>>,
    &decode_and_encode<std::optional<std::pair<std::string, bool>>>,
    &decode_and_encode<std::deque<std::array<std::string, 2>>>,
    &decode_and_encode<std::unordered_map<std::string, std::list<int>>>,
    &decode_and_encode<Document>,
    &decode_and_encode<std::vector<std::unique_ptr<Shape>>>,
    &decode_and_encode<std::vector<std::shared_ptr<Shape>>>,
    &decode_and_encode<std::pair<std::vector<Shared>, Shared>>,
    &decode_and_encode<std::vector<Plain>>,
    &decode_and_encode<std::vector<bool>>,
    &decode_and_encode<std::vector<std::list<Nothing>>>,
    &decode_and_encode<std::unordered_set<std::string>>,
    &decode_and_encode<std::multimap<int, std::filesystem::path>>,
    &decode_and_encode<std::set<std::vector<int>>>,
    &decode_and_encode<std::unique_ptr<Stranger>>,
    &decode_and_encode<std::forward_list<std::bitset<37>>>,
    &decode_and_encode<std::unique_ptr<Tree>>,
    &decode_and_encode<std::array<double, 2048>>,
    &decode_and_encode<std::u32string>,
};

}  // namespace

BOOST_CLASS_EXPORT(Polygon)
BOOST_CLASS_EXPORT(Stranger)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const Bytes all = std::as_bytes(std::span(bytes, size));
  const auto type = kTypes[bytes[0] % kTypes.size()];
  const Bytes rest = all.subspan(2);
  const std::size_t in_segments = std::min(rest.size(), std::size_t{bytes[1]} * 16);
  SegmentsAtEnd segments(rest.last(in_segments));
  Decoder in(rest.first(rest.size() - in_segments), nullptr, &segments);
  try {
    type(in);
  } catch (const DecodeError&) {
    return 0;
  }
  return 0;
}
