# On a real Slurm, and over several hosts, which the tests make on this machine: in namespaces, so that they need root.
# Skipped, with a sentence, where that cannot be.
if(COHORT_SANITIZE OR NOT COHORT_MPI OR NOT COHORT_APPS)
  return()  # scripts, see cohort_script_test
endif()
cohort_test_program(resumable slurm/resumable.cpp "")

# slurm_case(CASE seconds processors [labels…])
function(slurm_case case timeout processors)
  cohort_script_test(NAME slurm.${case} TIMEOUT ${timeout} LABELS mpi ${ARGN} PROCESSORS ${processors}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/slurm/slurm_test.sh ${case} ${PROJECT_SOURCE_DIR}/scripts/slurm
              $<TARGET_FILE:monte_carlo> $<TARGET_FILE:resumable>)
  set_tests_properties(slurm.${case} PROPERTIES SKIP_RETURN_CODE 77 RESOURCE_LOCK slurm)
endfunction()
slurm_case(scripts_run_to_their_end 300 2)
slurm_case(left_in_time 400 1)
slurm_case(end_of_the_job 700 1 long)
slurm_case(signal_before_the_end 900 1 long)
slurm_case(tuned 600 2 long)

cohort_script_test(NAME mpi_over_hosts TIMEOUT 180 LABELS mpi PROCESSORS 3
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/slurm/mpi_over_hosts_test.sh $<TARGET_FILE:run_probe> $<TARGET_FILE:monte_carlo>
            ${MPIEXEC_EXECUTABLE} ${MPIEXEC_PREFLAGS})
set_tests_properties(mpi_over_hosts PROPERTIES SKIP_RETURN_CODE 77)
