# The life of a run: run_test.sh starts run_probe on 0 (without mpirun), 1, 2, … ranks, one case for each test.
if(COHORT_SANITIZE)
  return()  # scripts, see cohort_script_test
endif()
set(libraries)
if(COHORT_MPI)
  set(libraries MPI::MPI_CXX)
endif()
cohort_test_program(run_probe run/run_probe.cpp "${libraries}")
target_compile_definitions(run_probe PRIVATE RUN_PROBE_WITH_MPI=$<BOOL:${COHORT_MPI}>)
cohort_test_program(run_probe_other "run/other_program.cpp;$<TARGET_OBJECTS:run_probe>" "${libraries}")

# run_cases(RANKS counts… CASES cases… [LABELS labels…] [TIMEOUT seconds])
function(run_cases)
  cmake_parse_arguments(arg "" "TIMEOUT" "RANKS;CASES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    if(ranks GREATER 0 AND NOT COHORT_MPI)
      continue()
    endif()
    foreach(case IN LISTS arg_CASES)
      set(labels ${arg_LABELS})
      if(ranks GREATER 0)
        list(APPEND labels mpi)
      endif()
      cohort_script_test(NAME run.${case}_${ranks} TIMEOUT ${arg_TIMEOUT} LABELS ${labels}
          COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run/run_test.sh ${case} ${ranks} $<TARGET_FILE:run_probe>
                  ${MPIEXEC_EXECUTABLE} ${MPIEXEC_PREFLAGS})
    endforeach()
  endforeach()
endfunction()

run_cases(RANKS 0 3 CASES
    arguments_are_taken_out
    body_returns
    body_returns_a_large_code
    body_throws
    body_throws_while_tasks_run
    body_throws_with_many_pending
    binding_is_shown
    doctor_finds_no_scratch_folder
    doctor_finds_nothing
    doctor_finds_too_little_memory
    dropped_tasks_run
    everything_works
    everything_works_on_one_thread
    exit_in_a_task
    exit_in_a_thread_while_the_body_waits
    exit_in_the_body
    exit_in_the_body_while_tasks_run
    failure_of_a_task_leaves_the_body
    failure_that_was_looked_at
    help_and_version
    run_twice
    sigcont_is_ignored
    sigint_while_idle
    sigint_while_tasks_run
    sigterm_on_one_thread
    sigterm_while_a_rank_is_late
    sigterm_while_idle
    sigterm_while_tasks_run
    sigterm_while_the_body_computes
    sigterm_while_the_body_waits
    sigusr1_before_the_run_begins
    sigusr1_ends_the_run_in_order
    sigusr1_while_nothing_is_left
    sigusr2_reports
    threads_are_set
    threads_by_default
    unseen_failure
    wrong_flag)
run_cases(RANKS 0 3 CASES time_limit_is_not_reached time_limit_is_reached time_limit_while_the_body_computes)
run_cases(RANKS 0 CASES sigusr2_tells_of_the_job time_limit_leaves_the_code_to_the_body)
run_cases(RANKS 3 CASES
    time_limit_after_the_body time_limit_before_a_long_task time_limit_is_reached_in_a_map time_limit_on_one_thread time_limit_while_long_tasks_run)
run_cases(RANKS 0 CASES doctor_finds_an_unused_job doctor_finds_worlds_of_one ignored_sigint_stays_ignored srun_without_mpi)
run_cases(RANKS 0 2 CASES
    doctor_finds_more_slots_than_cpus more_slots_than_cpus_are_said slots_on_one_cpu too_many_slots_are_not_bound slots_share_with_the_body)
run_cases(RANKS 0 3 CASES sample_is_over)
run_cases(RANKS 0 CASES sample_of_a_map sample_that_cannot_be sample_while_no_task_ends)
run_cases(RANKS 3 CASES sample_of_a_whole_program sample_on_one_thread)
run_cases(RANKS 2 CASES doctor_finds_different_programs)
run_cases(RANKS 2 CASES programs_differ wrong_flag_on_one_rank)
run_cases(RANKS 3 CASES sigusr2_to_a_worker_reports)
run_cases(RANKS 1 2 4 CASES body_throws_while_tasks_run everything_works everything_works_on_one_thread)
run_cases(RANKS 1 2 CASES exit_in_the_body_while_tasks_run sigterm_while_tasks_run)
# What 3 ranks show, too.
run_cases(RANKS 4 CASES exit_in_the_body_while_tasks_run sigterm_while_tasks_run LABELS long)
if(COHORT_MPI)
  run_cases(RANKS 0 CASES launcher_of_another_mpi mpi_is_not_touched)
  run_cases(RANKS 2 4 CASES rank_0_works)
  run_cases(RANKS 3 CASES rank_0_may_not_work rank_0_works_and_the_run_ends)
  run_cases(RANKS 2 CASES doctor_finds_too_few_threads slots_are_bound)
  run_cases(RANKS 1 3 CASES mpi_of_the_program mpi_of_the_program_allows_one_thread)
  run_cases(RANKS 3 CASES mpi_of_the_program_and_exit_while_tasks_run)
  run_cases(RANKS 3 CASES
      cohort_run_can_be_interrupted cohort_run_gives_the_exit_code cohort_run_starts_ranks cohort_run_survives_a_lost_rank
      cohort_run_tunes)
else()
  run_cases(RANKS 0 CASES built_without_mpi)
endif()
run_cases(RANKS 8 CASES again_and_again LABELS long TIMEOUT 1800)
