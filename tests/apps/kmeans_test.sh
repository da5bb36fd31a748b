#!/usr/bin/env bash
# kmeans_test.sh PROGRAM [MPIRUN…]: it finds what a plain loop finds, in generated points and in a file's, and prints the
# same without a launcher and, if one is given, at 1 and 3 ranks, in chunks of any size; what comes to rank 0 does not grow
# with the points; what was typed wrong, or cannot be used, ends with a message.
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/apps/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What must not depend on how it was run. What the check finds is rounding errors.
printed() { grep -vE '^(time|to rank 0) ' "$place/out" | sed 's/(largest difference.*//'; }
expect() { tr -s ' ' < "$place/out" | grep -qxE -- "$1" || fail "no line '$1' in:" "$(cat "$place/out")"; }
bytes_to_rank_0() { awk '/^to rank 0/ { print $4 }' "$place/out"; }

# Four points around each corner of a square, in every notation that is allowed.
file=$place/points.csv
{
  printf 'x, y\r\n\r\n'
  for x in 100 200; do
    for y in -100 100; do printf '%d.5,%d\n %d ,\t%d\r\n%de0,%s\n%d,%d\n\n' $x $y $((x - 1)) $y $x $y.0 $x $y; done
  done
} > "$file"

generated=(--points 20000 --dimensions 3 --clusters 6 --iterations 20 --check)
run "${generated[@]}"
expect_code 0
expect "points 20000 of 3 dimensions"
expect "check as a plain loop's .*"
printed > "$place/expected"
read_file=(--input "$file" --clusters 4 --check)
run "${read_file[@]}"
expect_code 0
expect "points 16 of 2 dimensions"
for x in 99.875 199.875; do
  for y in -100 100; do expect " 4 ${x}000 $y.000000"; done
done
printed > "$place/expected of the file"

for ranks in "${rank_counts[@]}"; do
  for items in 0 700 20000; do
    run "${generated[@]}" --items "$items"
    expect_code 0
    diff "$place/expected" <(printed) || fail "chunks of $items points give other centroids"
  done
  for items in 0 1 3; do
    run "${read_file[@]}" --items "$items"
    expect_code 0
    diff "$place/expected of the file" <(printed) || fail "chunks of $items lines give other centroids"
  done

  run --points 100000 --iterations 10 --tolerance 0
  few=$(bytes_to_rank_0)
  run --points 1000000 --iterations 10 --tolerance 0
  many=$(bytes_to_rank_0)
  ((few > 0 && many < 2 * few)) || fail "rank 0 received $few bytes for 100000 points and $many for ten times as many"
done
ranks=0

for dimensions in 1 2 8 16; do
  run --points 3000 --dimensions "$dimensions" --check
  expect_code 0
  expect "points 3000 of $dimensions dimensions"
done
run --points 3 --clusters 3
expect_code 0
expect "mean square 0.000000 .*"
run "${generated[@]}" --seed 3
diff -q "$place/expected" <(printed) > "$place/same" && fail "another seed gives the same centroids"

# bad MESSAGE TEXT: a file with this text ends so.
bad() {
  printf '%b' "$2" > "$place/bad.csv"
  ends_with 1 "$1" --input "$place/bad.csv" --clusters 1 --items 2
}
bad "bad.csv:4: 'x' is no number" 'a,b\n1,2\n3,4\n5,x\n'
bad "bad.csv:1: 'x' is no number" '1,x\n3,4\n'
bad "bad.csv:2: 3 instead of 2 numbers" '1,2\n3,4,5\n6,7\n6,7\n6\n6,7\n'
bad "bad.csv:5: 1 instead of 2 numbers" '1,2\n\n\n3,4\n5'
bad "bad.csv:2: 'nan' is no number" '1\nnan\n'
bad "bad.csv:3: '' is no number" '1,2\n3,4\n,\n'
bad "bad.csv:2: a point of 17 dimensions" "\n$(seq -s, 17)\n"
bad "bad.csv has no points" ''
bad "bad.csv has no points" 'x,y\n\n'
printf '1,2\n1,2\n1,2\n' > "$place/same.csv"
ends_with 1 "too few distinct points (1) for 2 clusters" --input "$place/same.csv" --clusters 2

ends_with 2 "No such file" --input "$place/nothing"
ends_with 2 "it is no file" --input "$place"
ends_with 2 "--points is for generated points" --input "$file" --points 3
ends_with 2 "--points must be 1 or more" --points 0
ends_with 2 "--dimensions must be 1 to 16" --dimensions 17
ends_with 2 "--clusters must be 1" --clusters 0
ends_with 2 "--iterations must be 1" --iterations 0
ends_with 2 "--tolerance must be 0 or more" --tolerance=-1
ends_with 2 "--tolerance must be a finite number" --tolerance nan
ends_with 2 "--item" --itemss 3
ends_with 2 "too many positional" points.csv
helps "--input FILE"
exit "$failed"
