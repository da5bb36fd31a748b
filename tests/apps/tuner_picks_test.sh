#!/usr/bin/env bash
# tuner_picks_test.sh COHORT-RUN EFFICIENCY-TOUR [TASK…]: whether what `cohort-run --tune` picks for the tour's tasks is
# the fastest way to start them, or within 10 % of it: all ways that come into question are run whole, in turn. Takes
# minutes, and wants the machine for itself.
set -euo pipefail
cohort_run=$1 tour=$2
shift 2
tasks=("$@")
[[ $# -gt 0 ]] || tasks=(scales lock table)
rounds=${TUNER_PICKS_ROUNDS:-5}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0

# value NAME LINE: of a line of JSON.
value() {
  [[ $2 =~ \"$1\":([^,}]+) ]] || { echo "no $1 in: $2" >&2; exit 1; }
  echo "${BASH_REMATCH[1]}"
}
# options_of LINE: of cohort-run, for this way.
options_of() {
  if [[ $(value local "$1") == true ]]; then echo -n --local; else echo -n "--nprocs $(value nprocs "$1")"; fi
  echo " --nthreads $(value nthreads "$1")"
}
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

for task in "${tasks[@]}"; do
  program=("$tour" --task "$task")
  # The tuner thinks of a run 30 samples long: so long are those that it is compared with.
  "$cohort_run" --tune --sample 0.3 --rounds 5 --json "$place/ways" -- "${program[@]}" --tasks 100000
  best=$(grep '"best":true' "$place/ways")
  seconds=$(value seconds "$best")
  count=$(awk -v rate="$(value elements_per_second "$best")" 'BEGIN { printf "%d", 9 * rate }')
  # What the tuner takes for much slower needs no second opinion.
  mapfile -t ways < <(while read -r line; do
    awk -v a="$(value seconds "$line")" -v b="$seconds" 'BEGIN { exit !(a <= 1.6 * b) }' && echo "$line"
  done <"$place/ways" || true)
  rm -f "$place"/times.*
  for ((round = 0; round < rounds; ++round)); do
    for i in "${!ways[@]}"; do
      way=$(((i + round) % ${#ways[@]}))
      read -ra options < <(options_of "${ways[way]}")
      start=$(now_ms)
      "$cohort_run" "${options[@]}" -- "${program[@]}" --tasks "$count" >/dev/null </dev/null
      echo $(($(now_ms) - start)) >>"$place/times.$way"
    done
  done
  printf '\n%s, %s tasks, whole runs, median of %s:\n' "$task" "$count" "$rounds"
  fastest='' picked=''
  for i in "${!ways[@]}"; do
    median=$(sort -n "$place/times.$i" | sed -n "$(((rounds + 1) / 2))p")
    mark=''
    if [[ ${ways[i]} == "$best" ]]; then picked=$median mark=' <- picked'; fi
    [[ -n $fastest && $fastest -le $median ]] || fastest=$median
    printf '  %-28s %6s ms  (%s)%s\n' "$(options_of "${ways[i]}")" "$median" \
      "$(sort -n "$place/times.$i" | tr '\n' ' ' | sed 's/ $//')" "$mark"
  done
  if ((picked * 10 > fastest * 11)); then
    printf 'FAILED: the pick takes %s ms, the fastest way %s ms\n' "$picked" "$fastest"
    failures=$((failures + 1))
  fi
done
((failures == 0))
