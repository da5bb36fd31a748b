#!/usr/bin/env bash
# monte_carlo_test.sh PROGRAM [MPIRUN…]: it prints the same digits without a launcher and, if one is given, at 1 and 3
# ranks, in chunks of any size; its intervals contain what they should; what was typed wrong ends with a message and code 2.
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/apps/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What must not depend on how it was run: all but the time.
printed() { grep -v '^time ' "$place/out"; }
# contains NAME VALUE: the interval that is printed for NAME contains VALUE.
contains() {
  grep "^$1 " "$place/out" | sed "s/^$1 *//" |
    awk -v value="$2" '{ exit !(NF == 5 && $3 > 0 && $1 - $3 <= value && value <= $1 + $3) }' ||
    fail "the interval of '$1' does not contain $2:" "$(cat "$place/out")"
}
closed_form() { awk '/^closed form/ { print $3 }' "$place/out"; }

run --samples 200000
expect_code 0
printed > "$place/expected"
contains pi 3.14159265358979
contains "call option" "$(closed_form)"
# The textbook's number for these parameters.
[[ $(closed_form) == 10.450583572186 ]] || fail "the closed form gives $(closed_form)"

for ranks in "${rank_counts[@]}"; do
  for items in 0 1000 77777 1000000; do
    run --samples 200000 --items "$items"
    expect_code 0
    diff "$place/expected" <(printed) || fail "chunks of $items samples give other digits"
  done
done
ranks=0
run --samples 200000 --cohort-threads=3
diff "$place/expected" <(printed) || fail "three threads give other digits"

run --samples 200000 --seed 3
diff -q "$place/expected" <(printed) > "$place/same" && fail "another seed gives the same digits"
contains pi 3.14159265358979
for option in "--strike 150" "--rate -0.02" "--volatility 0.9 --maturity 4" "--volatility 0.001" "--spot 1e-9 --strike 1e-9"; do
  # shellcheck disable=SC2086  # several words
  run --samples 200000 $option
  expect_code 0
  contains "call option" "$(closed_form)"
done
run --samples 2
expect_code 0

ends_with 2 "--sampels" --sampels 3
ends_with 2 "--samples must be 2 or more" --samples 1
ends_with 2 "--samples" --samples many
ends_with 2 "--samples" --samples 99999999999999999999
ends_with 2 "--seed must be 0 or more" --seed=-1
ends_with 2 "--items must be 0 or more" --items=-5
ends_with 2 "--volatility must be a number greater than 0" --volatility 0
ends_with 2 "--spot must be a number greater than 0" --spot nan
ends_with 2 "--maturity must be a number greater than 0" --maturity inf
ends_with 2 "--rate must be a finite number" --rate inf
ends_with 2 "too large or too small" --volatility 1000
ends_with 2 "too large or too small" --rate=-1e9
ends_with 2 "too many positional" 1000
helps "--samples N"
exit "$failed"
