#!/usr/bin/env bash
# cohort_run_test.sh COHORT-RUN: what it prints with --dry-run on machines, with MPIs and in Slurm allocations that are
# described here, and what it says of wrong use. Nothing is started.
set -euo pipefail
cohort_run=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0

# machine CORES-PER-DOMAIN DOMAINS HYPERTHREADS [ALLOWED]: what /proc and /sys say of it; hyperthreads as Linux numbers
# them, after all cores.
machine() {
  local cores=$(($1 * $2)) cpu core domain list
  rm -rf "${place:?}/root"
  mkdir -p "$place/root/proc/self" "$place/root/run"
  touch "$place/root/run/.containerenv"
  printf 'Name:\tbash\nCpus_allowed_list:\t%s\n' "${4:-0-$((cores * $3 - 1))}" >"$place/root/proc/self/status"
  for ((cpu = 0; cpu < cores * $3; ++cpu)); do
    core=$((cpu % cores)) list=$((cpu % cores))
    (($3 == 1)) || list=$core,$((core + cores))
    mkdir -p "$place/root/sys/devices/system/cpu/cpu$cpu/topology"
    echo "$list" >"$place/root/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list"
  done
  for ((domain = 0; domain < $2; ++domain)); do
    list=$((domain * $1))-$((domain * $1 + $1 - 1))
    (($3 == 1)) || list=$list,$((cores + domain * $1))-$((cores + domain * $1 + $1 - 1))
    mkdir -p "$place/root/sys/devices/system/node/node$domain"
    echo "$list" >"$place/root/sys/devices/system/node/node$domain/cpulist"
  done
}
quota() {
  mkdir -p "$place/root/sys/fs/cgroup"
  echo "$1" >"$place/root/sys/fs/cgroup/cpu.max"
}

# tool NAME TEXT: a program that prints TEXT.
tool() {
  printf '#!/bin/sh\ncat <<"END"\n%s\nEND\n' "$2" >"$place/bin/$1"
  chmod +x "$place/bin/$1"
}
# tools WHAT…
tools() {
  local what program
  rm -rf "${place:?}/bin"
  mkdir "$place/bin"
  # Those of the system alone: a real mpirun or srun may stand beside them.
  for program in bash cat sed seq sort grep nproc true env; do ln -s "$(type -P "$program")" "$place/bin/$program"; done
  printf '#!/bin/sh\necho %s\n' "$user" >"$place/bin/id"
  chmod +x "$place/bin/id"
  for what in "$@"; do
    case $what in
      openmpi) tool mpirun 'mpirun (Open MPI) 4.1.4'; tool ompi_info 'mca:pmix:ext3x:version:"mca:2.1.0"' ;;
      openmpi_for_slurm) tool mpirun 'mpirun (Open MPI) 4.0.1'; tool ompi_info 'mca:pmix:s2:version:"mca:2.1.0"' ;;
      mpich) tool mpirun 'HYDRA build details:' ;;
      other) tool mpirun 'mpirun of somebody' ;;
      srun) tool srun $'MPI plugin types are...\n\tnone\n\tcray_shasta\n\tpmi2\n\tpmix\nspecific pmix plugin versions available: pmix_v4' ;;
      slurm_without_binding) tool scontrol $'SwitchType              = switch/none\nTaskPlugin              = task/none' ;;
      slurm_with_binding) tool scontrol 'TaskPlugin              = task/affinity,task/cgroup' ;;
      srun_without_pmix) tool srun $'MPI plugin types are...\n\tnone\n\tpmi2' ;;
    esac
  done
}
user=1000

slurm=()
# run ARGUMENT…: sets said, error and code.
run() {
  code=0
  said=$(env -i PATH="$place/bin" COHORT_RUN_ROOT="$place/root" "${slurm[@]}" "$cohort_run" --dry-run "$@" \
    2>"$place/error" </dev/null) || code=$?
  error=$(<"$place/error")
}
complain() {
  printf 'FAILED, line %s: %s\n' "${BASH_LINENO[1]}" "$1"
  failures=$((failures + 1))
}
# prints LINE ARGUMENT…
prints() {
  local line=$1
  shift
  run "$@"
  [[ $code == 0 && $said == "$line" ]] || complain "printed '$said' ($code, $error) instead of '$line'"
}
# refuses SENTENCE ARGUMENT…: in one line, with code 2.
refuses() {
  local sentence=$1
  shift
  run "$@"
  [[ $code == 2 && -z $said && $error == "cohort-run: $sentence" ]] || complain "said '$error' ($code, $said) instead of '$sentence'"
}

# --- on one machine -----------------------------------------------------------------------------------------------------

tools openmpi
machine 8 2 1
prints 'COHORT_THREADS=1 mpirun -n 9 --bind-to none -x COHORT_THREADS=1 true a b\ c --d' \
  --nprocs 8 --nthreads 1 -- true a 'b c' --d
prints 'COHORT_THREADS=1 mpirun -n 9 --bind-to none -x COHORT_THREADS=1 true --nprocs 7' \
  --nprocs=8 --nthreads=1 true --nprocs 7
# One process for each domain, or what follows from the number that is given.
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 true' true
prints 'COHORT_THREADS=5 mpirun -n 4 --bind-to none -x COHORT_THREADS=5 true' --nprocs 3 true
prints 'COHORT_THREADS=5 mpirun -n 4 --bind-to none -x COHORT_THREADS=5 true' --nthreads 5 true
prints 'COHORT_THREADS=40 mpirun -n 2 --bind-to none -x COHORT_THREADS=40 true' --nthreads 40 true
# 16 cores: the scheduler beside 16 processes is one rank more, which mpirun must be told to accept.
prints 'COHORT_THREADS=1 mpirun -n 16 --bind-to none -x COHORT_THREADS=1 true' --nprocs 15 true
prints 'COHORT_THREADS=1 mpirun -n 17 --bind-to none --oversubscribe -x COHORT_THREADS=1 true' --nprocs 16 true
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none --enable-recovery -x COHORT_THREADS=8 true' --recovery true
prints 'COHORT_THREADS=8 COHORT_BIND=none mpirun -n 3 --bind-to none -x COHORT_THREADS=8 -x COHORT_BIND=none true' \
  --bind none true
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 --report-bindings --mca btl self true' \
  --launcher-option --report-bindings --launcher-option --mca --launcher-option btl --launcher-option self true
# Other hosts' CPUs are not seen here.
prints 'mpirun -n 41 --bind-to none --host a:20\,b:21 true' --nprocs 40 --host a:20,b:21 true
prints 'COHORT_THREADS=2 mpirun -n 41 --bind-to none --oversubscribe -x COHORT_THREADS=2 --hostfile f true' \
  --nprocs 40 --nthreads 2 --oversubscribe --hostfile f true
slurm=(COHORT_THREADS=4)
prints 'COHORT_THREADS=4 mpirun -n 5 --bind-to none -x COHORT_THREADS=4 true' true
prints 'COHORT_THREADS=4 mpirun -n 3 --bind-to none -x COHORT_THREADS=4 true' --nprocs 2 true
slurm=()

prints 'true x' --local true x
prints 'COHORT_THREADS=3 true' --local --nthreads 3 -- true
prints 'true' --local --nprocs 1 true

# Only what this process may use counts, and hyperthreads do not.
machine 8 2 2
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 true' true
machine 8 2 2 8-11,24-27
prints 'COHORT_THREADS=4 mpirun -n 2 --bind-to none -x COHORT_THREADS=4 true' true
machine 8 2 1 6-9
prints 'COHORT_THREADS=2 mpirun -n 3 --bind-to none -x COHORT_THREADS=2 true' true
machine 8 2 1
quota '350000 100000'
prints 'COHORT_THREADS=1 mpirun -n 3 --bind-to none -x COHORT_THREADS=1 true' true
quota 'max 100000'
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 true' true

# --- root ---------------------------------------------------------------------------------------------------------------

user=0
tools openmpi
prints 'COHORT_THREADS=8 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 true' true
rm "$place/root/run/.containerenv"
refuses 'mpirun does not start programs as root: call cohort-run as a user, or set OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1' true
slurm=(OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
prints 'COHORT_THREADS=8 mpirun -n 3 --bind-to none -x COHORT_THREADS=8 true' true
slurm=()
tools mpich
prints 'COHORT_THREADS=8 mpirun -n 3 -bind-to none -genv COHORT_THREADS 8 true' true
user=1000

# --- in a Slurm allocation ------------------------------------------------------------------------------------------------

pmix='SLURM_PMIX_FENCE=ring srun --mpi=pmix'
rest='--cpu-bind=none --kill-on-bad-exit=1 --quit-on-interrupt'
slurm=(SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=2 SLURM_NTASKS=9 'SLURM_JOB_CPUS_PER_NODE=8(x2)' 'SLURM_TASKS_PER_NODE=5,4' SLURM_CPUS_ON_NODE=8)
tools openmpi srun
machine 8 2 1
prints "$pmix --ntasks=9 $rest true" true
prints "COHORT_THREADS=1 $pmix --ntasks=9 $rest true" --nprocs 8 --nthreads 1 true
prints "COHORT_THREADS=1 $pmix --ntasks=17 $rest --overcommit true" --nprocs 16 true
prints 'COHORT_THREADS=1 mpirun -n 9 --bind-to none -x COHORT_THREADS=1 true' --launcher mpirun --nprocs 8 --nthreads 1 true
prints 'mpirun -n 9 --bind-to none --enable-recovery true' --recovery true
prints 'COHORT_THREADS=1 mpirun -n 17 --bind-to none --oversubscribe -x COHORT_THREADS=1 true' --launcher mpirun --nprocs 16 true
# On all nodes, which mpirun must be told.
prints 'COHORT_THREADS=4 mpirun -n 3 --bind-to none --map-by node --rank-by slot -x COHORT_THREADS=4 true' --launcher mpirun --nprocs 2 --nthreads 4 true
# One task of many CPUs, on each of two nodes with two domains, four cores of each node granted.
slurm=(SLURM_JOB_ID=7 SLURM_JOB_NUM_NODES=2 'SLURM_JOB_CPUS_PER_NODE=4(x2)' 'SLURM_TASKS_PER_NODE=4(x2)' SLURM_CPUS_ON_NODE=4)
prints "COHORT_THREADS=2 $pmix --ntasks=5 $rest true" true
slurm=(SLURM_JOB_ID=7 SLURM_NTASKS=3 SLURM_CPUS_PER_TASK=4 SLURM_JOB_CPUS_PER_NODE=12 SLURM_TASKS_PER_NODE=3)
prints "COHORT_THREADS=4 $pmix --ntasks=3 $rest true" true
prints "COHORT_THREADS=4 $pmix --ntasks=4 $rest --overcommit true" --nprocs 3 --nthreads 4 true
tools openmpi srun slurm_with_binding
prints "COHORT_THREADS=4 $pmix --ntasks=3 $rest true" true
tools openmpi srun slurm_without_binding
prints "COHORT_THREADS=4 $pmix --ntasks=3 ${rest#* } true" true
slurm+=(SLURM_PMIX_FENCE=tree)
prints "COHORT_THREADS=4 srun --mpi=pmix --ntasks=3 ${rest#* } true" true
unset 'slurm[-1]'
# Which of the two works is asked.
tools openmpi srun_without_pmix
prints 'COHORT_THREADS=4 mpirun -n 3 --bind-to none -x COHORT_THREADS=4 true' true
refuses '--launcher srun: what srun offers (srun --mpi=list) and what MPI supports (ompi_info) do not meet; use mpirun' --launcher srun true
tools openmpi_for_slurm srun
prints "COHORT_THREADS=4 srun --mpi=pmi2 --ntasks=3 $rest true" true
tools mpich srun
prints "COHORT_THREADS=4 srun --mpi=pmi2 --ntasks=3 $rest true" true
tools openmpi
prints 'COHORT_THREADS=4 mpirun -n 3 --bind-to none -x COHORT_THREADS=4 true' true
tools srun
refuses 'there is no mpirun, and no srun that fits: install or load an MPI, or start one process by --local' true
prints 'true' --local true

# --- wrong use ------------------------------------------------------------------------------------------------------------

tools openmpi srun
refuses '--host and --hostfile have no place in a Slurm allocation: its nodes are used' --host a true
slurm+=(SLURM_STEP_NUM_TASKS=3)
refuses 'was itself started by mpirun or srun, so that each of its processes would start all ranks: call it alone' true
slurm=(OMPI_COMM_WORLD_RANK=1)
refuses 'was itself started by mpirun or srun, so that each of its processes would start all ranks: call it alone' true
slurm=()
refuses '--launcher srun: this is no Slurm allocation; see salloc and sbatch' --launcher srun true
refuses '--nprocs 0: needs a whole number, 1 or more' --nprocs 0 true
refuses '--nthreads 2x: needs a whole number, 1 or more' --nthreads=2x true
refuses '--nprocs: needs a value; cohort-run --help lists all options' --nprocs
refuses '--nproc: no such option; cohort-run --help lists all' --nproc 3 true
refuses '--local: no such option with a value; cohort-run --help lists all' --local=yes true
refuses '--bind socket: there are auto, cores and none' --bind socket true
refuses '--launcher prun: there are mpirun and srun' --launcher prun true
refuses 'no program to start: cohort-run [OPTION…] [--] PROGRAM [ARGUMENT…]' --nprocs 3 --
refuses './nothing: there is no such program, or it cannot be executed' ./nothing
refuses '--local starts one process, and --nprocs asks for 3: leave one of them out' --local --nprocs 3 true
refuses '--local starts no ranks: leave --launcher, --host and --hostfile out' --local --host a true
refuses '--local has no ranks to lose: leave --recovery out' --local --recovery true
tools mpich
refuses "--recovery needs Open MPI's mpirun, which alone lets ranks go on when one dies" --recovery true
tools other
refuses 'mpirun is of no MPI that is known here (Open MPI, MPICH, Intel MPI): start the program by hand' true
tools
refuses 'mpirun is not there: install it, load its module, or set COHORT_MPIRUN' --launcher mpirun true

tools openmpi
slurm=(COHORT_MPIRUN=/nowhere/mpirun)
refuses 'there is no mpirun, and no srun that fits: install or load an MPI, or start one process by --local' true
slurm=()
run --help
[[ $code == 0 && $said == *'--nprocs N'*'Rank 0'* ]] || complain 'the help does not stand there'

echo "$failures failed"
((failures == 0))
