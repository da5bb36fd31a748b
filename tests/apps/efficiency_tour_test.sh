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

# One kind of task, to be tuned: the same sum in any way.
for task in scales lock table counters stream; do
  sums=
  for ranks in "${rank_counts[@]}"; do
    run --task "$task" --tasks 3 --largest 64K
    expect_code 0
    sums+=" $(cat "$place/out")"
  done
  [[ $(tr ' ' '\n' <<< "${sums# }" | sort -u | grep -cE '^[0-9]+$') -eq 1 ]] || fail "$task gave$sums"
done
ranks=0

# The part that starts programs, with a tuner of its own: what it is told is what it shows.
cat > "$place/tuner" << 'END'
#!/usr/bin/env bash
printf '%s ' "$@" >> "${0%/*}/called"
while [[ $1 != --json ]]; do shift; done
json=$2
while [[ $1 != --task ]]; do shift; done
way() {
  printf '{"local":%s,"nprocs":%d,"nthreads":%d,"chunk_elements":0,"seconds":%s,"memory":%s,"best":%s}\n' "$@" >> "$json"
}
case $2 in
  lock) way true 1 4 40 1048576 false; way false 4 1 10 4194304 true ;;
  table) way true 1 4 10 1048576 true; way false 4 1 15 4194304 false ;;
  counters) way true 1 4 20 1048576 false; way false 4 1 30 4194304 false; way true 1 1 10 1048576 true ;;
  *) way true 1 4 10 1048576 true; way false 2 2 11 2097152 false; way false 4 1 12 4194304 false ;;
esac
END
chmod +x "$place/tuner"
run --adjust --cohort-run "$place/tuner" --sample 0.5 --turns 2 --largest 1M
expect_code 0
grep -qE -- "^--tune --sample 0.5 --rounds 2 --json .* -- $program --task scales --tasks [0-9]+ --largest 1048576 --tune" "$place/called" ||
  fail "the tuner was called by: $(cat "$place/called")"
expect '^ +scales +1\.00 x +1\.00 MiB +1\.20 x +4\.00 MiB +1 x 4 local +1\.00 x +1\.00 MiB$'
expect '^ +lock +4\.00 x +1\.00 MiB +1\.00 x +4\.00 MiB +4 x 1 +1\.00 x +4\.00 MiB$'
expect '^ +counters +2\.00 x +1\.00 MiB +3\.00 x +4\.00 MiB +1 x 1 local +1\.00 x +1\.00 MiB$'
expect '^ +table +1\.00 x +1\.00 MiB +1\.50 x +4\.00 MiB +1 x 4 local +1\.00 x +1\.00 MiB$'
expect "^What was seen: The tuner picked 1 x 4 local for the task 'scales' .*, 4 x 1 for the task 'lock'"
run --adjust --cohort-run "$place/nothing"
expect_code 1
grep -q 'efficiency_tour: this has failed: .*nothing' "$place/err" || fail "it said: $(cat "$place/err")"

ends_with 2 "--task cores: there are scales, lock, table, counters, stream" --task cores
ends_with 2 "--larger" --larger 1G
ends_with 2 "'1T' is no size" --largest 1T
ends_with 2 "'' is no size" --largest ''
ends_with 2 "1K or more" --largest 12
ends_with 2 "--turns" --turns 0
ends_with 2 "too many positional" 1G
helps "--largest SIZE"
exit "$failed"
