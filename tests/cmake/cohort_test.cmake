# cohort_test(NAME name SOURCES files… [LIBRARIES targets…] [LABELS labels…] [TIMEOUT seconds] [NO_THREADS])
#   A doctest program, linked with doctest_main.cpp and given the library's internals. NO_THREADS: nothing for
#   ThreadSanitizer to find, so it is not built there.
# cohort_mpi_test(NAME name SOURCES files… | PROGRAM target RANKS counts… [LIBRARIES …] [LABELS …] [TIMEOUT seconds]
#                 [ARGS …])
#   A program with a main of its own, or one that another call has made, run once under mpirun for each count of ranks, as
#   name_<ranks>. Not there without MPI.
# cohort_script_test(NAME name COMMAND …  [LABELS …] [TIMEOUT seconds] [PROCESSORS count])
#   Any command; not there in sanitizer builds, where it would find nothing new.
# In sanitizer builds only at 3 ranks.
# Labels: mpi (needs mpirun), long (not part of CI), sanitize (set by itself in sanitizer builds).

set(cohort_test_environment
    "ASAN_OPTIONS=detect_stack_use_after_return=0"
    "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_SOURCE_DIR}/sanitizers/lsan.supp:print_suppressions=0"
    "TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=${CMAKE_CURRENT_SOURCE_DIR}/sanitizers/tsan.supp"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "OMPI_MCA_rmaps_base_oversubscribe=1")
if(COHORT_SANITIZE)
  find_program(LLVM_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer REQUIRED)
  list(APPEND cohort_test_environment COHORT_TEST_SCALE=10 COHORT_GRAPHS=40 
       ASAN_SYMBOLIZER_PATH=${LLVM_SYMBOLIZER} TSAN_SYMBOLIZER_PATH=${LLVM_SYMBOLIZER})
endif()
execute_process(COMMAND id -u OUTPUT_VARIABLE user_id OUTPUT_STRIP_TRAILING_WHITESPACE)
if(user_id EQUAL 0)
  list(APPEND cohort_test_environment OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
endif()

function(cohort_test_program name sources libraries)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/runtime/src ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE cohort::cohort cohort_warnings Threads::Threads ${libraries})
  if(doctest::doctest IN_LIST libraries)
    target_precompile_headers(${name} REUSE_FROM precompiled_headers)
  endif()
endfunction()

function(cohort_test_properties name timeout labels)
  if(NOT timeout)
    set(timeout 60)
  endif()
  if(COHORT_SANITIZE)
    list(APPEND labels sanitize)
    math(EXPR timeout "${timeout} * 5")
  endif()
  # Those that may take long start first, or the last of them would run alone.
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} COST ${timeout} LABELS "${labels}"
                                          ENVIRONMENT "${cohort_test_environment}")
  if(mpi IN_LIST labels)
    # Slow, but without it nothing tells that memory was leaked by Open MPI, which has no frame pointers.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
                 "ASAN_OPTIONS=detect_stack_use_after_return=0:fast_unwind_on_malloc=0:malloc_context_size=10")
  endif()
endfunction()

function(cohort_test)
  cmake_parse_arguments(arg "NO_THREADS" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(arg_NO_THREADS AND COHORT_SANITIZE STREQUAL "thread")
    return()
  endif()
  cohort_test_program(${arg_NAME} "${arg_SOURCES}" "${arg_LIBRARIES};doctest_main;doctest::doctest")
  if(TARGET ${arg_NAME})
    add_test(NAME ${arg_NAME} COMMAND ${arg_NAME})
    cohort_test_properties(${arg_NAME} "${arg_TIMEOUT}" "${arg_LABELS}")
  endif()
endfunction()

function(cohort_mpi_test)
  cmake_parse_arguments(arg "" "NAME;PROGRAM;TIMEOUT" "SOURCES;RANKS;LIBRARIES;LABELS;ARGS" ${ARGN})
  if(NOT COHORT_MPI)
    return()
  endif()
  if(NOT arg_PROGRAM)
    set(arg_PROGRAM ${arg_NAME})
    cohort_test_program(${arg_NAME} "${arg_SOURCES}" "${arg_LIBRARIES}")
  endif()
  if(NOT TARGET ${arg_PROGRAM})
    return()
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    # A sanitizer's run is slow, and needs one scheduler, two workers and what they say to each other.
    if(COHORT_SANITIZE AND NOT ranks EQUAL 3)
      continue()
    endif()
    set(name ${arg_NAME}_${ranks})
    add_test(NAME ${name} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${MPIEXEC_PREFLAGS}
                                  $<TARGET_FILE:${arg_PROGRAM}> ${MPIEXEC_POSTFLAGS} ${arg_ARGS})
    cohort_test_properties(${name} "${arg_TIMEOUT}" "mpi;${arg_LABELS}")
    # Two at once would take several times as long: each rank looks for messages while others should run.
    set_tests_properties(${name} PROPERTIES PROCESSORS ${ranks})
  endforeach()
endfunction()

function(cohort_script_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT;PROCESSORS" "COMMAND;LABELS" ${ARGN})
  if(COHORT_SANITIZE)
    return()
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND})
  if(arg_PROCESSORS)
    set_tests_properties(${arg_NAME} PROPERTIES PROCESSORS ${arg_PROCESSORS})
  endif()
  cohort_test_properties(${arg_NAME} "${arg_TIMEOUT}" "${arg_LABELS}")
endfunction()
