#!/usr/bin/env bash
# run_test.sh CASE RANKS PROBE [MPIEXEC…]: starts the program PROBE on RANKS ranks (0: without mpirun), lets it end in the
# way that CASE names, and checks the exit code, that Cohort says what it has to say once, and that nobody is left behind.
set -uo pipefail
case_name=$1 ranks=$2 probe=$3
mpiexec=("${@:4}")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/harness.sh"

# As if this were no job, even if it is one.
unset SLURM_JOB_ID SLURM_JOB_END_TIME

over_ranks() { ((ranks > 1)); }

# --- how the body ends ------------------------------------------------------------------------------------------------

body_returns() {
  start returns 0; finish; expect_code 0; expect_silence
  start returns 7; finish; expect_code 7; expect_messages 0
}
body_returns_a_large_code() { start returns 200; finish; expect_code 200; expect_messages 0; }

body_throws() {
  start throws; finish; expect_code 1
  expect_messages 1 "the program ended with std::runtime_error: the body's own error"
  start throws_int; finish; expect_code 1
  expect_messages 1 'the program ended with int'
}
body_throws_with_many_pending() {
  start throws_with_many_pending; finish; expect_code 1; expect_messages 1 "the body's own error"
}
body_throws_while_tasks_run() {
  start throws_while_busy; finish_early; expect_code 1; expect_messages 1 "the body's own error"
}
failure_of_a_task_leaves_the_body() {
  start task_failure_leaves_body; finish; expect_code 1
  expect_messages 1 "ended with the failure of a task: .*'seeker'.*std::out_of_range: no element 3"
}

exit_in_the_body() {
  start exits 0; finish; expect_code 0; expect_silence
  start exits 3; finish; expect_code 3; expect_messages 0
  start exits 200; finish; expect_code 200; expect_messages 0
}
exit_in_the_body_while_tasks_run() {
  start exits_while_busy 3; finish_early; expect_code 3; expect_messages 0
  start exits_while_busy 0; finish_early; expect_code 0; expect_messages 0
}
exit_in_a_thread_while_the_body_waits() { start exits_in_thread 4; finish_early; expect_code 4; expect_messages 0; }
exit_in_a_task() {
  start exits_in_task 5; finish; expect_code 1
  expect_messages 1 "task 'leaver' on rank [0-9]+ .*called exit\(5\): the run ends"
  start exits_in_task 0; finish; expect_code 1; expect_messages 1 'called exit\(0\)'
}

unseen_failure() {
  start unseen 1; finish; expect_code 1
  expect_messages 1 "nobody looked at this failure: .*'seeker'.*no element 0"
  start unseen 25; finish; expect_code 1; expect_messages 11 'nobody looked at this failure|and at 15 more'
}
failure_that_was_looked_at() { start looked_at; finish; expect_code 0; expect_silence; }
dropped_tasks_run() {
  start dropped 100; finish; expect_code 0; expect_silence
  local count
  count=$(find "$work" -name 'dropped.*' | wc -l)
  ((count == 100)) || fail "$count tasks have run, not 100"
}

# --- signals ----------------------------------------------------------------------------------------------------------

# signal_ends SIGNAL NUMBER CASE [TARGET…]: to each of those that can be hit.
signal_ends() {
  local target targets=("${@:4}")
  ((${#targets[@]} > 0)) || targets=(launcher group rank0 worker)
  for target in "${targets[@]}"; do
    [[ $target == worker ]] && ! over_ranks && continue
    start "$3"
    wait_for_mark ready
    [[ $3 == idle || $3 == spins ]] || wait_for_mark task
    case $target in
      rank0) hit "$1" "$(pid_of_rank 0)" ;;
      worker) hit "$1" "$(pid_of_rank 1)" ;;
      *) hit "$1" "$target" ;;
    esac
    finish
    printf '%s to %s: code %s\n' "$1" "$target" "$code"
    # What mpirun makes of a signal to itself is its own affair.
    if ((ranks == 0)) || [[ $target == rank0 || $target == worker ]]; then expect_code $((128 + $2)); else expect_failure; fi
    expect_messages 1 'ended by SIG(TERM|INT)'
  done
}
sigterm_while_idle() { signal_ends TERM 15 idle; }
sigint_while_idle() { signal_ends INT 2 idle group rank0; }
sigterm_while_the_body_computes() { signal_ends TERM 15 spins rank0 worker; }
sigterm_while_tasks_run() { signal_ends TERM 15 busy; }
sigint_while_tasks_run() { signal_ends INT 2 busy; }
sigterm_while_the_body_waits() { signal_ends TERM 15 waits launcher worker; }
sigterm_on_one_thread() { export COHORT_ONE_THREAD=1; signal_ends TERM 15 idle rank0 worker; signal_ends TERM 15 waits_alone launcher worker; }

# A rank that has not come as far as cohort::run: the others wait for it, but not for ever.
sigterm_while_a_rank_is_late() {
  start late
  wait_for_mark ready
  sleep 1  # until rank 0 has come from there to its wait: whatever it has reached, the result must be the same
  hit TERM launcher
  finish; expect_failure; expect_messages_at_most 1
}

sigusr2_reports() {
  start waits
  wait_for_mark ready
  kill -USR2 "$(pid_of_rank 0)"
  if over_ranks; then
    wait_until 10 grep -q 'cohort: rank 1 .* tasks run' "$work/err" || fail 'rank 1 has not reported'
  fi
  wait_until 10 grep -q "cohort:   .*'long'" "$work/err" || fail 'nobody says what is waited for'
  grep -q 'cohort: rank 0 .* tasks have not ended' "$work/err" || fail 'rank 0 has not reported'
  hit TERM launcher
  finish; expect_failure
}
sigusr2_tells_of_the_job() {
  SLURM_JOB_ID=71 SLURM_JOB_NUM_NODES=3 start waits --cohort-time-limit=2h
  wait_for_mark ready
  kill -USR2 "$(pid_of_rank 0)"
  wait_until 10 grep -q '^cohort: Slurm job 71: 3 nodes' "$work/err" || fail 'the job is not told'
  grep -qE '^cohort: the time limit is in (119 min|2 h 0 min)$' "$work/err" || fail 'the time is not told'
  hit TERM launcher
  finish; expect_failure
}
sigusr2_to_a_worker_reports() {
  start waits
  wait_for_mark ready
  kill -USR2 "$(pid_of_rank 1)"
  wait_until 10 grep -q 'cohort: rank 1 .* tasks run' "$work/err" || fail 'rank 1 has not reported'
  hit TERM launcher
  finish; expect_failure
}
sigcont_is_ignored() {
  start idle
  wait_for_mark ready
  local pid
  for pid in $(rank_pids); do kill -CONT "$pid"; done
  sleep 0.3
  for pid in $(rank_pids); do alive "$pid" || fail "SIGCONT has ended $pid"; done
  hit TERM launcher
  finish; expect_failure; expect_messages 1 'ended by SIGTERM'
}
# What a shell without job control starts in the background ignores Ctrl-C, and goes on to do so.
ignored_sigint_stays_ignored() {
  env --ignore-signal=INT setsid "$probe" idle >"$work/out" 2>"$work/err" </dev/null &
  launcher=$!
  wait_for_mark ready
  kill -INT "$launcher"
  sleep 0.3
  alive "$launcher" || fail 'SIGINT has ended it'
  hit TERM launcher
  finish; expect_code 143
}

# --- the time limit ---------------------------------------------------------------------------------------------------

left='the time is up, and [0-9]+ tasks? (is|are) left.*exit code 85'
limit=(--cohort-time-limit=4s --cohort-grace=2s)

# Half of the grace is the body's, whatever runs.
time_limit_is_reached() {
  SLURM_JOB_ID=71 start steps_in_every_way 0 "${limit[@]}"; finish_early; expect_code 85
  expect_messages 1 "$left.*scontrol requeue 71"; expect_output '^saved; no time left$'
}
time_limit_is_reached_in_a_map() {
  start mapped_steps pass "${limit[@]}"; finish_early; expect_code 85; expect_messages 1 "$left"
  ! grep -q 'scontrol' "$work/err" || fail 'Slurm is not here'
}
time_limit_leaves_the_code_to_the_body() { start steps 7 "${limit[@]}"; finish_early; expect_code 7; expect_messages 1 "$left"; }
time_limit_after_the_body() { start forgotten_steps 0 "${limit[@]}"; finish_early; expect_code 85; expect_messages 1 "$left"; }
time_limit_while_long_tasks_run() {
  start waits_for_long 0 "${limit[@]}"; finish_early; expect_code 85; expect_messages 1 "$left"; expect_output '^saved'
}
time_limit_while_the_body_computes() { start spins x "${limit[@]}"; finish_early; expect_code 85; expect_messages 1 "$left"; }
time_limit_on_one_thread() {
  start steps 0 "${limit[@]}" --cohort-one-thread; finish_early; expect_code 85; expect_messages 1 "$left"
}
# --- a sample ---------------------------------------------------------------------------------------------------------

# expect_sample PATTERN: in the one line that was written.
expect_sample() {
  [[ $(wc -l <"$work/sample") == 1 ]] && grep -qE -- "$1" "$work/sample" || fail "no '$1' in the sample: $(cat "$work/sample")"
}
sampling=(--cohort-sample="$work/sample" --cohort-sample-time=200ms)

# The body does not notice: one that saves what it has must not do so for a sample.
sample_is_over() {
  start steps 0 "${sampling[@]}"; finish_early; expect_code 86; expect_messages 0
  expect_sample '^\{"ended":false,"tasks":[1-9].*"speed":[0-9.]+,.*"chunk_elements":0,.*"memory":[1-9][0-9]{6,},"kinds":\[\[[0-9]+,[0-9]+,[0-9]+\]\]\}$'
  mv "$work/sample" "$work/like"
  start steps 0 "${sampling[@]}" --cohort-sample-like="$work/like"; finish_early; expect_code 86; expect_messages 0
  expect_sample '^\{"ended":false,"tasks":[1-9]'
  [[ ! -s $work/out ]] || fail 'the body has noticed it'
}
sample_of_a_map() {
  start mapped_steps 0 "${sampling[@]}"; finish_early; expect_code 86; expect_messages 0
  expect_sample '"chunk_elements":[1-9].*"chunked":1,'
}
sample_while_no_task_ends() {
  start waits_for_long 0 --cohort-sample="$work/sample" --cohort-sample-time=50ms; finish_early; expect_code 86; expect_messages 0
  expect_sample '^\{"ended":false,"tasks":0,.*"kinds":\[\]\}$'
}
sample_on_one_thread() {
  start steps 0 "${sampling[@]}" --cohort-one-thread; finish_early; expect_code 86; expect_sample '"tasks":[1-9]'
}
sample_of_a_whole_program() {
  start works "${sampling[@]}"; finish; expect_code 0; expect_silence; expect_sample '^\{"ended":true,"tasks":[1-9]'
  start exits 3 "${sampling[@]}"; finish; expect_code 3; expect_messages 0; expect_sample '^\{"ended":true,"tasks":0'
}
sample_that_cannot_be() {
  start works "${sampling[@]}" --cohort-sample-like=/nowhere; finish; expect_code 2
  expect_messages 1 '--cohort-sample-like: /nowhere is no file that --cohort-sample has written'
  start works --cohort-sample=/nowhere/sample; finish; expect_code 0; expect_messages 1 '/nowhere/sample cannot be written'
}

time_limit_is_not_reached() {
  start works --cohort-time-limit=1:00:00; finish; expect_code 0; expect_silence
  start works --cohort-time-limit=0; finish; expect_code 0; expect_silence
  start works --cohort-time-limit=soon; finish; expect_failure; expect_messages 1 'time-limit=soon: needs a time'
}

# What runs may end, nothing is started, all leave: whoever is told. mpirun tells all ranks.
sigusr1_ends_the_run_in_order() {
  local target
  for target in launcher worker; do
    [[ $target == worker ]] && ! over_ranks && continue
    start may_end 0 --cohort-threads=1
    wait_for_mark ready
    wait_for_mark task
    sleep 0.5  # on each worker
    case $target in
      worker) kill -USR1 "$(pid_of_rank 1)" ;;
      launcher) kill -USR1 "$launcher" ;;
    esac
    finish; expect_code 85; expect_messages 1 "$left"
    local workers=$((ranks > 1 ? ranks - 1 : 1))
    expect_output "^$workers of $((2 * workers)) have ended$"
  done
}
sigusr1_while_nothing_is_left() {
  start idle_for_a_second; wait_for_mark ready
  kill -USR1 "$launcher"
  finish; expect_code 0; expect_messages 0
}

# Before there is anybody to be told: rank 0 has begun, and asks Slurm how much time is left.
sigusr1_before_the_run_begins() {
  mkdir "$work/bin"
  cat >"$work/bin/squeue" <<'END'
#!/bin/sh
: >"$RUN_PROBE_DIR/asked.$$"
while ! [ -e "$RUN_PROBE_DIR/answer" ]; do sleep 0.05; done
echo 1:00:00
END
  chmod +x "$work/bin/squeue"
  # For each rank: mpirun puts its own folder in front of PATH.
  local command=(env PATH="$work/bin:$PATH" "$probe" steps pass)
  ((ranks == 0)) || command=("${mpiexec[@]}" -n "$ranks" "${command[@]}")
  SLURM_JOB_ID=71 start_command "${command[@]}"
  wait_for_mark asked
  kill -USR1 "$(pid_of_rank 0)"
  touch "$work/answer"
  finish_early; expect_code 85; expect_messages 1 "$left"
}
# One that is known to outlast the limit, long before the end; who waits for it is told so at once.
time_limit_before_a_long_task() {
  start one_step_and_another 0 --cohort-time-limit=6s --cohort-grace=1s --cohort-threads=1
  finish_early; expect_code 85; expect_messages 1 'the time is up, and 1 task is left'
  expect_output '^saved; '
  local begun
  begun=$(find "$work" -name 'step.*' | wc -l)
  ((begun == 1)) || fail "$begun steps have begun, not 1"
}

# --- settings ---------------------------------------------------------------------------------------------------------

help_and_version() {
  start --cohort-help returns 7; finish; expect_code 0; expect_silence
  (($(grep -c "Cohort's flags" "$work/out") == 1)) || fail 'the help must stand there once'
  start --cohort-version; finish; expect_code 0; expect_silence
  (($(grep -c '^cohort [0-9]' "$work/out") == 1)) || fail 'the version must stand there once'
}
wrong_flag() {
  start returns 0 --cohort-thread=3; finish; expect_failure
  expect_messages 1 '--cohort-thread: no such flag; did you mean --cohort-threads\?'
  start returns 0 --cohort-threads=many; finish; expect_failure; expect_messages 1 '--cohort-threads=many: needs a whole number'
  start returns 0 --cohort-config=/nowhere/x; finish; expect_failure; expect_messages 1 '/nowhere/x: cannot be read'
}
# As with a settings file that only some nodes can read.
wrong_flag_on_one_rank() {
  start_command "${mpiexec[@]}" -n 1 "$probe" returns 0 : -n 1 "$probe" returns 0 --cohort-thread=3
  finish; expect_failure; expect_messages 1 'rank 1: .*no such flag'
}
arguments_are_taken_out() {
  start arguments a --cohort-threads=1 b --cohort-one-thread=no -- --cohort-c; finish; expect_code 0; expect_silence
  expect_output '^\[arguments\]\[a\]\[b\]\[--\]\[--cohort-c\] end null$'
}
threads_are_set() {
  local workers=$((ranks > 1 ? ranks - 1 : 1))
  start threads --cohort-threads=3; finish; expect_code 0; expect_output "^$workers workers, $((workers * 3)) slots"
  COHORT_THREADS=2 start threads; finish; expect_code 0; expect_output "^$workers workers, $((workers * 2)) slots"
  echo 'threads = 4' >"$work/settings"
  start threads --cohort-config "$work/settings"; finish; expect_output "^$workers workers, $((workers * 4)) slots"
}
# The CPUs of the node are divided among its workers, each gets one at least.
threads_by_default() {
  export OMPI_MCA_hwloc_base_binding_policy=none
  local workers=$((ranks > 1 ? ranks - 1 : 1)) cpus expected
  cpus=$(nproc)
  expected=$((cpus > workers ? cpus : workers))
  start threads; finish; expect_code 0; expect_output "^$workers workers, ([1-9]|$expected) slots"
}

# --- how it is started ------------------------------------------------------------------------------------------------

everything_works() { start works; finish; expect_code 0; expect_silence; }
everything_works_on_one_thread() {
  start works --cohort-one-thread; finish; expect_code 0; expect_silence
}
mpi_is_not_touched() { start mpi_untouched; finish; expect_code 0; expect_silence; }
run_twice() {
  start twice works; finish
  if over_ranks; then
    expect_failure; expect_messages 1 'MPI has been finalized already'
  else
    expect_code 0; expect_silence
  fi
}
mpi_of_the_program() {
  start own_mpi serialized works; finish; expect_code 0; expect_silence
  start own_mpi serialized throws; finish; expect_code 1; expect_messages 1 "the body's own error"
  start own_mpi serialized exits 3; finish; expect_code 3; expect_messages 0
  start own_mpi multiple works; finish; expect_code 0; expect_silence
}
mpi_of_the_program_allows_one_thread() {
  start own_mpi funneled works; finish; expect_code 0
  over_ranks || return 0
  # Each of the two runs says so.
  expect_messages 2 'MPI allows calls from one thread only'
  start own_mpi single works; finish; expect_code 0; expect_messages 2 'one thread only'
}
mpi_of_the_program_and_exit_while_tasks_run() {
  start own_mpi serialized exits_while_busy 0; finish_early; expect_code 0; expect_messages 0
  start own_mpi serialized throws_while_busy; finish_early; expect_failure; expect_messages 1 "the body's own error"
}
programs_differ() {
  start_command "${mpiexec[@]}" -n 1 "$probe" returns 0 : -n 1 "${probe}_other" returns 0
  finish; expect_failure; expect_messages 1 'run_probe'
}
srun_without_mpi() {
  export SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0
  start returns 0; finish; expect_failure; expect_messages 1 'srun has started 4 programs that do not know of each other'
  SLURM_PROCID=2 start returns 0; finish; expect_failure; expect_messages 0
}
# The environment alone tells: mpirun need not be there.
built_without_mpi() {
  start returns 0; finish; expect_code 0; expect_silence
  export OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0
  start returns 0; finish; expect_failure; expect_messages 1 'built without MPI'
  # Rank 0 is given time to say it for all; here there is none.
  OMPI_COMM_WORLD_RANK=1 start returns 0; finish; expect_failure; expect_messages 1 'rank 1: .*built without MPI'
}

# --- rank 0 runs tasks too --------------------------------------------------------------------------------------------

rank_0_works() {
  export OMPI_MCA_hwloc_base_binding_policy=none
  export COHORT_RANK0_THREADS=2
  start threads --cohort-threads=1; finish; expect_code 0; expect_output "^$ranks workers, $((ranks + 1)) slots"
  start works --cohort-threads=1; finish; expect_code 0; expect_silence
  start places --cohort-threads=1; finish; expect_code 0; expect_silence
}
rank_0_works_and_the_run_ends() {
  export COHORT_RANK0_THREADS=1 COHORT_THREADS=1
  start throws; finish; expect_code 1; expect_messages 1 "the body's own error"
  start throws_with_many_pending; finish; expect_code 1; expect_messages 1 "the body's own error"
  start throws_while_busy; finish_early; expect_code 1; expect_messages 1 "the body's own error"
  start exits 3; finish; expect_code 3; expect_messages 0
  start exits_while_busy 3; finish_early; expect_code 3; expect_messages 0
  start exits_in_task 5; finish; expect_code 1; expect_messages 1 "task 'leaver' on rank [0-9]+ .*called exit\(5\): the run ends"
  start unseen 1; finish; expect_code 1; expect_messages 1 "nobody looked at this failure"
  signal_ends TERM 15 busy rank0 worker
}
rank_0_may_not_work() {
  export COHORT_RANK0_THREADS=1
  start own_mpi serialized works; finish; expect_code 2
  expect_messages 1 'cohort-rank0-threads: rank 0 can run tasks beside the scheduler only where MPI gives MPI_THREAD_MULTIPLE'
  start own_mpi multiple works; finish; expect_code 0; expect_silence
  COHORT_ONE_THREAD=1 start works; finish; expect_code 2
  expect_messages 1 "cohort-rank0-threads needs threads of rank 0's own"
}

# --- where slots run --------------------------------------------------------------------------------------------------

cpus=$(nproc)
cpus_per_core() { tr ',-' '\n\n' </sys/devices/system/cpu/cpu0/topology/thread_siblings_list | wc -l; }

# A rank for the body and one that works fill no machine, so they are told to take cores; all but one of them here.
slots_are_bound() {
  ((cpus > 1)) || return 0
  local from_rank=("${mpiexec[@]}" --bind-to none -n 2 "$probe" affinity "--cohort-threads=$((cpus - 1))") per_core
  per_core=$(cpus_per_core)
  start_command "${from_rank[@]}" --cohort-bind=cores; finish; expect_code 0; expect_silence
  ((per_core > 1)) || expect_output "^slot 1, other $cpus"
  start_command "${from_rank[@]}" --cohort-bind=none; finish; expect_code 0; expect_output "^slot $cpus, other $cpus"
  # A run leaves the program's thread as it was: the second one finds all CPUs again.
  export COHORT_THREADS=$((cpus - 1)) COHORT_BIND=cores
  start_command "${mpiexec[@]}" --bind-to none -n 2 "$probe" own_mpi serialized affinity; finish; expect_code 0
  ((per_core > 1)) || (($(grep -c "^slot 1, other $cpus$" "$work/out") == 2)) || fail 'the second run has other CPUs than the first'
}
# Three slots on two CPUs, and so on: each would only be in the other's way.
too_many_slots_are_not_bound() {
  export OMPI_MCA_hwloc_base_binding_policy=none
  start affinity "--cohort-threads=$((cpus + 1))"; finish; expect_code 0; expect_output "^slot $cpus, other $cpus"
  start affinity "--cohort-threads=$((cpus + 1))" --cohort-bind=cores; finish; expect_output "^slot $cpus, other $cpus"
}
# Two slots and the body on two CPUs, and so on: of several processes the slots are bound, of one they are not.
slots_share_with_the_body() {
  export OMPI_MCA_hwloc_base_binding_policy=none
  (($(cpus_per_core) == 1)) || return 0
  local of_slot=$cpus
  ((ranks == 0)) || of_slot=1
  start affinity "--cohort-threads=$cpus" --cohort-bind=cores; finish; expect_code 0; expect_output "^slot $of_slot, other $cpus"
}
binding_is_shown() {
  start returns 0 --cohort-threads=2 --cohort-show-binding --cohort-bind=none; finish; expect_code 0
  local workers=$((ranks > 1 ? ranks - 1 : 1))
  (($(grep -cE '^cohort: rank 0 on .*, scheduler and body: any of CPUs [0-9,-]+$' "$work/err") == 1)) || fail 'rank 0 must be shown once'
  (($(grep -cE '^cohort: rank [0-9]+ on .*, slot [01]: any of CPUs [0-9,-]+ \(not bound: not asked for\)$' "$work/err") == 2 * workers)) ||
    fail 'each slot must be shown once'
}

# --- the doctor -------------------------------------------------------------------------------------------------------

# finds SENTENCE: in the table, which ends with code 3; nothing else is wrong.
finds() {
  finish; expect_code 3
  expect_output "^       .*$1"
  expect_output '^1 to mend\.$'
}
doctor_finds_nothing() {
  start returns 7 --cohort-doctor --cohort-threads=1; finish; expect_code 0; expect_silence
  expect_output '^All is well\.$'
  ! grep -q '^FAULT' "$work/out" || fail 'a fault stands there'
  over_ranks || return 0
  expect_output '^ok     all ranks run the same program$'
}
doctor_finds_more_slots_than_cpus() {
  unset OMPI_MCA_rmaps_base_oversubscribe
  start returns 0 "--cohort-threads=$((cpus + 1))" --cohort-doctor
  finds "(has|with) $((cpus + 1)) slots(,| on $cpus CPU)"
}
# The same is said in an ordinary run, which goes on.
more_slots_than_cpus_are_said() {
  unset OMPI_MCA_rmaps_base_oversubscribe
  start returns 0 "--cohort-threads=$((cpus + 1))"; finish; expect_code 0
  expect_messages 1 "$((cpus + 1)) slots"
}
slots_on_one_cpu() {
  ((cpus > 1)) || return 0
  local bound=(taskset -c 0 "$probe" returns 0 --cohort-threads=2)
  ((ranks == 0)) || bound=("${mpiexec[@]}" --bind-to none -n "$ranks" "${bound[@]}")
  start_command "${bound[@]}" --cohort-doctor
  finds "may use CPU 0 only, of [0-9]+: if the launcher has bound them, start with .mpirun --bind-to none."
  start_command "${bound[@]}"; finish; expect_code 0; expect_messages 1 'may use CPU 0 only'
}
doctor_finds_too_little_memory() {
  SLURM_MEM_PER_NODE=60 start returns 0 --cohort-threads=1 --cohort-doctor; finds 'may use 60 MiB of memory together, and need'
  SLURM_MEM_PER_NODE=60 start returns 0 --cohort-threads=1; finish; expect_code 0; expect_messages 1 'may use 60 MiB'
}
doctor_finds_no_scratch_folder() {
  local command=(env TMPDIR=/nowhere/at/all "$probe" returns 0 --cohort-threads=1 --cohort-doctor)
  ((ranks == 0)) || command=("${mpiexec[@]}" -n "$ranks" "${command[@]}")
  start_command "${command[@]}"
  finds 'nothing can be written to /nowhere/at/all on .*: set TMPDIR'
}
doctor_finds_different_programs() {
  start_command "${mpiexec[@]}" -n 1 "$probe" returns 0 --cohort-doctor : -n 1 "${probe}_other" returns 0 --cohort-doctor
  finds 'run_probe'
}
doctor_finds_too_few_threads() {
  start_command "${mpiexec[@]}" --bind-to none -n 2 "$probe" own_mpi funneled returns 0 --cohort-threads=2 --cohort-doctor
  finds 'MPI allows calls from one thread only, and rank 1 should have 2 slots: ask MPI_Init_thread'
}
doctor_finds_worlds_of_one() {
  export SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=4
  start returns 0 --cohort-doctor; finds 'srun has started 4 programs that do not know of each other'
}
doctor_finds_an_unused_job() {
  export SLURM_JOB_ID=7 SLURM_NTASKS=8
  start returns 0 --cohort-threads=1 --cohort-doctor; finds 'the Slurm job has 8 tasks, and this is one process'
}
# As MPICH's mpirun starts a program that was built with Open MPI.
launcher_of_another_mpi() {
  export PMI_RANK=0 PMI_SIZE=2
  start returns 0; finish; expect_code 2
  expect_messages 1 'the launcher has started 2 programs, and each is a world of one rank: .*start the program with the mpirun of that one'
  start returns 0 --cohort-doctor; finds 'the launcher has started 2 programs'
}

# --- by cohort-run ----------------------------------------------------------------------------------------------------

cohort_run=$(dirname "$0")/../../scripts/cohort-run

cohort_run_starts_ranks() {
  start_command "$cohort_run" --nprocs 2 --nthreads 3 -- "$probe" threads
  finish; expect_code 0; expect_silence; expect_output '^2 workers, 6 slots'
  start_command "$cohort_run" --nprocs 1 -- "$probe" works; finish; expect_code 0; expect_silence
  start_command "$cohort_run" "$probe" works; finish; expect_code 0; expect_silence
  start_command "$cohort_run" --recovery --nprocs 2 "$probe" works; finish; expect_code 0; expect_silence
  start_command "$cohort_run" --local --nthreads 3 -- "$probe" threads
  finish; expect_code 0; expect_silence; expect_output '^1 workers, 3 slots'
}
cohort_run_gives_the_exit_code() {
  local how
  for how in --local '--nprocs=2'; do
    start_command "$cohort_run" "$how" -- "$probe" returns 7; finish; expect_code 7; expect_messages 0
    start_command "$cohort_run" "$how" -- "$probe" throws; finish; expect_code 1; expect_messages 1 "the body's own error"
  done
}
# mpirun's part of it: without --recovery it ends all.
cohort_run_survives_a_lost_rank() {
  # shellcheck disable=SC2016  # the rank's shell expands it
  local lost='[ "$OMPI_COMM_WORLD_RANK" = 2 ] && kill -KILL $$; sleep 2; echo "rank $OMPI_COMM_WORLD_RANK lives"'
  start_command "$cohort_run" --recovery --nprocs 3 --nthreads 1 -- sh -c "$lost"; finish; expect_code 0
  expect_output '^rank 0 lives'; expect_output '^rank 1 lives'; expect_output '^rank 3 lives'
  start_command "$cohort_run" --nprocs 3 --nthreads 1 -- sh -c "$lost"; finish; expect_failure
  [[ ! -s $work/out ]] || fail 'ranks have gone on'
}
cohort_run_can_be_interrupted() {
  local how signal
  for how in --local '--nprocs=2'; do
    for signal in INT TERM; do
      start_command "$cohort_run" "$how" -- "$probe" busy
      wait_for_mark ready
      hit "$signal" group
      finish; expect_failure; expect_messages 1 'ended by SIG(TERM|INT)'
    done
  done
}

cohort_run_tunes() {
  start_command "$cohort_run" --tune --nprocs 2 --nthreads 1 --sample 0.1 --rounds 1 -- "$probe" steps 0
  finish; expect_code 0; expect_silence
  expect_output "^ +2 +1 +auto .* <- best$"; expect_output '^ +#SBATCH --mem=[0-9]+M$'
  start_command "$cohort_run" --tune --nprocs 2 --sample 100 -- "$probe" steps 0
  wait_for_mark task
  hit INT group
  finish; expect_code 130
}

# --- often ------------------------------------------------------------------------------------------------------------

rank_is_there() { pid_of_rank "$1" >/dev/null; }
# Open MPI 4.1's mpirun may wait for itself for ever (in PMIx_server_finalize) when a rank of any MPI program ends while
# others are in MPI_Init. If the body was not reached, its ranks must be gone; how it ends itself tells nothing.
mpirun_hangs() {
  ((ranks > 1)) && ! is_marked ready && ! wait_until 10 launcher_ended && no_rank_lives || return 1
  kill -KILL "$launcher"
  wait "$launcher" 2>/dev/null
  launcher=''
}

# Many starts and ends in a row, of all kinds, on 1 to RANKS ranks, with signals to anybody at any moment. RUN_TEST_SEED
# and RUN_TEST_TIMES: other ones, and more or fewer.
again_and_again() {
  local most=$ranks seed=${RUN_TEST_SEED:-1} times=${RUN_TEST_TIMES:-200} i how target
  RANDOM=$seed
  for ((i = 0; i < times; ++i)); do
    # All drawn here, so that a seed always means the same.
    local pick=$((RANDOM % 48)) moment=$((RANDOM % 100)) who=$((RANDOM % 4)) kind=$((RANDOM % 8))
    ranks=$((RANDOM % most + 1))
    how=$((pick % 4)) target=none
    unset COHORT_ONE_THREAD COHORT_RANK0_THREADS
    ((kind > 1)) || export COHORT_RANK0_THREADS=1
    # One thread alone cannot leave a task that goes on.
    ((kind != 2 || pick >= 24)) || export COHORT_ONE_THREAD=1
    start any "$pick"
    if ((how == 3)); then
      target=launcher
      ((who == 0)) || target=$((who == 1 ? 0 : moment % ranks))
      if [[ $target == launcher ]]; then
        wait_until 5 launcher_runs
      else
        wait_until 20 rank_is_there "$target" || fail "rank $target does not come"
      fi
      sleep "$(printf 0.%02d $moment)"
    fi
    printf 'run %d of seed %d: case %d on %d ranks, kind %d, SIGTERM to %s after %d0 ms\n' \
      "$i" "$seed" "$pick" "$ranks" "$kind" "$target" "$moment"
    case $target in
      none) ;;
      launcher) kill -TERM "$launcher" ;;
      *) hit TERM "$(pid_of_rank "$target")" ;;
    esac
    if [[ $target != none ]] && mpirun_hangs; then
      echo 'mpirun hangs, and no rank is left'
      continue
    fi
    finish_early
    case $how:$target in
      0:*) expect_code 0; expect_messages 0 ;;
      1:*) expect_code 1; expect_messages 1 "the body's own error" ;;
      2:*) expect_code 3; expect_messages 0 ;;
      3:launcher) expect_failure; expect_messages_at_most 1 ;;
      *) expect_code 143; expect_messages_at_most 1 ;;
    esac
  done
}

declare -F "$case_name" >/dev/null || fail "no such case: $case_name"
"$case_name"; exit
