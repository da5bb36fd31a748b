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

require_hosts ss sbatch srun slurmctld slurmd munged
declare -F "$case_name" > /dev/null || fail "no such case: $case_name"
# All "nodes" are one machine: else their ranks would be bound to the same cores.
export OMPI_MCA_hwloc_base_binding_policy=none
export SLURM_PMIX_FENCE=ring # see cohort-run
export PATH=$scripts/..:$PATH # cohort-run, which the scripts find there
slurm_up 3
"$case_name"
[[ -z ${COHORT_TEST_SHOW:-} ]] || tail -n 40 "$work"/out-*
