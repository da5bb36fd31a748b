#pragma once

#include <boost/archive/archive_exception.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/binary_object.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/serialization.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/version.hpp>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

#include "cohort/detail/serialize_std.hpp"

/// What both archives need.
///
/// Bytes: a pointer is a u32: 0, null; n, the (n-1)th object that was tracked so far; one more than there are, a new
/// one, which follows. The object of a pointer to a polymorphic class starts with its class, a u16: the place in the
/// list of classes met so far; at its end, a new one: a u8 length and the exported name follow, no name being the
/// pointer's own type. Objects held by value get their numbers without a byte, if pointers to their class are saved
/// anywhere.
namespace cohort::detail {

template <class T>
inline constexpr bool is_nvp = false;
template <class T>
inline constexpr bool is_nvp<boost::serialization::nvp<T>> = true;
template <class T>
inline constexpr bool is_array_wrapper = false;
template <class T>
inline constexpr bool is_array_wrapper<boost::serialization::array_wrapper<T>> = true;

/// Pointers to T are numbered, so that two to one object stay so.
template <class T>
inline constexpr bool tracks_pointers =
    boost::serialization::tracking_level<T>::value != boost::serialization::track_never;

template <class T>
inline constexpr unsigned int version_of = boost::serialization::version<T>::value;

/// Set before main() by any use of an archive with a pointer to T.
template <class T>
struct PointedTo {
  static inline bool value = false;
};
template <class T>
struct MarksPointedTo {
  static inline const bool done = (PointedTo<T>::value = true);
};

template <class T>
consteval void require_archivable() {
  static_assert(!std::is_function_v<T> && !std::is_void_v<T>,
                "a serialize saves a pointer to a function or to void: nothing of it can be saved");
  static_assert(
      !is_view<T> && !is_reference_wrapper<T> && !std::is_member_pointer_v<T>,
      "a serialize saves something that only refers to memory (a view, string_view, span, reference_wrapper): "
      "save the owning type instead (std::string, std::vector, the value itself)");
}

/// Watches how deep the calls on this thread's stack go, so that a value nested without end is an error, not a crash.
class StackWatch {
 public:
  template <class Error>
  void check() const {
    const auto* here = static_cast<const char*>(__builtin_frame_address(0));
    const auto depth = start_ > here ? start_ - here : here - start_;
    if (depth > kDeepest) throw Error("a value is nested too deeply");
  }

 private:
  static constexpr std::ptrdiff_t kDeepest = 4 * 1024 * 1024;
  const char* start_ = static_cast<const char*>(__builtin_frame_address(0));
};

}  // namespace cohort::detail
