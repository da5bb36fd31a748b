#!/usr/bin/env bash
# tuner_picks_test.sh COHORT-RUN EFFICIENCY-TOUR [TASK…]: whether what `cohort-run --tune` picks for the tour's tasks is
# the fastest way to start them, or within 10 % of it: all ways that come into question are run whole, in turn, and those
# that the tuner takes for much slower once. Counters that all cores write get one slot. Takes minutes, and wants the
# machine for itself. TASK: of the tour's --task; stream, too, where what memory does for a core stays the same for minutes.
set -euo pipefail
cohort_run=$1 tour=$2
shift 2
tasks=("$@")
[[ $# -gt 0 ]] || tasks=(scales lock table counters)
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
# near LINE SECONDS: takes the way not much longer than that?
near() { awk -v a="$(value seconds "$1")" -v b="$2" 'BEGIN { exit !(a <= 1.6 * b) }'; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

for task in "${tasks[@]}"; do
  program=("$tour" --task "$task")
  # The tuner thinks of a run 30 samples long: so long are those that it is compared with.
  "$cohort_run" --tune --sample 0.3 --rounds 5 --json "$place/ways" -- "${program[@]}" --tasks 100000
  best=$(grep '"best":true' "$place/ways")
  seconds=$(value seconds "$best")
  count=$(awk -v rate="$(value elements_per_second "$best")" 'BEGIN { printf "%d", 9 * rate }')
  mapfile -t ways <"$place/ways"
  rm -f "$place"/times.*
  for ((round = 0; round < rounds; ++round)); do
    for i in "${!ways[@]}"; do
      way=$(((i + round) % ${#ways[@]}))
      ((round == 0)) || near "${ways[way]}" "$seconds" || continue
      read -ra options < <(options_of "${ways[way]}")
      start=$(now_ms)
      "$cohort_run" "${options[@]}" -- "${program[@]}" --tasks "$count" >/dev/null </dev/null
      echo $(($(now_ms) - start)) >>"$place/times.$way"
    done
  done
  printf '\n%s, %s tasks, whole runs, medians:\n' "$task" "$count"
  fastest='' picked=''
  for i in "${!ways[@]}"; do
    median=$(sort -n "$place/times.$i" | sed -n "$((($(wc -l <"$place/times.$i") + 1) / 2))p")
    mark=''
    if [[ ${ways[i]} == "$best" ]]; then picked=$median mark=' <- picked'; fi
    [[ -n $fastest && $fastest -le $median ]] || fastest=$median
    printf '  %-28s %6s ms  (%s)%s\n' "$(options_of "${ways[i]}")" "$median" \
      "$(sort -n "$place/times.$i" | tr '\n' ' ' | sed 's/ $//')" "$mark"
  done
  if [[ $task == counters && $(value nprocs "$best")x$(value nthreads "$best") != 1x1 ]]; then
    printf 'FAILED: more than one slot was picked\n'
    failures=$((failures + 1))
  fi
  if ((picked * 10 > fastest * 11)); then
    printf 'FAILED: the pick takes %s ms, the fastest way %s ms\n' "$picked" "$fastest"
    failures=$((failures + 1))
  fi
done
((failures == 0))
