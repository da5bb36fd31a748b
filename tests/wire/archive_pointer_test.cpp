#include <doctest/doctest.h>

#include <boost/serialization/shared_ptr.hpp>
#include <boost/serialization/unique_ptr.hpp>
#include <boost/serialization/weak_ptr.hpp>
#include <boost/shared_ptr.hpp>

#include "wire/travel.hpp"

using namespace cohort;
using namespace cohort::test;
using cohort::detail::DecodeError;

namespace pointers {

struct Other {
  virtual ~Other() = default;
  int other = 5;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& other;
  }
};

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& name;
  }
};

struct Square : Shape {
  double side = 0;
  double area() const override { return side * side; }
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Shape>(*this) & side;
  }
};

/// Shape is not its first base.
struct Labelled : Other, Shape {
  std::vector<double> values;
  double area() const override { return static_cast<double>(values.size()); }
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Other>(*this) & boost::serialization::base_object<Shape>(*this) & values;
  }
};

/// Exported, but no Shape.
struct Stranger : Other {
  std::string text = "stranger";
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Other>(*this) & text;
  }
};

struct NotExported : Shape {
  double area() const override { return 0; }
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& boost::serialization::base_object<Shape>(*this);
  }
};

/// Owns its children; knows its parent.
struct Tree {
  int number = 0;
  Tree* parent = nullptr;
  std::vector<std::unique_ptr<Tree>> children;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& number& parent& children;
  }
};

/// Points to one of its own nodes, held by value.
struct Node {
  int number = 0;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& number;
  }
};
struct Graph {
  std::vector<Node> nodes;
  std::set<int> others;
  Node* chosen = nullptr;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& nodes& others& chosen;
  }
};

struct Ring {
  int number = 0;
  std::shared_ptr<Ring> next;
  std::weak_ptr<Ring> before;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& number& next& before;
  }
};

struct BoostShared {
  boost::shared_ptr<Node> first;
  boost::shared_ptr<Node> second;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& first& second;
  }
};

/// Made from its number: it has no default constructor.
struct Made {
  explicit Made(int n) : number(n) {}
  int number;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& text;
  }
};
template <class Archive>
void save_construct_data(Archive& archive, const Made* made, const unsigned int) {
  archive << made->number;
}
template <class Archive>
void load_construct_data(Archive& archive, Made* made, const unsigned int) {
  int number;
  archive >> number;
  ::new (made) Made(number);
}

/// Throws when it has read a number.
struct Thrower {
  std::string text = std::string(100, 'x');
  bool throws = false;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& text& throws;
    if (Archive::is_loading::value && throws) throw std::runtime_error("thrower");
  }
};

struct Registered {
  std::unique_ptr<Shape> shape;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive.template register_type<NotExported>();
    archive& shape;
  }
};

struct Chain {
  std::unique_ptr<Chain> next;
  template <class Archive>
  void serialize(Archive& archive, const unsigned int) {
    archive& next;
  }
};

template <class T>
void expect_errors_when_cut(const Parcel& parcel) {
  for (std::size_t count = 0; count < parcel.bytes.size(); ++count) {
    Parcel cut = parcel;
    cut.bytes.resize(count);
    CHECK_THROWS_AS(unpack<T>(cut), DecodeError);
  }
}

}  // namespace pointers

BOOST_CLASS_EXPORT(pointers::Square)
BOOST_CLASS_EXPORT(pointers::Labelled)
BOOST_CLASS_EXPORT(pointers::Stranger)

using namespace pointers;

TEST_CASE("a unique_ptr brings its object, or null") {
  CHECK(*travel(std::make_unique<int>(5)) == 5);
  CHECK(travel(std::unique_ptr<int>()) == nullptr);
  CHECK(pack(std::make_unique<int>(5)).bytes.size() == 5);
  CHECK(*travel(std::make_unique<const std::string>("a")) == "a");
  const auto nested = travel(std::make_unique<std::unique_ptr<std::string>>(std::make_unique<std::string>("b")));
  CHECK(**nested == "b");
  expect_errors_when_cut<std::unique_ptr<std::string>>(pack(std::make_unique<std::string>("a")));
}

TEST_CASE("an exported class travels by a pointer to its base") {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 0; i < 2; ++i) {
    auto square = std::make_unique<Square>();
    square->name = "square";
    square->side = i;
    shapes.push_back(std::move(square));
    auto labelled = std::make_unique<Labelled>();
    labelled->name = "labelled";
    labelled->other = 7;
    labelled->values = std::vector<double>(5000, 1.0);
    shapes.push_back(std::move(labelled));
  }
  shapes.push_back(nullptr);
  const Parcel parcel = pack(shapes);
  CHECK(parcel.segments.size() == 2);
  const auto copy = unpack<std::vector<std::unique_ptr<Shape>>>(parcel);
  REQUIRE(copy.size() == 5);
  CHECK(copy[0]->area() == 0);
  CHECK(copy[1]->area() == 5000);
  CHECK(copy[1]->name == "labelled");
  CHECK(dynamic_cast<const Labelled&>(*copy[1]).other == 7);
  CHECK(copy[2]->area() == 1);
  CHECK(copy[4] == nullptr);
  expect_errors_when_cut<std::vector<std::unique_ptr<Shape>>>(parcel);
}

TEST_CASE("a class of another family, or unknown, is an error") {
  std::unique_ptr<Other> stranger = std::make_unique<Stranger>();
  const Parcel parcel = pack(stranger);
  CHECK(dynamic_cast<Stranger&>(*unpack<std::unique_ptr<Other>>(parcel)).text == "stranger");
  CHECK_THROWS_AS(unpack<std::unique_ptr<Shape>>(parcel), DecodeError);
  Parcel unknown = parcel;
  unknown.bytes[6] = std::byte{'?'};
  CHECK_THROWS_AS(unpack<std::unique_ptr<Other>>(unknown), DecodeError);
}

TEST_CASE("a class that was not exported is an error for the sender") {
  const std::unique_ptr<Shape> shape = std::make_unique<NotExported>();
  CHECK_THROWS_AS(pack(shape), boost::archive::archive_exception);
}

TEST_CASE("a class may be registered with the archive instead of exported") {
  Registered registered;
  registered.shape = std::make_unique<NotExported>();
  CHECK(dynamic_cast<NotExported*>(travel(registered).shape.get()) != nullptr);
}

TEST_CASE("what shared_ptrs share within one value is shared again") {
  const auto shared = std::make_shared<std::string>("a");
  const auto copy = travel(std::vector<std::shared_ptr<std::string>>{shared, shared, nullptr});
  CHECK(*copy[0] == "a");
  CHECK(copy[0] == copy[1]);
  CHECK(copy[0].use_count() == 2);
  CHECK(copy[2] == nullptr);
  CHECK(*travel(std::make_shared<const int>(3)) == 3);

  auto square = std::make_shared<Square>();
  square->side = 2;
  const std::pair<std::shared_ptr<Shape>, std::shared_ptr<Square>> both{square, square};
  const auto both_copied = travel(both);
  CHECK(both_copied.first->area() == 4);
  CHECK(both_copied.first.get() == both_copied.second.get());
  expect_errors_when_cut<std::remove_const_t<decltype(both)>>(pack(both));
}

TEST_CASE("a ring of shared_ptrs is a ring again") {
  auto first = std::make_shared<Ring>();
  first->number = 1;
  first->next = std::make_shared<Ring>();
  first->next->number = 2;
  first->next->next = first;
  first->next->before = first;
  const std::shared_ptr<Ring> copy = travel(first);
  CHECK(copy->next->number == 2);
  CHECK(copy->next->next == copy);
  CHECK(copy->next->before.lock() == copy);
  first->next->next.reset();
  copy->next->next.reset();
}

TEST_CASE("boost::shared_ptr works through Boost's own header") {
  BoostShared value{boost::shared_ptr<Node>(new Node{4}), {}};
  value.second = value.first;
  const BoostShared copy = travel(value);
  CHECK(copy.first->number == 4);
  CHECK(copy.first == copy.second);
}

TEST_CASE("a raw pointer back to an object held by value or by unique_ptr is kept") {
  Tree tree;
  tree.number = 1;
  for (int i = 0; i < 10; ++i) {
    tree.children.push_back(std::make_unique<Tree>());
    tree.children.back()->parent = &tree;
    tree.children.back()->number = i;
  }
  detail::Encoder out;
  detail::encode(tree, out);
  detail::Decoder in(out.bytes().view());
  Tree copy;
  detail::decode_into(copy, in);
  CHECK(copy.parent == nullptr);
  REQUIRE(copy.children.size() == 10);
  for (int i = 0; i < 10; ++i) {
    CHECK(copy.children[static_cast<std::size_t>(i)]->parent == &copy);
    CHECK(copy.children[static_cast<std::size_t>(i)]->number == i);
  }
}

TEST_CASE("a raw pointer into a vector of the same object is kept") {
  Graph graph;
  for (int i = 0; i < 100; ++i) graph.nodes.push_back({i});
  graph.chosen = &graph.nodes[50];
  const std::map<std::string, Graph> graphs = [&] {
    std::map<std::string, Graph> map;
    Graph& copy = map["a"];
    copy.nodes = graph.nodes;
    copy.chosen = &copy.nodes[50];
    return map;
  }();
  const auto copy = travel(graphs);
  CHECK(copy.at("a").chosen == &copy.at("a").nodes[50]);
}

TEST_CASE("the first member of a shared object is numbered on both sides") {
  const auto shared = std::make_shared<std::pair<Node, std::string>>(Node{1}, "a");
  Graph graph;
  graph.nodes.push_back({2});
  graph.chosen = &graph.nodes[0];
  std::tuple<std::shared_ptr<std::pair<Node, std::string>>, std::unique_ptr<Graph>> value;
  std::get<0>(value) = shared;
  std::get<1>(value) = std::make_unique<Graph>(std::move(graph));
  const auto copy = travel(value);
  CHECK(std::get<0>(copy)->first.number == 1);
  CHECK(std::get<1>(copy)->chosen == std::get<1>(copy)->nodes.data());
}

TEST_CASE("a class without a default constructor travels by pointer with its construct data") {
  auto made = std::make_unique<Made>(6);
  made->text = "six";
  const auto copy = travel(made);
  CHECK(copy->number == 6);
  CHECK(copy->text == "six");
}

TEST_CASE("an object whose loading throws is destroyed") {
  const auto thrower = [] {
    auto result = std::make_unique<Thrower>();
    result->throws = true;
    return result;
  }();
  CHECK_THROWS_AS(travel(thrower), std::runtime_error);
  CHECK_THROWS_AS(travel(std::shared_ptr<Thrower>(new Thrower(*thrower))), std::runtime_error);
}

TEST_CASE("a pointer to an object that is not there, or of another type, is an error") {
  const auto shared = std::make_shared<int>(3);
  using Shared = std::vector<std::shared_ptr<int>>;
  Parcel parcel = pack(Shared{shared, shared});
  parcel.bytes.at(16) = std::byte{9};
  CHECK_THROWS_AS(unpack<Shared>(parcel), DecodeError);

  using Two = std::pair<std::shared_ptr<int>, std::shared_ptr<double>>;
  parcel = pack(Two{shared, std::make_shared<double>(1.0)});
  parcel.bytes.at(8) = std::byte{1};
  CHECK_THROWS_AS(unpack<Two>(parcel), DecodeError);
}

TEST_CASE("a value nested without end is an error for both sides") {
  Parcel parcel;
  parcel.bytes.assign(1'000'000, std::byte{1});
  CHECK_THROWS_AS(unpack<std::unique_ptr<Chain>>(parcel), DecodeError);

  auto chain = std::make_unique<Chain>();
  for (int i = 0; i < 200'000; ++i) {
    auto longer = std::make_unique<Chain>();
    longer->next = std::move(chain);
    chain = std::move(longer);
  }
  CHECK_THROWS_AS(pack(chain), std::length_error);
  while (chain) chain = std::exchange(chain->next, nullptr);
}
