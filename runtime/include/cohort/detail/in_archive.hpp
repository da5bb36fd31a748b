#pragma once

#include <boost/archive/detail/basic_iarchive.hpp>
#include <boost/archive/detail/interface_iarchive.hpp>
#include <boost/archive/detail/iserializer.hpp>
#include <boost/serialization/extended_type_info.hpp>
#include <boost/serialization/void_cast.hpp>
#include <memory>
#include <typeinfo>
#include <utility>
#include <vector>

#include "cohort/detail/archive_common.hpp"
#include "cohort/detail/out_archive.hpp"

namespace cohort::detail {

/// The Boost archive that loads what an OutArchive saved.
///
/// Throws DecodeError for bytes that cannot be. It believes one thing: that two raw pointers to one object, in a
/// class's own `serialize`, are meant to be so.
class InArchive final : public boost::archive::detail::basic_iarchive,
                        public boost::archive::detail::interface_iarchive<InArchive> {
  using Class = boost::archive::detail::basic_pointer_iserializer;
  using TypeInfo = boost::serialization::extended_type_info;

 public:
  explicit InArchive(Decoder& in) : basic_iarchive(boost::archive::no_header), in_(in) {}

  // What Boost and users' code call.

  template <class Const>
  void load_override(Const& given) {
    using boost::serialization::binary_object;
    using T = std::remove_const_t<Const>;
    require_archivable<T>();
    auto& value = const_cast<T&>(given);  // wrappers come as constants
    if constexpr (is_nvp<T>) {
      load_override(value.value());
    } else if constexpr (is_array_wrapper<T>) {
      load_array(value.address(), value.count());
    } else if constexpr (std::is_base_of_v<binary_object, T>) {
      load_binary(const_cast<void*>(value.m_t), value.m_size);
    } else {
      load_value(*this, value);
    }
  }
  void load_binary(void* into, std::size_t count) { read_block(into, count); }
  template <class T>
  const Class* register_type(const T* = nullptr) {
    const Class& type = class_of<T>();
    for (const Class* known : classes_) {
      if (known == &type) return &type;
    }
    classes_.push_back(&type);
    return &type;
  }
  template <class T>
  void reset_object_address(const T* now, const T* before) {
    moved(0, address_of(before), now, sizeof(T));
  }

  // What codecs call.

  void read(void* into, std::size_t count) { in_.read(into, count); }
  void read_block(void* into, std::size_t count) { in_.read_block(into, count); }
  void expect_block(std::size_t count) { in_.expect_block(count); }
  std::size_t left() const { return in_.left(); }
  Decoder& decoder() { return in_; }
  void skip(std::size_t count) {
    for (; count != 0; --count) in_.read_value<std::byte>();
  }
  /// How many objects have been tracked; for `moved`.
  std::size_t tracked() const { return objects_.size(); }
  /// The objects tracked since there were `since` that lay within `bytes` from `before` lie as far from `now`.
  /// Numbers, since `before` may be gone.
  void moved(std::size_t since, std::uintptr_t before, const void* now, std::size_t bytes) {
    for (std::size_t i = since; i < objects_.size(); ++i) {
      const auto offset = address_of(objects_[i].address) - before;
      if (objects_[i].address == nullptr || offset >= bytes) continue;
      objects_[i].address = const_cast<std::byte*>(static_cast<const std::byte*>(now)) + offset;
    }
  }

  /// Neither bitwise nor a standard type: a pointer or a class.
  template <class T>
  void load_other(T& value) {
    require_archivable<T>();
    if constexpr (std::is_pointer_v<T>) {
      using Object = std::remove_const_t<std::remove_pointer_t<T>>;
      // The program's own pointer is set only once the object is whole.
      value = load_pointer<Object>();
    } else {
      load_class(value);
    }
  }
  /// What OutArchive::save_pointee saved, as an object of its own.
  template <class T>
  T* load_pointee() {
    return load_pointee<T>(kUntracked);
  }
  /// Saved by value, of a class whose default constructor is private.
  template <class T>
  std::unique_ptr<T> load_by_default_constructor() {
    boost::archive::detail::heap_allocation<T> memory;
    // An error here: the class needs a default constructor; a private one needs `friend class
    // boost::serialization::access`.
    boost::serialization::access::construct(memory.get());
    std::unique_ptr<T> object(memory.release());
    load_value(*this, *object);
    return object;
  }
  template <class T>
  void load_shared(std::shared_ptr<T>& pointer) {
    using Object = std::remove_const_t<T>;
    std::uint32_t number;
    read(&number, sizeof(number));
    if (number == 0) return pointer.reset();
    const std::size_t index = number - 1;
    Object* object = nullptr;
    if (index == objects_.size()) {
      objects_.push_back({});
      object = load_pointee<Object>(index);
    } else {
      object = known_object<Object>(index);
    }
    if (objects_[index].by_value) throw DecodeError("a shared_ptr points to an object that somebody else holds");
    if (objects_[index].owner == nullptr) objects_[index].owner = std::shared_ptr<Object>(object);
    pointer = std::shared_ptr<T>(objects_[index].owner, object);
  }

 private:
  friend class boost::archive::detail::interface_iarchive<InArchive>;

  static constexpr std::size_t kUntracked = SIZE_MAX;

  /// An object that pointers may refer to.
  struct Tracked {
    void* address = nullptr;  ///< of the whole object; null: not constructed yet
    const std::type_info* type = nullptr;
    const TypeInfo* boost_type = nullptr;  ///< polymorphic classes only
    bool by_value = false;
    std::shared_ptr<void> owner = nullptr;
  };
  /// The object of the pointer that is being loaded.
  struct Expected {
    void* address;
    std::size_t index;
    bool constructed = false;
  };

  template <class T>
  void load_array(T* elements, std::size_t count) {
    if constexpr (bitwise<T>) {
      read_block(static_cast<void*>(elements), count * sizeof(T));
    } else {
      for (std::size_t i = 0; i < count; ++i) load_value(*this, elements[i]);
    }
  }

  template <class T>
  void load_class(T& object) {
    stack_.check<DecodeError>();
    track_class(object);
    boost::serialization::serialize_adl(*this, object, version_of<T>);
  }
  template <class T>
  void track_class(T& object) {
    const bool is_tracked = OutArchive::is_pointed_to<T>() && typeid(object) == typeid(T);
    Tracked tracked{.address = std::addressof(object), .type = &typeid(T), .by_value = true};
    if constexpr (std::is_polymorphic_v<T>) tracked.boost_type = &type_info_of<T>();
    if (expected_ != nullptr && !expected_->constructed && expected_->address == tracked.address) {
      expected_->constructed = true;
      if (expected_->index != kUntracked) {
        tracked.by_value = false;
        objects_[expected_->index] = std::move(tracked);
        return;
      }
    }
    if (is_tracked) objects_.push_back(std::move(tracked));
  }

  template <class T>
  T* load_pointer() {
    require_archivable<T>();
    std::uint32_t number;
    read(&number, sizeof(number));
    if (number == 0) return nullptr;
    if constexpr (tracks_pointers<T>) {
      static_cast<void>(&MarksPointedTo<T>::done);
      const std::size_t index = number - 1;
      if (index != objects_.size()) return known_object<T>(index);
      objects_.push_back({});
      return load_pointee<T>(index);
    } else {
      if (number != 1) throw DecodeError("a pointer is neither null nor not");
      return load_pointee<T>(kUntracked);
    }
  }
  template <class T>
  T* known_object(std::size_t index) const {
    if (index >= objects_.size() || objects_[index].address == nullptr) {
      throw DecodeError("a pointer refers to an object that is not there");
    }
    const Tracked& known = objects_[index];
    if (*known.type == typeid(T)) return static_cast<T*>(known.address);
    if constexpr (std::is_polymorphic_v<T>) {
      if (known.boost_type != nullptr) {
        if (T* object = as_base<T>(*known.boost_type, known.address)) return object;
      }
    }
    throw DecodeError("a pointer refers to an object of another type");
  }

  template <class T>
  T* load_pointee(std::size_t index) {
    if constexpr (std::is_polymorphic_v<T>) {
      return load_polymorphic<T>(index);
    } else if constexpr (!bitwise<T> && !HasCodec<T>) {
      boost::archive::detail::heap_allocation<T> memory;
      boost::serialization::load_construct_data_adl(*this, memory.get(), version_of<T>);
      T* object = memory.release();
      const ExpectedScope scope(*this, object, index);
      try {
        load_class(*object);
      } catch (...) {
        if (!is_owned(index)) boost::serialization::access::destroy(object);
        throw;
      }
      return object;
    } else if constexpr (std::is_default_constructible_v<T>) {
      auto object = std::make_unique<T>();
      load_value(*this, *object);
      if (index != kUntracked) objects_[index] = {.address = object.get(), .type = &typeid(T)};
      return object.release();
    } else {
      auto object = std::unique_ptr<T>(new T(load_new<T>(*this)));
      if (index != kUntracked) objects_[index] = {.address = object.get(), .type = &typeid(T)};
      return object.release();
    }
  }

  template <class T>
  T* load_polymorphic(std::size_t index) {
    const Class& type = load_class_of_object<T>();
    void* whole = type.heap_allocation();
    ExpectedScope scope(*this, whole, index);
    try {
      const boost::archive::version_type version = type.get_basic_serializer().version();
      type.load_object_ptr(*this, whole, version);
      if (T* object = as_base<T>(type.get_eti(), whole)) return object;
      throw DecodeError("a pointer refers to an object of another class");
    } catch (...) {
      if (!scope.expected.constructed) {
        ::operator delete(whole);
      } else if (!is_owned(index)) {
        type.get_basic_serializer().destroy(whole);
      }
      throw;
    }
  }
  template <class T>
  const Class& load_class_of_object() {
    std::uint16_t number;
    read(&number, sizeof(number));
    if (number < classes_.size()) return *classes_[number];
    if (number != classes_.size()) throw DecodeError("an object is of a class that is not there");
    std::uint8_t length;
    char name[256];
    read(&length, 1);
    read(name, length);
    name[length] = '\0';
    const Class* type = nullptr;
    if (length != 0) {
      const TypeInfo* info = TypeInfo::find(name);
      if (info != nullptr) {
        type = static_cast<const Class*>(boost::archive::detail::archive_serializer_map<InArchive>::find(*info));
      }
    } else if constexpr (!std::is_abstract_v<T>) {
      type = &class_of<T>();
    }
    if (type == nullptr) throw DecodeError("an object is of a class that was not exported");
    classes_.push_back(type);
    return *type;
  }

  template <class T>
  static const Class& class_of() {
    using namespace boost::serialization;
    return singleton<boost::archive::detail::pointer_iserializer<InArchive, T>>::get_const_instance();
  }
  template <class T>
  static const TypeInfo& type_info_of() {
    using namespace boost::serialization;
    return singleton<typename type_info_implementation<T>::type>::get_const_instance();
  }
  /// Null if the class does not derive from T.
  template <class T>
  static T* as_base(const TypeInfo& type, void* whole) {
    return static_cast<T*>(boost::serialization::void_upcast(type, type_info_of<T>(), whole));
  }
  bool is_owned(std::size_t index) const { return index != kUntracked && objects_[index].owner != nullptr; }

  struct ExpectedScope {
    ExpectedScope(InArchive& archive, void* address, std::size_t index)
        : archive_(archive), outer_(archive.expected_), expected{address, index} {
      archive_.expected_ = &expected;
    }
    ExpectedScope(const ExpectedScope&) = delete;
    ExpectedScope& operator=(const ExpectedScope&) = delete;
    ~ExpectedScope() { archive_.expected_ = outer_; }

   private:
    InArchive& archive_;
    Expected* outer_;

   public:
    Expected expected;
  };

  // Forced on us by basic_iarchive for its own headers, which are never read.
  void vload(boost::archive::version_type&) override {}
  void vload(boost::archive::object_id_type&) override {}
  void vload(boost::archive::class_id_type&) override {}
  void vload(boost::archive::class_id_optional_type&) override {}
  void vload(boost::archive::class_name_type&) override {}
  void vload(boost::archive::tracking_type&) override {}

  Decoder& in_;
  StackWatch stack_;
  Expected* expected_ = nullptr;
  std::vector<Tracked> objects_;
  std::vector<const Class*> classes_;
};

}  // namespace cohort::detail
