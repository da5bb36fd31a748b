#!/usr/bin/env bash
# word_count_test.sh PROGRAM [MPIRUN…]: its counts are those of standard tools, without a launcher and, if one is given, at
# 1 and 3 ranks; what it cannot count is reported; what was typed wrong ends with a message and code 2.
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/apps/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The list in the output: what follows the first empty line.
listed() { sed '1,/^$/d' "$place/out"; }
# expect_line PATTERN: a line of what stands before the list, with single spaces, is like this.
expect_line() {
  sed '/^$/,$d' "$place/out" > "$place/report"
  tr -s ' ' < "$place/report" | grep -qxE "$1" || fail "no line '$1' in:" "$(cat "$place/report")"
}

# A tree with everything that makes trouble. The words of a file end with it, newline or not.
tree=$place/tree
mkdir -p "$tree/deep/er" "$tree/a folder"
seq 1 3000 | awk '{ printf "word%c%c it%cs%s", 97 + $1 % 26, 97 + $1 % 7, 39, $1 % 9 ? " " : "\n" }' > "$tree/many"
printf 'The end is near; THE END' > "$tree/deep/no newline at the end"
printf 'end' > "$tree/deep/er/end"
printf 'na\xefve caf\xe9 \xff\xfe words\n' > "$tree/deep/latin1"
printf 'na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80 words\n' > "$tree/deep/utf8"
printf 'cut off \xe2\x82' > "$tree/a folder/cut off"
printf 'one word of newlines' > "$tree/a folder/$(printf 'new\nline')"
: > "$tree/empty"
printf 'hidden\0words' > "$tree/not text"
printf 'words' | gzip -n > "$tree/packed.gz"
head -c 200000 /dev/zero | tr '\0' 'x' > "$tree/a very long word"
{ head -c 70000 /dev/zero | tr '\0' ' ' && printf 'far\0away'; } > "$tree/a late zero"
ln -s deep "$tree/link to a folder"
ln -s many "$tree/link to a file"
ln -s nowhere "$tree/link to nothing"
mkfifo "$tree/pipe"

# counted GREP_ARGUMENTS…: what standard tools count, the most frequent words first.
counted() {
  # shellcheck disable=SC2018,SC2019  # these letters and no others
  grep -rhaoE '[A-Za-z]+' "$@" | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2
}
counted "$tree" --exclude='not text' --exclude='*.gz' > "$place/expected"
distinct=$(wc -l < "$place/expected")
[[ $distinct -gt 100 ]] || fail "the standard tools gave no counts"

for ranks in "${rank_counts[@]}"; do
  # Opening this file works for everyone, reading it for nobody.
  run --top 1000000 "$tree" /proc/self/mem
  expect_code 0
  diff "$place/expected" <(listed) || fail "the counts differ from the standard tools'"
  expect_line "files 10"
  expect_line "words $(awk '{ sum += $1 } END { print sum }' "$place/expected")"
  expect_line "distinct words $distinct"
  expect_line "empty 1"
  expect_line "not UTF-8 2"
  expect_line "not text 2"
  expect_line " $tree/packed.gz"
  expect_line "unreadable 1"
  expect_line " /proc/self/mem \(Input/output error\)"

  run --top 3 "$tree"
  diff <(head -n 3 "$place/expected") <(listed) || fail "the first three differ"

  if [[ -d /usr/share/common-licenses ]]; then
    run --top 500 /usr/share/common-licenses
    diff <(counted /usr/share/common-licenses | head -n 500) <(listed) || fail "the licenses' words differ"
  fi
done
ranks=0

run "$tree/many" "$tree/many"
[[ $(listed | awk '$2 == "s" { print $1 }') == 6000 ]] || fail "a file given twice was not counted twice"
run "$tree/link to a file"
expect_line "files 1"
[[ $(listed | wc -l) == 20 ]] || fail "the list is not of 20 words unless told otherwise"

ends_with 2 "cannot count '$tree/nothing'" "$tree/nothing"
ends_with 2 "cannot count '$tree/link to nothing'" "$tree/link to nothing"
ends_with 2 "neither a file nor a folder" "$tree/pipe"
ends_with 2 "--tops" --tops 3
ends_with 2 "--top" --top 0
ends_with 2 "--top" --top many
ends_with 1 "nothing to count" /proc/self/mem
mkdir "$place/nothing in it"
ends_with 1 "nothing to count" "$place/nothing in it"

helps "--top N"
exit "$failed"
