#!/usr/bin/env bash
# efficiency_tour_test.sh PROGRAM [MPIRUN…]: it shows all its rows, without a launcher and, if one is given, at 1 and 3
# ranks; what was typed wrong ends with a message and code 2. What it measures is not judged here.
set -uo pipefail
# shellcheck source=tests/apps/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

expect() { grep -qE -- "$1" "$place/out" || fail "nothing like '$1' in:" "$(cat "$place/out")"; }
expect_count() {
  [[ $(grep -cE -- "$2" "$place/out") -eq $1 ]] || fail "not $1 lines like '$2' in:" "$(cat "$place/out")"
}
expect_not() { ! grep -qE -- "$1" "$place/out" || fail "'$1' in:" "$(cat "$place/out")"; }

for ranks in "${rank_counts[@]}"; do
  run --largest 300K --turns 1
  expect_code 0
  for size in '1\.00 KiB' '16\.0 KiB' '256 KiB' '300 KiB'; do
    # What comes to rank 0 is KiB if the matrix is gathered, and bytes if it is asked.
    expect "^ +$size .*s +[0-9.]+ KiB .*s +[0-9]+ B .* x$"
  done
  for task in '1\.00 us' '10\.0 us' '100 us' '1\.00 ms' '10\.0 ms'; do expect "^ +$task .* x"; done
  expect "^What was seen: .* 300 KiB .* Threads of one process (paid|did not pay)"
  for element in '10\.0 ns' '1\.00 us' '100 us' '10\.0 ms'; do
    expect "^ +$element +[0-9]+ +plain loop +[0-9.]+ .?s"
  done
  for way in 'a task each' 'chunks by hand' 'client\.map'; do
    # Tasks, time, overhead, growth of rank 0, and the time against the plain loop's.
    expect_count 4 "^ +$way +[0-9]+ +[0-9.]+ .?s +-?[0-9.]+ .?s +([0-9.]+ .*B|\?) +[0-9.]+ x$"
  done
  expect "A task for each element (paid|did not pay) .*, client\.map (paid|did not pay) "
  if [[ $ranks -gt 1 ]]; then
    expect "ranks: time"
    expect "Distribution over ranks (paid|did not pay)"
    expect_not "mpirun"
  else
    expect "mpirun -n 3 $program"
    expect_not "ranks: time"
  fi
done
ranks=0

ends_with 2 "--larger" --larger 1G
ends_with 2 "'1T' is no size" --largest 1T
ends_with 2 "'' is no size" --largest ''
ends_with 2 "1K or more" --largest 12
ends_with 2 "--turns" --turns 0
ends_with 2 "too many positional" 1G
helps "--largest SIZE"
exit "$failed"
