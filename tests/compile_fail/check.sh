#!/usr/bin/env bash
# check.sh FILE COMPILER FLAGS…: FILE must not compile, and the compiler must say what its first line
# (`// expect: text`) asks for; control.cpp must compile.
set -euo pipefail
file=$1
shift

compiled=yes
said=$(LC_ALL=C "$@" "$file" 2>&1) || compiled=no

if [[ $(basename "$file") == control.cpp ]]; then
  [[ $compiled == yes ]] && exit 0
  printf '%s must compile, but the compiler said:\n%s\n' "$file" "$said"
  exit 1
fi

expected=$(sed -n '1s|^// expect: ||p' "$file")
if [[ -z $expected ]]; then
  echo "$file: the first line must be \`// expect: text\`"
  exit 1
fi
if [[ $compiled == yes ]]; then
  echo "$file compiles, but must not"
  exit 1
fi
if [[ $said != *"$expected"* ]]; then
  printf '%s: the compiler should have said\n  %s\nbut said\n%s\n' "$file" "$expected" "$said"
  exit 1
fi
