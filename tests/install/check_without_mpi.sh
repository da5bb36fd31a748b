#!/usr/bin/env bash
# check_without_mpi.sh CMAKE COMPILER SOURCE BUILD: builds the library shared and without MPI in BUILD, makes sure that
# it needs none, and lets check.sh do the rest.
set -euo pipefail
cmake=$1 compiler=$2 source=$3 build=$4
here=$(cd "$(dirname "$0")" && pwd)

"$cmake" -S "$source" -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
  -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON -DCOHORT_MPI=OFF -DBUILD_SHARED_LIBS=ON -DCOHORT_TESTS=OFF -DCOHORT_APPS=OFF -DCOHORT_BENCH=OFF -DCOHORT_PRECOMPILE=ON
"$cmake" --build "$build" --parallel 2

library=$(find "$build" -name 'libcohort.so' | head -n 1)
if LC_ALL=C ldd "$library" | grep -E 'libmpi|libopen-'; then
  echo "$library needs MPI, but was built without"
  exit 1
fi
"$here/check.sh" "$cmake" "$compiler" "$build"
