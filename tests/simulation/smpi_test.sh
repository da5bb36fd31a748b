#!/usr/bin/env bash
# smpi_test.sh SOURCE RANKS…: builds the library's sources and smpi_probe with SimGrid's smpicxx, and runs the program on
# simulated clusters of that many nodes. Without SimGrid it says so and ends with 77, which ctest takes for skipped.
set -euo pipefail
source=$1
shift
if ! command -v smpicxx smpirun >/dev/null; then
  echo 'skipped: SimGrid is not installed (Debian: apt-get install libsimgrid-dev)'
  exit 77
fi

build=$(mktemp -d "${TMPDIR:-/tmp}/cohort-smpi-test.XXXXXX")
trap 'rm -rf "$build"' EXIT

# Templates' statics must be each rank's own: -fno-gnu-unique; so must Boost's registry: privatize-libs below.
flags=(-std=c++20 -O1 -DSMPI_EXEC -fno-gnu-unique -DCOHORT_WITH_MPI=1 '-DCOHORT_VERSION="simulated"'
  -I"$source/runtime/include" -I"$source/runtime/src")
sources=("$source"/runtime/src/{base,client,scheduler,session,transport,wire,worker}/*.cpp
  "$source/tests/simulation/smpi_probe.cpp")
printf '%s\n' "${sources[@]}" | xargs -P 2 -I{} sh -c '
  file=$1; build=$2; shift 2
  smpicxx "$@" -c "$file" -o "$build/$(echo "$file" | tr / _).o"' sh {} "$build" "${flags[@]}"
smpicxx "${flags[@]}" "$build"/*.o -o "$build/smpi_probe" -lboost_serialization -lboost_program_options -lhwloc

boost=$(basename "$(readlink -f "$(ldd "$build/smpi_probe" | awk '/libboost_serialization/ {print $3}')")")
for ranks in "$@"; do
  cat >"$build/cluster.xml" <<XML
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="node-" radical="0-$((ranks - 1))" suffix="" speed="10Gf" bw="10GBps" lat="1us" core="1"/>
</platform>
XML
  seq -f 'node-%.0f' 0 $((ranks - 1)) >"$build/hosts"
  # A failed probe must cost simulated time, or a rank that waits never lets the others go on.
  seconds=$SECONDS
  smpirun -np "$ranks" -platform "$build/cluster.xml" -hostfile "$build/hosts" --log=root.thres:error \
    --cfg=smpi/host-speed:10Gf --cfg=smpi/simulate-computation:no --cfg=smpi/iprobe:1e-6 --cfg=smpi/test:1e-6 \
    --cfg=smpi/cpu-threshold:1e-9 --cfg=smpi/privatize-libs:"$boost" "$build/smpi_probe" 2>&1 | tee "$build/out"
  # A deadlock in the simulation ends with 0 too: only the program's own last line counts.
  grep -q "^all is well: $((ranks - 1)) workers" "$build/out"
  echo "$ranks ranks took $((SECONDS - seconds)) s"
done
