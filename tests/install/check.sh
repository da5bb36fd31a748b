#!/usr/bin/env bash
# check.sh CMAKE COMPILER BUILD: installs BUILD to a place of its own, builds the program beside this script against
# it through find_package(cohort), and runs it.
set -euo pipefail
cmake=$1 compiler=$2 build=$3
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$cmake" --install "$build" --prefix "$place/installed" > "$place/install.log"
"$cmake" -S "$here" -B "$place/outside" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$place/installed"
"$cmake" --build "$place/outside"

answer=$("$place/outside/outside")
[[ $answer == 49 ]] || { echo "the program printed '$answer' instead of 49"; exit 1; }
answer=$("$place/installed/bin/cohort-run" --local "$place/outside/outside")
[[ $answer == 49 ]] || { echo "started by cohort-run, the program printed '$answer' instead of 49"; exit 1; }
listed=$(cd / && PATH=$place/installed/bin:$PATH cohort-run --tune --local --nthreads 2 --dry-run "$place/outside/outside")
[[ $listed == *"cohort-run --local --nthreads 2 -- $place/outside/outside" ]] || { echo "cohort-run --tune listed '$listed'"; exit 1; }
if grep -rlE "$build|$(dirname "$(dirname "$here")")" "$place/installed" --include='*.cmake' --include='*.hpp'; then
  echo "the files above still name the source or build folder"
  exit 1
fi
