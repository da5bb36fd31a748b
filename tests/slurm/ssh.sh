#!/bin/sh
# ssh.sh [options] HOST WORDS…: stands in for ssh where mpirun starts its daemons on the hosts of hosts.sh.
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
exec "$(dirname "$(readlink -f "$0")")/on.sh" "$host" /bin/sh -c "$*"
