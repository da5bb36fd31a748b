#!/usr/bin/env bash
# cohort_tune_test.sh COHORT-RUN: what `cohort-run --tune` tries, which way it names and how it ends, with a program and
# an mpirun made here: the program writes what a sample of it would tell, as each case describes it. No rank is started.
set -euo pipefail
cohort_run=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0
mkdir -p "$place/bin" "$place/tmp"

# As many ranks as it is asked for are one process here, which learns their number.
cat >"$place/bin/mpirun" <<'END'
#!/usr/bin/env bash
[[ $1 != --version ]] || { echo 'mpirun (Open MPI) 4.1.4'; exit; }
while [[ $1 != "$STUDY" ]]; do
  case $1 in
    -n) export RANKS=$2 ;;
    -x) export "${2?}" ;;
  esac
  shift
done
exec "$@"
END
# Of a case: sets speed (of as much work as slots do in a second), once (seconds), memory (MiB) and chunked for n
# processes (0: local) with t threads and c elements in a chunk; or ends.
cat >"$place/bin/study" <<'END'
#!/usr/bin/env bash
n=$((${RANKS:-1} - 1)) t=${COHORT_THREADS:?} c=${COHORT_CHUNK_ELEMENTS:-0}
echo "$n $t $c ${COHORT_SAMPLE_LIKE:+like}" >>"$PLACE/tried"
speed=1 once=0 memory=100 chunked=0 ended=false
. "$PLACE/case"
printf '{"ended":%s,"tasks":10,"elements":1000,"began_ns":0,"elapsed_ns":2000000000,"once_ns":%s,"work_ns":2000000000,"speed":%s,"elements_per_second":%s,"chunk_elements":40,"chunked":%s,"memory_on_one_host":%s,"memory":%s,"kinds":[[1,1000,2000000000]]}\n' \
  "$ended" "${once}000000000" "$speed" "${speed}00" "$chunked" $((memory << 20)) $((memory << 20)) >"$COHORT_SAMPLE"
exit 86
END
chmod +x "$place"/bin/*
export STUDY=$place/bin/study PLACE=$place

# machine CORES DOMAINS
machine() {
  local cpu domain each=$(($1 / $2))
  rm -rf "${place:?}/root"
  mkdir -p "$place/root/proc/self" "$place/root/run"
  touch "$place/root/run/.containerenv"
  printf 'Cpus_allowed_list:\t0-%s\n' $(($1 - 1)) >"$place/root/proc/self/status"
  for ((cpu = 0; cpu < $1; ++cpu)); do
    mkdir -p "$place/root/sys/devices/system/cpu/cpu$cpu/topology"
    echo "$cpu" >"$place/root/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list"
  done
  for ((domain = 0; domain < $2; ++domain)); do
    mkdir -p "$place/root/sys/devices/system/node/node$domain"
    echo $((domain * each))-$((domain * each + each - 1)) >"$place/root/sys/devices/system/node/node$domain/cpulist"
  done
}

variables=()
tune_command() {
  command=(env -i "PATH=$place/bin:$PATH" "TMPDIR=$place/tmp" "STUDY=$STUDY" "PLACE=$place" "COHORT_RUN_ROOT=$place/root"
    "${variables[@]}" "$cohort_run" --tune "$@")
}
# tune ARGUMENT…: sets said, error and code.
tune() {
  code=0
  : >"$place/tried"
  tune_command "$@"
  said=$("${command[@]}" 2>"$place/error" </dev/null) || code=$?
  error=$(<"$place/error")
  [[ -z $(ls "$place/tmp") ]] || complain "left in the temporary folder: $(ls "$place/tmp")"
}
complain() {
  printf 'FAILED, line %s: %s\n' "${BASH_LINENO[1]}" "$1"
  failures=$((failures + 1))
}
# picks OPTIONS: of cohort-run, for the program.
picks() {
  [[ $code == 0 && -z $error && $said == *"best:"$'\n'"  $cohort_run $1 -- $STUDY"$'\n'* ]] || complain "it did not pick $1 ($code): $error $said"
}
says() { [[ $said == *"$1"* ]] || complain "it did not say '$1': $said"; }
# refuses SENTENCE ARGUMENT…
refuses() {
  local sentence=$1
  shift
  tune "$@"
  [[ $code == 2 && -z $said && $error == "cohort-run: $sentence" ]] || complain "said '$error' ($code, $said) instead of '$sentence'"
}
# lists WAYS ARGUMENT…: each way as NPROCSxNTHREADS.
lists() {
  local ways=$1 listed='' line
  shift
  tune --dry-run "$@" true
  while read -r line; do
    [[ $line =~ (--local|--nprocs\ ([0-9]+))\ --nthreads\ ([0-9]+) ]] || complain "listed '$line'"
    listed+=" ${BASH_REMATCH[2]:-local}x${BASH_REMATCH[3]}"
  done <<<"$said"
  [[ $code == 0 && $listed == " $ways" ]] || complain "listed '$listed' ($code, $error) instead of '$ways'"
}

# --- what is tried ------------------------------------------------------------------------------------------------------

machine 1 1
lists 'localx1'
machine 2 1
lists 'localx2 2x1 localx1'
machine 12 2
lists 'localx12 2x6 4x3 12x1 localx6 2x3 6x1 localx3 3x1 localx1' --
lists 'localx12 localx6 localx3 localx1' --local
lists '3x4 3x2 3x1' --nprocs 3
lists '3x4 localx4' --nthreads 4
lists '3x2' --nprocs 3 --nthreads 2
lists '1x12 2x6 4x3 12x1 1x6 2x3 6x1 1x3 3x1 1x1' --launcher mpirun
variables=(SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=3 SLURM_NTASKS=12 SLURM_CPUS_ON_NODE=4)
lists '3x4 6x2 12x1 3x2 6x1 3x1'
# Other nodes have fewer CPUs than this one.
variables+=('SLURM_JOB_CPUS_PER_NODE=4,2(x2)')
lists '3x2 6x1 3x1'
variables=()
tune --dry-run --chunk-elements 9 --bind none --launcher-option -q -- true 'a b'
says "$cohort_run --nprocs 2 --nthreads 6 --chunk-elements 9 --bind=none --launcher-option=-q -- true a\\ b"

# --- which way is named -------------------------------------------------------------------------------------------------

machine 2 1
short=(--sample 0.1 --rounds 1)
# Something is paid by every process of many, which does not matter; with equal speed the least memory counts.
echo 'speed=$(((n > 0 ? n : 1) * t)); ((n == 0)) || once=1 memory=200' >"$place/case"
tune "${short[@]}" "$STUDY"
picks '--local --nthreads 2'
says $'  #SBATCH --nodes=1\n  #SBATCH --ntasks-per-node=1\n  #SBATCH --cpus-per-task=2\n  #SBATCH --mem=130M'
# The first is what the others are compared with; the last is not worth another look.
[[ $(<"$place/tried") == $'0 2 0 \n2 1 0 like\n0 1 0 like\n0 2 0 like\n2 1 0 like' ]] || complain "tried $(<"$place/tried")"
# What is paid once does matter if it is as much as the work.
echo 'speed=$(((n > 0 ? n : 1) * t)); ((n == 0)) && once=1 || once=30' >"$place/case"
tune "${short[@]}" "$STUDY"
picks '--local --nthreads 2'
# A lock: threads of one process are no faster than one of them. The fastest is what the others are compared with then.
echo 'speed=$((n > 0 ? n : 1)); memory=$((100 * (n + 1)))' >"$place/case"
tune --json "$place/json" "${short[@]}" "$STUDY"
picks '--nprocs 2 --nthreads 1'
says $'  #SBATCH --ntasks-per-node=2\n  #SBATCH --cpus-per-task=1\n  #SBATCH --mem=380M'
[[ $(<"$place/tried") == $'0 2 0 \n2 1 0 like\n0 1 0 like\n2 1 0 \n2 1 0 like' ]] || complain "tried $(<"$place/tried")"
[[ $(grep -c '"best":true' "$place/json") == 1 && $(wc -l <"$place/json") == 3 ]] || complain "wrote $(<"$place/json")"
[[ $(grep '"best":true' "$place/json") == '{"local":false,"nprocs":2,"nthreads":1,'* ]] || complain "wrote $(<"$place/json")"
says '   local         2      auto'
# Threads alone: one is as good.
tune --local "${short[@]}" "$STUDY"
picks '--local --nthreads 1'
# Bound by memory: half of the slots do as much.
machine 4 1
echo 'speed=$(((n > 0 ? n : 1) * t)); ((speed < 3)) || speed=2' >"$place/case"
tune "${short[@]}" "$STUDY"
picks '--local --nthreads 2'
# A job as the run was measured: no more CPUs on a node than were there, and room for rank 0 where it had some.
# asks_for NODES TASKS CPUS
asks_for() { says $'\n  #SBATCH --nodes='"$1"$'\n  #SBATCH --ntasks-per-node='"$2"$'\n  #SBATCH --cpus-per-task='"$3"$'\n  #SBATCH --mem='; }
machine 8 1
echo 'speed=$n; memory=$((100 * (n + 1)))' >"$place/case"
tune "${short[@]}" --nprocs 2 --nthreads 3 "$STUDY"
asks_for 1 2 4
tune "${short[@]}" --nprocs 3 --nthreads 2 "$STUDY"
asks_for 1 4 2
tune "${short[@]}" --nprocs 4 --nthreads 2 "$STUDY"
asks_for 1 4 2
variables=(SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=2 SLURM_CPUS_ON_NODE=4 'SLURM_JOB_CPUS_PER_NODE=4(x2)' 'SLURM_TASKS_PER_NODE=4(x2)')
tune "${short[@]}" "$STUDY"
picks '--nprocs 8 --nthreads 1'
asks_for 2 4 1
tune "${short[@]}" --nprocs 2 --nthreads 2 "$STUDY"
asks_for 2 1 3
tune "${short[@]}" --nprocs 5 --nthreads 1 "$STUDY"
asks_for 2 4 1
tune "${short[@]}" --local --nthreads 4 "$STUDY"
asks_for 1 1 4
# What a run asks for at its start, if it has shown less.
echo 'speed=$n; memory=10' >"$place/case"
tune "${short[@]}" --nprocs 4 --nthreads 2 "$STUDY"
says '  #SBATCH --mem=320M'
tune "${short[@]}" --local --nthreads 3 "$STUDY"
says '  #SBATCH --mem=160M'
variables=()
machine 2 1
# Rounds begin with another way each, and what is promising takes part in all.
machine 2 1
echo '((n > 0)) && speed=2 || speed=1.8' >"$place/case"
tune --sample 0.1 --rounds 2 --nthreads 1 "$STUDY"
[[ $(<"$place/tried") == $'2 1 0 \n0 1 0 like\n2 1 0 like\n0 1 0 like\n0 1 0 like\n2 1 0 like' ]] || complain "tried $(<"$place/tried")"
# What differs from run to run is looked at more often: two rounds, and four more.
echo 'speed=1.7; ((n > 0)) || { (($(grep -c "^0 2" "$PLACE/tried") % 2)) && speed=1.6 || speed=2.2; }; ((n * 2 + t > 1)) || speed=0.5' >"$place/case"
tune --sample 0.1 --rounds 2 "$STUDY"
[[ $code == 0 && $(grep -c '^0 2 0 like' "$place/tried") == 6 && $(grep -c '^2 1 0 like' "$place/tried") == 7 ]] || complain "tried $(<"$place/tried")"
# A whole run is not spread over a longer one: its 2 s are what it takes, whatever was paid once.
echo 'speed=$((n > 0 ? 4 : 2)) ended=true' >"$place/case"
tune "${short[@]}" --nthreads 1 "$STUDY"
picks '--local --nthreads 1'

# --- chunks -------------------------------------------------------------------------------------------------------------

echo 'chunked=1; ((c == 160)) && speed=5 || speed=4' >"$place/case"
tune --sample 0.1 --rounds 1 --local --nthreads 2 "$STUDY"
picks '--local --nthreads 2 --chunk-elements 160'
grep -q '^0 2 10 like' "$place/tried" && grep -q '^0 2 40 like' "$place/tried" || complain "tried $(<"$place/tried")"
echo 'chunked=1; speed=4; ((c != 10)) || exit 9' >"$place/case"
tune --sample 0.1 --rounds 1 --local --nthreads 2 "$STUDY"
[[ $code == 0 && $said == *'The chunks that Cohort chooses are as good'*"--local --nthreads 2 -- $STUDY"* ]] || complain "said $said"
says '   local         2        10  ended with exit code 9'
# The program has none, or the user knows.
echo 'chunked=0' >"$place/case"
tune --sample 0.1 --rounds 1 --local --nthreads 2 "$STUDY"
! grep -q ' 40 ' "$place/tried" || complain "tried $(<"$place/tried")"
echo 'chunked=1' >"$place/case"
tune --sample 0.1 --rounds 1 --local --nthreads 2 --chunk-elements 7 "$STUDY"
picks '--local --nthreads 2 --chunk-elements 7'
[[ $(sort -u "$place/tried") == $'0 2 7 \n0 2 7 like' ]] || complain "tried $(<"$place/tried")"

# --- what fails ---------------------------------------------------------------------------------------------------------

echo 'if ((n > 0)); then echo "rank 1: out of luck"; exit 7; fi; speed=$t' >"$place/case"
tune "${short[@]}" "$STUDY"
[[ $code == 0 && $error == *"ended with exit code 7"*'| rank 1: out of luck'* ]] || complain "said $error ($code)"
[[ $said == *"best:"$'\n'"  $cohort_run --local --nthreads 2 -- $STUDY"* ]] || complain "said $said"
says '       2         1      auto  ended with exit code 7'
# It fails later: what it had shown does not count, and the others go on, even if it was the fastest.
for fails in 2 3; do
  echo 'speed=$((n > 0 ? 20 : 2 * t)); ((n == 0 || $(grep -c "^2" "$PLACE/tried") < '$fails')) || exit 7' >"$place/case"
  tune "${short[@]}" --rounds 2 --json "$place/json" "$STUDY"
  [[ $code == 0 && $said == *"best:"$'\n'"  $cohort_run --local --nthreads 2 -- $STUDY"* ]] || complain "said $said ($code, $error)"
  says '       2         1      auto  ended with exit code 7'
  [[ $(grep -c '^       2 ' <<<"$said") == 1 && $(<"$place/json") != *'"nprocs":2'* ]] || complain "said $said, wrote $(<"$place/json")"
done
echo 'exit 7' >"$place/case"
tune "${short[@]}" "$STUDY"
[[ $code == 2 && $error == *'none of the ways worked' ]] || complain "said $error ($code)"
echo 'exit 0' >"$place/case"
tune "${short[@]}" --local --nthreads 1 "$STUDY"
[[ $code == 2 && $error == *'no sample was written'* ]] || complain "said $error ($code)"
echo '((t == 2)) || exec sleep 50' >"$place/case"
tune "${short[@]}" --limit 2 --local "$STUDY"
[[ $code == 0 && $error == *'--nthreads 1'*'did not end within 2 s: does it hang?'* ]] || complain "said $error ($code)"

# A signal ends all, and cleans up.
for signal in INT TERM; do
  echo 'echo $$ >"$PLACE/pid.new"; mv "$PLACE/pid.new" "$PLACE/pid"; exec sleep 50' >"$place/case"
  rm -f "$place/pid"
  tune_command --sample 0.1 "$STUDY"
  env --default-signal=INT "${command[@]}" >/dev/null 2>&1 &
  tuner=$!
  for ((i = 0; i < 500; ++i)); do [[ ! -e $place/pid ]] || break; sleep 0.02; done
  kill -"$signal" "$tuner"
  code=0
  wait "$tuner" || code=$?
  [[ $signal$code == INT130 || $signal$code == TERM143 ]] || complain "ended with $code after SIG$signal"
  ! kill -0 "$(<"$place/pid")" 2>/dev/null || complain "SIG$signal left the program behind"
  [[ -z $(ls "$place/tmp") ]] || complain "left in the temporary folder: $(ls "$place/tmp")"
done

# --- wrong use ------------------------------------------------------------------------------------------------------------

refuses '--sample 0: needs a time in seconds, as 2 or 0.5' --sample 0 true
refuses '--sample 2s: needs a time in seconds, as 2 or 0.5' --sample 2s true
refuses '--limit -1: needs a time in seconds, as 2 or 0.5' --limit=-1 true
refuses '--rounds 0: needs a whole number, 1 or more' --rounds 0 true
refuses '--tune knows the CPUs of this machine or of a Slurm allocation: leave --host and --hostfile out' --host a true
refuses '--tune ends with the first failure: leave --recovery out' --recovery true
refuses '--tune chooses itself what --cohort-threads=4 says: leave it out' -- true --cohort-threads=4
refuses './nothing: there is no such program, or it cannot be executed' ./nothing
code=0
error=$("$cohort_run" --rounds 2 true 2>&1) || code=$?
[[ $code == 2 && $error == 'cohort-run: --sample, --rounds, --limit and --json belong to --tune' ]] || complain "said $error ($code)"

echo "$failures failed"
((failures == 0))
