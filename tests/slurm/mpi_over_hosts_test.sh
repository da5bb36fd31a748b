#!/usr/bin/env bash
# mpi_over_hosts_test.sh RUN_PROBE MONTE_CARLO MPIEXEC…: ordinary programs on six ranks of three hosts, with TCP between
# them; results are checked, and that they did travel.
set -uo pipefail
run_probe=$1 monte_carlo=$2
mpiexec=("${@:3}")
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d "${TMPDIR:-/tmp}/cohort-hosts.XXXXXX")
# shellcheck source=tests/slurm/hosts.sh
. "$here/hosts.sh"

clean_up() {
  hosts_down
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  printf 'FAILED: %s\n' "$*"
  head -n 50 "$work/out" "$work/err"
  exit 1
}

# over_hosts COMMAND…: two ranks on each.
over_hosts() {
  on c1 timeout 60 "${mpiexec[@]}" --host c1:2,c2:2,c3:2 -n 6 "$@" > "$work/out" 2> "$work/err" < /dev/null ||
    fail "$1 has ended with $?"
}
received_on() { nsenter --net="/run/netns/$COHORT_TEST_NET-$1" awk "/eth0:/ {print \$2}" /proc/net/dev; }

require_hosts awk
export OMPI_MCA_plm_rsh_agent=$here/ssh.sh
# All hosts are one machine: else their ranks would be bound to the same cores.
export OMPI_MCA_hwloc_base_binding_policy=none
hosts_up 3

over_hosts hostname
[[ $(sort "$work/out" | uniq -c | tr -s ' \n' ' ') == ' 2 c1 2 c2 2 c3 ' ]] || fail 'the ranks are not on three hosts'

before=$(received_on c1)
over_hosts "$run_probe" works
[[ ! -s $work/err ]] || fail 'something stands on standard error'
# A vector of 3 MB from each worker goes to the one that adds them up, and one to rank 0.
received=$(($(received_on c1) - before))
((received > 3000000)) || fail "only $received bytes have come to c1"

digits() { grep -v '^time ' "$1"; }
"$monte_carlo" --samples 200000 > "$work/expected"
over_hosts "$monte_carlo" --samples 200000
diff <(digits "$work/expected") <(digits "$work/out") || fail 'other digits'
grep -q '(workers: 5, slots: ' "$work/out" || fail 'not five workers'
