#!/usr/bin/env bash
# slurm_test.sh CASE SCRIPTS MONTE_CARLO RESUMABLE: starts a Slurm of three nodes on this machine, submits what the case
# is about, and judges results and exit codes. SCRIPTS: the folder of job scripts. Nothing is left behind.
set -uo pipefail
case_name=$1 scripts=$2 monte_carlo=$3 resumable=$4
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d "${TMPDIR:-/tmp}/cohort-slurm.XXXXXX")
# shellcheck source=tests/slurm/hosts.sh
. "$here/hosts.sh"
# shellcheck source=tests/slurm/slurm.sh
. "$here/slurm.sh"
jobs=()

clean_up() {
  slurm_down
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  local job
  printf 'FAILED: %s\n' "$*"
  for job in "${jobs[@]}"; do
    on c1 scontrol show job "$job"
    printf -- '--- what job %s has printed:\n' "$job"
    tail -n 40 "$work/out-$job"*
  done
  tail -n 20 "$work"/slurm*.log
  exit 1
}

# start VARIABLE SCRIPT [options and arguments]…: sets VARIABLE to the job's id.
start() {
  local -n id=$1
  id=$(submit "${@:2}") || fail "sbatch ${*:2}"
  jobs+=("$id")
}
# ends JOB SECONDS STATE CODE:SIGNAL
ends() {
  wait_until "$2" job_has_ended "$1" || fail "job $1 has not ended after $2 s"
  [[ $(field "$1" JobState) == "$3" ]] || fail "job $1 is $(field "$1" JobState), not $3"
  [[ $(field "$1" ExitCode) == "$4" ]] || fail "job $1 has ended with $(field "$1" ExitCode), not $4"
}
prints() { grep -qE -- "$2" "$work/out-$1" || fail "job $1 has not printed /$2/"; }
has_printed() { grep -qE -- "$2" "$work/out-$1" 2> /dev/null; }
# samples FILE: what must not depend on where it ran.
samples() { grep -E '^(pi|call option|closed form|samples) ' "$1"; }
has_digits_of() { diff <(samples "$work/expected-$2") <(samples "$work/out-$1") || fail "job $1 prints other digits"; }
has_workers() { prints "$1" "\(workers: $2, slots: $3\)"; }

# --- what runs to its end ---------------------------------------------------------------------------------------------

# Every script, all at once, and the digits that the program prints without Slurm.
scripts_run_to_their_end() {
  local seed one several by_mpirun threads array restart element arguments=("$monte_carlo" --samples 200000)
  for seed in 0 1 2 3; do "${arguments[@]}" --seed "$seed" > "$work/expected-$seed"; done
  start one "$scripts/one-node.sbatch" "${arguments[@]}" --seed 1
  start several "$scripts/several-nodes.sbatch" "${arguments[@]}" --seed 1
  # As for a Slurm without PMIx.
  start by_mpirun --nodes=2 --ntasks-per-node=2 --cpus-per-task=1 \
    --wrap "cohort-run --launcher mpirun ${arguments[*]} --seed 1"
  start threads "$scripts/threads-and-processes.sbatch" "${arguments[@]}" --seed 1
  start array --output="$work/out-%A_%a" "$scripts/array.sbatch" "${arguments[@]}"
  start restart "$scripts/restart.sbatch" "${arguments[@]}" --seed 1
  for seed in "$one" "$several" "$by_mpirun" "$threads" "$restart"; do
    ends "$seed" 60 COMPLETED 0:0
    has_digits_of "$seed" 1
  done
  has_workers "$one" 1 4
  has_workers "$several" 7 7
  has_workers "$by_mpirun" 3 3
  has_workers "$threads" 3 6
  has_workers "$restart" 3 3
  for element in 0 1 2 3; do
    ends "${array}_$element" 60 COMPLETED 0:0
    has_digits_of "${array}_$element" "$element"
  done
}

# --- what leaves in time ----------------------------------------------------------------------------------------------

has_left_in_time() {
  prints "$1" '^restart 0 begins at step 0$'
  prints "$1" '^saved at step [1-9]'
  prints "$1" '^cohort: the time is up, and [0-9]+ tasks are left; exit code 85: .*scontrol requeue '"$1"
}
# expect_end JOB STEPS: all of them were done, each once, over more than one run.
expect_end() {
  has_left_in_time "$1"
  prints "$1" "^all $2 steps are done, sum $(($2 * ($2 - 1) / 2))\$"
  prints "$1" '^restart [1-9][0-9]* begins at step [1-9]'
  is_queued_again "$1" || fail "job $1 was not queued again"
}
is_queued_again() { (($(field "$1" Restarts) > 0)); }
was_not_killed() { if has_printed "$1" 'TIME LIMIT|ended by SIG'; then fail "job $1 was killed"; fi; }

# A limit that the environment sets, which is shorter than the job's; and a signal.
left_in_time() {
  local again signalled failing late
  start again --export=ALL,COHORT_TIME_LIMIT=4s "$scripts/restart.sbatch" "$resumable" "$work/again" 2000 100
  start signalled --ntasks=3 --wrap "srun --mpi=pmix $resumable $work/signalled 2000 100"
  start failing --ntasks=2 --wrap "srun --mpi=pmix $resumable"
  # One rank ends with the run's code before the others are through, which Slurm then signals: it is the code of all.
  start late --ntasks=2 --export=ALL,RESUMABLE_LATE=1 \
    --wrap "cohort-run $resumable $work/late 2000 100 --cohort-time-limit=2s"
  wait_until 60 has_printed "$signalled" 'begins at' || fail "job $signalled does not begin"
  sleep 2
  on c1 scancel --signal=USR1 "$signalled"
  ends "$signalled" 30 FAILED 85:0
  prints "$signalled" '^saved at step [1-9]'
  prints "$signalled" '^cohort: the time is up'
  [[ $(grep -c '^cohort: ' "$work/out-$signalled") == 1 ]] || fail 'more than one rank speaks'
  ends "$failing" 30 FAILED 2:0
  ends "$late" 30 FAILED 85:0
  prints "$late" '^saved at step [1-9]'
  # It goes on only after 15 s, when its credential has expired: see those below.
  wait_until 60 is_queued_again "$again" || fail "job $again is not queued again"
  has_left_in_time "$again"
}

# The job's own end, which rank 0 asks Slurm for: it uses its minute, and leaves before Slurm kills it. With a signal that
# means nothing instead of the one that the script asks for.
end_of_the_job() {
  local again
  start again --time=1 --signal=B:CONT@1 "$scripts/restart.sbatch" "$resumable" "$work/again" 3000 100
  wait_until 100 is_queued_again "$again" || fail "job $again is not queued again"
  ends "$again" 300 COMPLETED 0:0
  expect_end "$again" 3000
  prints "$again" '^saved at step 1[0-9]{3}$'
  was_not_killed "$again"
}

# A run that is not to know when its job ends is told by the signal before that.
signal_before_the_end() {
  local again
  start again --time=2 --signal=B:USR1@40 --export=ALL,COHORT_TIME_LIMIT=0 \
    "$scripts/restart.sbatch" "$resumable" "$work/again" 3000 100
  ends "$again" 500 COMPLETED 0:0
  expect_end "$again" 3000
  was_not_killed "$again"
}

# --- what is tuned ----------------------------------------------------------------------------------------------------

# tune VARIABLE SBATCH-OPTIONS TUNE-OPTIONS: the job that tunes steps which wait, so that every slot is worth as much.
tune() {
  # shellcheck disable=SC2086  # several options
  start "$1" $2 --wrap "cohort-run --tune --sample 0.3 --rounds 1 ${3:-} -- $resumable $work/$1 300 20"
}
# best_of JOB: how the job has ended, and its table; sets nprocs (0: local) and nthreads of what it names.
best_of() {
  local line
  ends "$1" 120 COMPLETED 0:0
  prints "$1" '^ +nprocs +nthreads +chunks +start +tasks/s +time +spread +memory +runs$'
  [[ $(grep -c '  <- best$' "$work/out-$1") == 1 ]] || fail "job $1 does not name one way"
  line=$(sed -n '/^best:$/ { n; s/^  //; p; }' "$work/out-$1")
  [[ $line =~ cohort-run\ (--local|--nprocs\ ([0-9]+))\ --nthreads\ ([0-9]+)\  ]] || fail "job $1 names '$line'"
  nprocs=${BASH_REMATCH[2]:-0} nthreads=${BASH_REMATCH[3]}
  prints "$1" "^ +${nprocs/#0/local} +$nthreads +auto .* <- best\$"
  # srun's and mpirun's complaints: none of the ways has failed.
  if has_printed "$1" '^(srun|cohort-run --tune): *(error|Warning|/)|exit code'; then fail "a way of job $1 has failed"; fi
}
# runs_as_named JOB NODES TASKS CPUS: what the job has named asks for these, on each node, and runs in them, on
# all nodes: as many ranks on each, and rank 0. Sets named, the job that it runs in.
runs_as_named() {
  local ranks=$((nprocs == 0 ? 1 : nprocs + 1)) expected
  { echo '#!/bin/bash'; sed -n 's/^  #SBATCH/#SBATCH/p' "$work/out-$1"; sed -n '/^best:$/ { n; p; }' "$work/out-$1"; } > "$work/job-$1"
  expected=$(printf '#SBATCH --%s\n' "nodes=$2" "ntasks-per-node=$3" "cpus-per-task=$4")
  [[ $(sed -n 2,4p "$work/job-$1") == "$expected" ]] || fail "job $1 asks for$(sed -n 2,4p "$work/job-$1"), not $expected"
  grep -qE '^#SBATCH --mem=[1-9][0-9]*0M$' "$work/job-$1" || fail "job $1 asks for no memory"
  start named --export=ALL,COHORT_SHOW_BINDING=1 "$work/job-$1"
  ends "$named" 60 COMPLETED 0:0
  prints "$named" '^all 300 steps are done, sum 44850$'
  [[ $(field "$named" NumNodes) == "$2" && $(field "$named" NumCPUs) == $(($2 * $3 * $4)) ]] || fail "job $named has another size"
  [[ $(ranks_on "$named") == "$(spread "$ranks" "$2")" ]] || fail "job $named has on its nodes" "$(ranks_on "$named")"
  if has_printed "$named" '^srun: '; then fail "srun complains in job $named"; fi
}
# How many ranks of a job are on each host, the most first.
ranks_on() { grep -oE '^cohort: rank [0-9]+ on c[0-9]+' "$work/out-$1" | sort -u | awk '{ print $5 }' | sort | uniq -c | awk '{ print $1 }' | sort -rn; }
spread() {
  local node
  for ((node = 0; node < $2; ++node)); do echo $((($1 + $2 - 1 - node) / $2)); done
}

# In an allocation of one node, of two nodes, and by mpirun where fewer slots are asked for than there are; first a program
# that fails.
tuned() {
  local one two few failing named nprocs nthreads cores
  cores=$(nproc)
  ((cores < 4)) || cores=4
  start failing --nodes=2 --ntasks-per-node=4 --wrap "cohort-run --tune $resumable"
  ends "$failing" 60 FAILED 2:0
  prints "$failing" 'ended with exit code 2$'
  prints "$failing" 'none of the ways worked$'
  tune one '--nodes=1 --ntasks=4'
  best_of "$one"
  (((nprocs > 0 ? nprocs : 1) * nthreads == cores)) || fail "job $one names $nprocs x $nthreads"
  runs_as_named "$one" 1 $((nprocs > 0 ? nprocs : 1)) "$nthreads"
  # With more nodes it would be said: they are one machine.
  if has_printed "$named" 'ask for more'; then fail "job $named has too little memory"; fi
  tune two '--nodes=2 --ntasks-per-node=4'
  best_of "$two"
  ((nprocs % 2 == 0 && nprocs * nthreads == 2 * cores)) || fail "job $two names $nprocs x $nthreads"
  runs_as_named "$two" 2 $((nprocs / 2)) "$nthreads"
  tune few '--nodes=2 --ntasks-per-node=1 --cpus-per-task=4' '--launcher mpirun --nprocs 2 --nthreads 1'
  best_of "$few"
  ((nprocs == 2 && nthreads == 1)) || fail "job $few names $nprocs x $nthreads"
  runs_as_named "$few" 2 $((cores > 1 ? 2 : 1)) 1
}

require_hosts ss sbatch srun slurmctld slurmd munged
declare -F "$case_name" > /dev/null || fail "no such case: $case_name"
# All "nodes" are one machine: else their ranks would be bound to the same cores.
export OMPI_MCA_hwloc_base_binding_policy=none
export SLURM_PMIX_FENCE=ring # see cohort-run
export PATH=$scripts/..:$PATH # cohort-run, which the scripts find there
slurm_up 3
"$case_name"
[[ -z ${COHORT_TEST_SHOW:-} ]] || tail -n 40 "$work"/out-*
