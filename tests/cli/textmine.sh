#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  textmine: what the quickstart's main job prints is what wc, grep and sort say about the
#  same text, also when a worker dies half-way; and nothing is left running.
#
#  The job's own --check counts with the code of the workers; this check shares no code
#  with it.
set -euo pipefail

run=${DAFFI_EXAMPLES:?}/10_textmine/run
[[ -x $run ]] || exit 77
licences=/usr/share/common-licenses
work=$(mktemp -d /tmp/daffi-mine-XXXXXX)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C TMPDIR=$work

find -L "$licences" -type f -exec realpath {} + | sort -u | xargs -d '\n' cat >"$work/text"
lines=$(grep -a -c '' "$work/text")
words=$(wc -w <"$work/text")
matching=$(grep -a -c 'copyright' "$work/text")
tr -cs '[:alpha:]' '\n' <"$work/text" | tr '[:upper:]' '[:lower:]' \
    | grep -E '^.{5,}' | sort | uniq -c | sort -k1,1nr -k2,2 \
    | awk 'NR <= 10 { print $2, $1 }' >"$work/top"

#  expect FILE: the printed result in FILE is right.
expect () {
    grep -q " $lines lines, $words words\$" "$1" || return 1
    grep -q "^grep  *$matching lines with \"copyright\"" "$1" || return 1
    awk '/^top / { on = 1 } /^grep / { on = 0 } on { print $(NF - 1), $NF }' "$1" \
        | cmp -s - "$work/top" || return 1
}

for options in "--workers 1" "--workers 3" "--workers 3 --kill-after 10"; do
    read -ra words_of <<<"$options"
    "$run" "${words_of[@]}" --pattern copyright "$licences" >"$work/printed"
    if ! expect "$work/printed"; then
        echo "wrong with $options; expected $lines lines, $words words," \
            "$matching lines with \"copyright\", and" >&2
        cat "$work/top" "$work/printed" >&2
        exit 1
    fi
done

rm "$work/text" "$work/top" "$work/printed"
if ! rmdir "$work"; then
    ls -lA "$work" >&2
    exit 1
fi
