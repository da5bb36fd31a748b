# hwloc, the hardware's layout: Hwloc::Hwloc, Hwloc_FOUND, Hwloc_VERSION. CMake has no module for it, and not every
# system has a pkg-config for it either.
find_path(Hwloc_INCLUDE_DIR hwloc.h)
find_library(Hwloc_LIBRARY hwloc)
mark_as_advanced(Hwloc_INCLUDE_DIR Hwloc_LIBRARY)

if(Hwloc_INCLUDE_DIR AND EXISTS "${Hwloc_INCLUDE_DIR}/hwloc/autogen/config.h")
  file(STRINGS "${Hwloc_INCLUDE_DIR}/hwloc/autogen/config.h" line REGEX "define HWLOC_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" Hwloc_VERSION "${line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hwloc REQUIRED_VARS Hwloc_LIBRARY Hwloc_INCLUDE_DIR VERSION_VAR Hwloc_VERSION)

if(Hwloc_FOUND AND NOT TARGET Hwloc::Hwloc)
  add_library(Hwloc::Hwloc UNKNOWN IMPORTED)
  set_target_properties(Hwloc::Hwloc PROPERTIES IMPORTED_LOCATION "${Hwloc_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${Hwloc_INCLUDE_DIR}")
endif()
