# shellcheck shell=bash disable=SC2034
# Sourced by the tests of the programs: runs $program, with or without $launcher, and judges how it ended.

program=$1
shift
launcher=("$@")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failed=0
ranks=0

# Counts of ranks to try; 0 is without a launcher.
rank_counts=(0)
if [[ ${#launcher[@]} -gt 0 ]]; then rank_counts=(0 1 3); fi

fail() {
  printf 'FAILED at %s ranks: %s\n' "$ranks" "$*"
  failed=1
}

# run ARGUMENTS…: at $ranks ranks. Leaves $place/out, $place/err and the code in rc.
run() {
  local command=("$program")
  if [[ $ranks -gt 0 ]]; then command=("${launcher[@]}" -n "$ranks" "$program"); fi
  rc=0
  timeout 120 "${command[@]}" "$@" > "$place/out" 2> "$place/err" < /dev/null || rc=$?
}

# expect_code CODE: how the last run ended.
expect_code() { [[ $rc -eq $1 ]] || fail "ended with $rc instead of $1:" "$(cat "$place/err")"; }

# ends_with CODE MESSAGE ARGUMENTS…: a run says this, in one line, and ends with this code.
ends_with() {
  run "${@:3}"
  expect_code "$1"
  if [[ $(wc -l < "$place/err") -ne 1 ]] || ! grep -qF -- "$2" "$place/err"; then
    fail "with ${*:3} it did not say '$2':" "$(cat "$place/err")"
  fi
}

# helps FLAG: --help explains it.
helps() {
  run --help
  expect_code 0
  grep -qF -- "$1" "$place/out" || fail "--help does not tell of $1"
}
