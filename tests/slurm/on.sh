#!/bin/sh
# on.sh HOST COMMAND…: runs COMMAND on one of the hosts of hosts.sh: with its network, host name, /etc/hosts, /dev/shm and
# System V IPC. nsenter instead of `ip netns exec`, which mounts a /sys without cgroups, where slurmd does not start. Names
# are looked up in /etc/hosts alone: the machine's own name servers cannot be reached, and each look-up would hang for 5 s.
host=$1
shift
# shellcheck disable=SC2016  # for the inner shell
exec nsenter --net="/run/netns/$COHORT_TEST_NET-$host" unshare --uts --ipc --mount sh -c '
  hostname "$1" && mount --bind "$2" /etc/hosts && mount --bind /dev/null /etc/resolv.conf &&
    mount -t tmpfs -o size=2g,mode=1777 tmpfs /dev/shm || exit 125
  shift 2
  exec "$@"' on "$host" "$COHORT_TEST_HOSTS" "$@"
