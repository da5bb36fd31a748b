# shellcheck shell=bash disable=SC2154
# Sourced by tests that need a Slurm, after hosts.sh: the controller on c1, from where jobs are submitted, and nodes c2,
# c3, …, each with four CPUs that it does not have. With a munged of its own. Everything lies in $work.

export SLURM_CONF=$work/slurm.conf
daemons=()

write_slurm_conf() {
  cat > "$SLURM_CONF" << CONF
ClusterName=cohort
SlurmctldHost=c1(10.77.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# A job that is requeued waits for so long, too; less is not enough on a busy machine.
AuthInfo=socket=$work/munge/socket,cred_expire=15
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
# PMIx keeps files there, whose names are the same on all nodes.
TmpFS=$work/tmp-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SwitchType=switch/none
MpiDefault=pmix
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=60
KillWait=5
MinJobAge=3600
OverTimeLimit=0
JobRequeue=1
# More CPUs than the machine has.
SlurmdParameters=config_overrides
NodeName=c[2-$host_count] NodeAddr=10.77.0.[2-$host_count] CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
listens() { [[ -n $(nsenter --net="/run/netns/$COHORT_TEST_NET-$1" ss -Hltn "sport = :$2") ]]; }
nodes_are_idle() { [[ $(on c1 sinfo -h -o %T 2> /dev/null | sort -u) == idle ]]; }

# start_daemon HOST OUTPUT COMMAND…: not by on(), whose shell would stand between, with an id of its own.
start_daemon() {
  "$here/on.sh" "$1" "${@:3}" > "$work/$2" 2>&1 &
  daemons+=($!)
}

# slurm_up NODES
slurm_up() {
  local i
  hosts_up $(($1 + 1))
  mkdir -m 700 "$work/munge" "$work/state"
  dd if=/dev/urandom of="$work/munge/key" bs=64 count=1 status=none
  chmod 600 "$work/munge/key"
  start_daemon c1 munge/out munged --force --foreground --num-threads=2 --key-file="$work/munge/key" --socket="$work/munge/socket" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed"
  write_slurm_conf
  for ((i = 2; i <= host_count; ++i)); do
    mkdir -m 1777 "$work/tmp-c$i"
    mkdir "$work/spool-c$i"
    start_daemon "c$i" "slurmd-c$i.out" slurmd -D -N "c$i"
  done
  # Last: if its first ping finds a node that does not listen yet, the next one comes 20 s later.
  for ((i = 2; i <= host_count; ++i)); do wait_until 20 listens "c$i" 6818 || slurm_failed "slurmd on c$i does not listen"; done
  start_daemon c1 slurmctld.out slurmctld -D -c -i
  wait_until 60 nodes_are_idle || slurm_failed 'the nodes do not become idle'
}
slurm_failed() {
  printf 'FAILED: %s\n' "$*"
  tail -n 20 "$work"/slurm*.log "$work"/slurm*.out "$work"/munge/{log,out}
  exit 1
}

# The daemons end by themselves; hosts_down ends what they leave, such as a slurmstepd.
slurm_down() {
  local pid
  for pid in "${daemons[@]}"; do kill "$pid" 2> /dev/null; done
  for pid in "${daemons[@]}"; do wait_until 5 daemon_has_ended "$pid" || kill -KILL "$pid"; done
  wait
  hosts_down
}
daemon_has_ended() { ! kill -0 "$1" 2> /dev/null; }

# submit SCRIPT [sbatch options and arguments]…: prints the job's id.
submit() { on c1 sbatch --parsable --output="$work/out-%j" --open-mode=append "$@"; }

# field JOB NAME: as `scontrol show job` tells.
field() { on c1 scontrol -o show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }
job_has_ended() { [[ $(field "$1" JobState) =~ ^(COMPLETED|FAILED|TIMEOUT|CANCELLED|NODE_FAIL|OUT_OF_MEMORY)$ ]]; }
