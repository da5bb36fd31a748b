# shellcheck shell=bash disable=SC2154
# Sourced by tests that need several hosts: c1, c2, … on this one machine, each with a network, a host name, /dev/shm and
# System V IPC of its own. They are joined by a bridge that lives in a network namespace too, so that nothing is added to
# the machine's own network, and several tests may have hosts of the same names and addresses at the same time.
# The caller has set $here, the folder of this file, and $work, a folder of its own.

export COHORT_TEST_NET=cohort-$$ COHORT_TEST_HOSTS=$work/hosts
host_count=0

# Ends with 77, which ctest takes for skipped, where hosts cannot be made. COMMANDS…: what the caller needs beyond that.
require_hosts() {
  local command
  for command in ip nsenter unshare "$@"; do
    [[ -n $(command -v "$command") ]] || skip "$command is not installed"
  done
  [[ $(id -u) -eq 0 ]] || skip 'only root can make network namespaces'
  unshare --net --uts --ipc --mount true 2> /dev/null || skip 'this machine allows no namespaces'
}
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

# What a test has left that was killed before it could clean up; its id is in the name.
remove_left_hosts() {
  local name id pid
  for name in $(ip netns list | sed -n 's/^\(cohort-[0-9]*-[^ ]*\).*/\1/p'); do
    id=${name#cohort-}
    [[ -n $(readlink "/proc/${id%%-*}/exe") ]] && continue # a zombie has none
    for pid in $(ip netns pids "$name"); do kill -KILL "$pid" 2> /dev/null; done
    ip netns del "$name"
  done
}

on() { "$here/on.sh" "$@"; }

# hosts_up COUNT: at 10.77.0.1, 10.77.0.2, …
hosts_up() {
  local switch=$COHORT_TEST_NET-switch host i
  remove_left_hosts
  host_count=$1
  ip netns add "$switch"
  ip -n "$switch" link add bridge type bridge
  ip -n "$switch" link set bridge up
  printf '127.0.0.1 localhost\n' > "$COHORT_TEST_HOSTS"
  for ((i = 1; i <= host_count; ++i)); do
    host=$COHORT_TEST_NET-c$i
    printf '10.77.0.%d c%d\n' "$i" "$i" >> "$COHORT_TEST_HOSTS"
    ip netns add "$host"
    ip link add eth0 netns "$host" type veth peer name "port$i" netns "$switch"
    ip -n "$switch" link set "port$i" master bridge up
    ip -n "$host" link set lo up
    ip -n "$host" addr add "10.77.0.$i/24" dev eth0
    ip -n "$host" link set eth0 up
  done
}

# Whoever is on the hosts was started there by the test: all are ended, by their ids. Then the hosts go.
hosts_down() {
  local i pid
  for ((i = 1; i <= host_count; ++i)); do
    for pid in $(ip netns pids "$COHORT_TEST_NET-c$i" 2> /dev/null); do kill -KILL "$pid" 2> /dev/null; done
  done
  for ((i = 1; i <= host_count; ++i)); do ip netns del "$COHORT_TEST_NET-c$i" 2> /dev/null; done
  ip netns del "$COHORT_TEST_NET-switch" 2> /dev/null
  host_count=0
}
