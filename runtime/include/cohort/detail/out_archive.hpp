#pragma once

#include <boost/archive/detail/basic_oarchive.hpp>
#include <boost/archive/detail/interface_oarchive.hpp>
#include <boost/archive/detail/oserializer.hpp>
#include <cstring>
#include <memory>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "cohort/detail/archive_common.hpp"

namespace cohort::detail {

/// The Boost archive that saves into an Encoder. What is no pointer has no header bytes.
///
/// A block is sent from where it lies only if it lies in the value itself, which outlives the archive; what a `save`
/// makes for the moment is copied. The archive knows by following who holds what: a Frame for each object being saved.
class OutArchive final : public boost::archive::detail::basic_oarchive,
                         public boost::archive::detail::interface_oarchive<OutArchive> {
  using Class = boost::archive::detail::basic_pointer_oserializer;

 public:
  explicit OutArchive(Encoder& out) : basic_oarchive(boost::archive::no_header), out_(out) {}

  // What Boost and users' code call.

  template <class T>
  void save_override(const T& value) {
    using boost::serialization::binary_object;
    require_archivable<T>();
    if constexpr (is_nvp<T>) {
      save_override(value.const_value());
    } else if constexpr (is_array_wrapper<T>) {
      save_array(value.address(), value.count());
    } else if constexpr (std::is_base_of_v<binary_object, T>) {
      save_binary(value.m_t, value.m_size);
    } else if constexpr (std::is_pointer_v<T>) {
      save_pointer(value, value);
    } else if constexpr (bitwise<T> && sizeof(T) < kSegmentBytes) {
      write(std::addressof(value), sizeof(T));
    } else {
      const FrameScope scope(*this, std::addressof(value), sizeof(T), std::addressof(value));
      save_value(*this, value);
    }
  }
  void save_binary(const void* from, std::size_t count) {
    const FrameScope scope(*this, from, count, from);
    write_block(from, count);
  }
  template <class T>
  const Class* register_type(const T* = nullptr) {
    const Class& type = class_of<T>();
    if (number_of(type) == classes_.size()) classes_.push_back(&type);
    return &type;
  }

  // What codecs call.

  void write(const void* from, std::size_t count) { out_.write(from, count); }
  void write_block(const void* from, std::size_t count) {
    const bool stays = count >= kSegmentBytes && is_part_of_value();
    const std::size_t segments = out_.segments().size();
    out_.write_block(from, count, stays);
    if (out_.segments().size() != segments) segment_bytes_ += count;
  }
  std::size_t inline_bytes() const { return out_.total_bytes() - segment_bytes_; }
  Encoder& encoder() { return out_; }

  /// Neither bitwise nor a standard type: a pointer or a class.
  template <class T>
  void save_other(const T& value) {
    using namespace boost::serialization;
    require_archivable<T>();
    if constexpr (std::is_pointer_v<T>) {
      save_pointer(value, nullptr);
    } else {
      save_class(value);
    }
  }
  /// The object of a pointer, together with what is needed to make it: its class, the constructor's arguments.
  template <class T>
  void save_pointee(const T& object) {
    if constexpr (std::is_polymorphic_v<T>) {
      save_polymorphic(object);
    } else if constexpr (!bitwise<T> && !HasCodec<T>) {
      const FrameScope scope(*this, std::addressof(object), sizeof(T), nullptr);
      boost::serialization::save_construct_data_adl(*this, std::addressof(object), version_of<T>);
      save_class(object);
    } else {
      save_value(*this, object);
    }
  }
  template <class T>
  void save_shared(const std::shared_ptr<T>& pointer) {
    save_tracked(static_cast<const std::remove_const_t<T>*>(pointer.get()), nullptr);
  }

 private:
  friend class boost::archive::detail::interface_oarchive<OutArchive>;

  /// An object that is being saved.
  struct Frame {
    const Frame* outer;
    const void* object;
    std::size_t bytes;
    const void* held_by_outer;  ///< must be found in `outer` for this to be part of the value; null: is known to be

    /// Whether `address` lies in the object, or one of its words is `address`.
    bool holds(const void* address) const {
      const auto* begin = static_cast<const std::byte*>(object);
      const auto first = reinterpret_cast<std::uintptr_t>(begin);
      const auto wanted = reinterpret_cast<std::uintptr_t>(address);
      if (wanted >= first && wanted - first < bytes) return true;
      constexpr std::size_t kWord = sizeof(void*);
      std::uintptr_t word;
      for (std::size_t at = (kWord - first % kWord) % kWord; at + kWord <= bytes; at += kWord) {
        std::memcpy(&word, begin + at, kWord);
        if (word == wanted) return true;
      }
      return false;
    }
  };
  class FrameScope {
   public:
    FrameScope(OutArchive& archive, const void* object, std::size_t bytes, const void* held_by_outer)
        : archive_(archive), frame_{archive.frame_, object, bytes, held_by_outer} {
      archive_.frame_ = &frame_;
    }
    FrameScope(const FrameScope&) = delete;
    FrameScope& operator=(const FrameScope&) = delete;
    ~FrameScope() { archive_.frame_ = frame_.outer; }

   private:
    OutArchive& archive_;
    Frame frame_;
  };

  bool is_part_of_value() const {
    for (const Frame* frame = frame_; frame != nullptr; frame = frame->outer) {
      if (frame->held_by_outer != nullptr && frame->outer != nullptr && !frame->outer->holds(frame->held_by_outer)) {
        return false;
      }
    }
    return true;
  }

  template <class T>
  void save_array(const T* elements, std::size_t count) {
    const FrameScope scope(*this, elements, count * sizeof(T), elements);
    if constexpr (bitwise<T>) {
      write_block(elements, count * sizeof(T));
    } else {
      for (std::size_t i = 0; i < count; ++i) save_value(*this, elements[i]);
    }
  }

  template <class T>
  void save_class(const T& object) {
    stack_.check<std::length_error>();
    const void* address = std::addressof(object);
    if (tracked_.is(address, typeid(T))) {
      tracked_ = {};
    } else if (is_pointed_to<T>() && typeid(object) == typeid(T)) {
      track_by_value(address, typeid(T));
    }
    const FrameScope scope(*this, address, sizeof(T), nullptr);
    boost::serialization::serialize_adl(*this, const_cast<T&>(object), version_of<T>);
  }

  template <class T>
  void save_pointer(const T* pointer, const void* held_by_outer) {
    require_archivable<T>();
    if constexpr (tracks_pointers<T>) {
      save_tracked(pointer, held_by_outer);
    } else {
      const std::uint32_t number = pointer != nullptr ? 1 : 0;
      write(&number, sizeof(number));
      if (pointer == nullptr) return;
      const FrameScope scope(*this, pointer, sizeof(T), held_by_outer);
      save_pointee(*pointer);
    }
  }
  template <class T>
  void save_tracked(const T* pointer, const void* held_by_outer) {
    static_cast<void>(&MarksPointedTo<T>::done);
    std::uint32_t number = 0;
    if (pointer == nullptr) return write(&number, sizeof(number));
    const void* address = whole_object(pointer);
    const auto [place, added] = objects_.try_emplace({address, typeid(*pointer)}, Tracked{object_count_, true});
    number = place->second.index + 1;
    write(&number, sizeof(number));
    if (!added) return;
    ++object_count_;
    const FrameScope scope(*this, pointer, 1, held_by_outer);
    const WholeObject outer = std::exchange(tracked_, {address, &typeid(*pointer)});
    save_pointee(*pointer);
    tracked_ = outer;
  }
  void track_by_value(const void* address, const std::type_info& type) {
    Tracked& tracked = objects_[{address, type}];
    if (tracked.by_pointer) {
      throw boost::archive::archive_exception(boost::archive::archive_exception::pointer_conflict, type.name());
    }
    tracked.index = object_count_++;
  }

  template <class T>
  void save_polymorphic(const T& object) {
    using namespace boost::serialization;
    using boost::archive::archive_exception;
    const auto& own_type = singleton<typename type_info_implementation<T>::type>::get_const_instance();
    const extended_type_info& own = own_type;
    const extended_type_info* actual = own_type.get_derived_extended_type_info(object);
    if (actual == nullptr) throw archive_exception(archive_exception::unregistered_class, typeid(object).name());
    const Class* type = nullptr;
    if constexpr (!std::is_abstract_v<T>) {
      if (own == *actual) type = &class_of<T>();
    }
    const bool is_own = type != nullptr;
    const void* whole = is_own ? std::addressof(object) : void_downcast(*actual, own, std::addressof(object));
    if (whole == nullptr) {
      throw archive_exception(archive_exception::unregistered_cast, actual->get_debug_info(), own.get_debug_info());
    }
    if (!is_own) {
      type = static_cast<const Class*>(boost::archive::detail::archive_serializer_map<OutArchive>::find(*actual));
      const bool has_name = actual->get_key() != nullptr;
      if (type == nullptr || (!has_name && number_of(*type) == classes_.size())) {
        throw archive_exception(archive_exception::unregistered_class, actual->get_debug_info());
      }
    }
    save_class_of_object(*type, is_own ? nullptr : actual->get_key());
    const FrameScope scope(*this, whole, 1, nullptr);
    type->save_object_ptr(*this, whole);
  }
  void save_class_of_object(const Class& type, const char* name) {
    const std::size_t number = number_of(type);
    const auto short_number = static_cast<std::uint16_t>(number);
    if (number != short_number) throw std::length_error("cohort: a value holds too many classes");
    write(&short_number, sizeof(short_number));
    if (number < classes_.size()) return;
    classes_.push_back(&type);
    const std::string_view key = name != nullptr ? name : "";
    const auto length = static_cast<std::uint8_t>(key.size());
    if (length != key.size()) throw std::length_error("cohort: the exported name of a class is too long");
    write(&length, 1);
    write(key.data(), key.size());
  }
  std::size_t number_of(const Class& type) const {
    std::size_t number = 0;
    while (number < classes_.size() && classes_[number] != &type) ++number;
    return number;
  }

  template <class T>
  static const Class& class_of() {
    using namespace boost::serialization;
    return singleton<boost::archive::detail::pointer_oserializer<OutArchive, T>>::get_const_instance();
  }
  template <class T>
  static const void* whole_object(const T* pointer) {
    if constexpr (std::is_polymorphic_v<T>) {
      return dynamic_cast<const void*>(pointer);
    } else {
      return pointer;
    }
  }

 public:
  /// Pointers to T are saved somewhere in the program, so that objects held by value must be tracked, too.
  template <class T>
  static bool is_pointed_to() {
    if constexpr (!tracks_pointers<T>) {
      return false;
    } else if constexpr (std::is_polymorphic_v<T>) {
      using namespace boost::serialization;
      return PointedTo<T>::value || singleton<boost::archive::detail::oserializer<OutArchive, T>>::get_const_instance()
                                        .serialized_as_pointer();
    } else {
      return PointedTo<T>::value;
    }
  }

 private:
  struct Key {
    const void* address;
    std::type_index type;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.address) * 31 + key.type.hash_code();
    }
  };
  struct WholeObject {
    const void* address = nullptr;
    const std::type_info* type = nullptr;
    bool is(const void* other, const std::type_info& other_type) const {
      return address == other && type != nullptr && *type == other_type;
    }
  };
  struct Tracked {
    std::uint32_t index = 0;
    bool by_pointer = false;
  };

  // Forced on us by basic_oarchive for its own headers, which are never written.
  void vsave(const boost::archive::version_type) override {}
  void vsave(const boost::archive::object_id_type) override {}
  void vsave(const boost::archive::object_reference_type) override {}
  void vsave(const boost::archive::class_id_type) override {}
  void vsave(const boost::archive::class_id_optional_type) override {}
  void vsave(const boost::archive::class_id_reference_type) override {}
  void vsave(const boost::archive::class_name_type&) override {}
  void vsave(const boost::archive::tracking_type) override {}

  Encoder& out_;
  StackWatch stack_;
  std::size_t segment_bytes_ = 0;
  const Frame* frame_ = nullptr;
  WholeObject tracked_;  ///< the object of the pointer that is being saved, until its class is
  std::uint32_t object_count_ = 0;
  std::unordered_map<Key, Tracked, KeyHash> objects_;
  std::vector<const Class*> classes_;
};

}  // namespace cohort::detail
