# What run_test.sh's cases are written with: starts run_probe, hits it, and checks how all of it ends.
# The caller has set probe, ranks (0: without mpirun) and mpiexec.

# Within half a second, says the design; a busy machine is given more. What was measured is printed.
gone_limit_ms=8000
end_limit_s=${RUN_TEST_LIMIT_S:-60}

work=$(mktemp -d "${TMPDIR:-/tmp}/cohort-run-test.XXXXXX")
export RUN_PROBE_DIR=$work
launcher='' code='' hit_at=''

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

fail() {
  printf 'FAILED: %s\n' "$*"
  printf -- '--- exit code %s, standard error:\n' "$code"
  cat "$work/err"
  printf -- '--- standard output:\n'
  head -n 50 "$work/out"
  exit 1
}

# Only what this script has started, each by its id.
clean_up() {
  [[ $BASHPID == "$$" ]] || return  # a child that was signalled before it became the launcher
  [[ -n $launcher ]] && kill -KILL "$launcher" 2>/dev/null
  local pid
  for pid in $(rank_pids); do alive "$pid" && kill -KILL "$pid"; done
  rm -rf "$work"
}
trap clean_up EXIT

# start CASE…: the probe, in a session of its own, with signals as in a shell.
start() {
  local command=("$probe" "$@")
  ((ranks > 0)) && command=("${mpiexec[@]}" -n "$ranks" "${command[@]}")
  start_command "${command[@]}"
}
start_command() {
  rm -f "$work"/*.[0-9]*  # marks of the one before
  env --default-signal=INT setsid "$@" >"$work/out" 2>"$work/err" </dev/null &
  launcher=$!
}

# A process that has ended and was not waited for yet counts as gone; so does an id that has come to another program.
alive() {
  local state
  state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
  [[ -n $state && $state != Z && $state != X && $(readlink "/proc/$1/exe") == *run_probe* ]]
}

rank_pids() {
  local file
  for file in "$work"/pid.*; do [[ -e $file && $file != *.new ]] && echo "${file##*.}"; done
}
pid_of_rank() {
  local file
  for file in "$work"/pid.*; do [[ -e $file && $(<"$file") == "$1" ]] && echo "${file##*.}" && return; done
}

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    (($(now_ms) < end)) || return 1
    sleep 0.02
  done
}
is_marked() { compgen -G "$work/$1.*" >/dev/null; }
wait_for_mark() { wait_until 30 is_marked "$1" || fail "it has not come as far as '$1'"; }
launcher_runs() { [[ $(readlink "/proc/$launcher/exe") != */bash ]]; }
launcher_ended() { ! kill -0 "$launcher" 2>/dev/null; }

# Waits for the end of what was started; sets code.
finish() {
  wait_until "$end_limit_s" launcher_ended ||
    fail "it has not ended within $end_limit_s s: $(ps -o pid,stat,wchan:20,etime,args -p "$launcher,$(rank_pids | paste -sd,)")"
  wait "$launcher"
  code=$?
  launcher=''
  nobody_is_left
}

# The same where tasks run for 40 s, which nobody may wait for.
finish_early() {
  local at
  at=$(now_ms)
  finish
  printf 'it took %d ms from start to end\n' $(($(now_ms) - at))
  (($(now_ms) - at < 20000)) || fail 'it has waited for tasks that run'
}

no_rank_lives() {
  local pid
  for pid in $(rank_pids); do alive "$pid" && return 1; done
  return 0
}
nobody_is_left() { wait_until 2 no_rank_lives || fail "left behind: $(ps -o pid,stat,args -p "$(rank_pids | paste -sd,)")"; }

# hit SIGNAL launcher|group|PID: and measures until all ranks are gone.
hit() {
  local at
  at=$(now_ms)
  case $2 in
    launcher) kill -"$1" "$launcher" ;;
    group) kill -"$1" -- "-$launcher" ;;
    *) kill -"$1" "$2" ;;
  esac
  wait_until $((gone_limit_ms / 1000)) no_rank_lives || fail "ranks live $gone_limit_ms ms after SIG$1"
  printf 'all ranks were gone %d ms after SIG%s\n' $(($(now_ms) - at)) "$1"
}

expect_code() { [[ $code == "$1" ]] || fail "the exit code is $code, not $1"; }
expect_failure() { [[ $code != 0 ]] || fail "the exit code is 0"; }

# expect_messages COUNT [PATTERN]: lines of Cohort on standard error; each matches.
expect_messages() {
  local lines count
  lines=$(grep -E '^cohort: ' "$work/err")
  count=$(grep -c . <<<"$lines")
  ((count == $1)) || fail "$count messages, not $1"
  (($1 == 0)) || (($(grep -cE -- "$2" <<<"$lines") == $1)) || fail "the message does not say /$2/"
}
# Beside Cohort nobody says anything: neither the C++ runtime nor MPI.
expect_silence() {
  [[ ! -s $work/err ]] || fail "something stands on standard error"
}
expect_output() { grep -qE -- "$1" "$work/out" || fail "standard output does not say /$1/"; }
expect_messages_at_most() {
  (($(grep -cE '^cohort: ' "$work/err") <= $1)) || fail "more than $1 messages"
}
