#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  Sourced by the daffi_*.sh beside it: the `daffi` program, against a controller of the
#  case's own (`up`, in $TMPDIR) and functions that it serves.
#  shellcheck source=tests/cli/lib.bash disable=SC2016,SC2031,SC2034
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

daffi=$(command -v daffi) || {
    echo "no such program: daffi" >&2
    exit 1
}
daffi=$(realpath "$daffi")

#  A controller at the default place.
up () {
    start --settle 0
    ready_fd=$stdout_fd broker_pid=$pid
}

#  serve FUNCTION ARGUMENT…: in the background, until it is connected: $pid.
serve () {
    local log=log.$((${#pids[@]}))
    exec {stdout_fd}< <(exec "$daffi" serve "$@" 2>"$log")
    pid=$!
    pids+=("$pid")
    ln -s "$log" "err.$pid"
    IFS= read -r -t "$patience" -u "$stdout_fd" said || fail "it offers nothing: $*"
}

#  daffi to its end: exit code in $code, what it said in the files out, err. Standard input
#  is that of the case.
d () {
    code=0
    timeout -k 5 "$patience" "$daffi" "$@" >out 2>err || code=$?
}

#  gives CODE ARGUMENT…: `d` with this exit code.
gives () {
    local expected=$1
    shift
    d "$@"
    [[ $code == "$expected" ]] || fail "exit code $code, not $expected: daffi $*"
}

#  prints TEXT ARGUMENT…: it succeeds, and prints exactly this (and a newline).
prints () {
    local expected=$1
    shift
    gives 0 "$@"
    printf '%s\n' "$expected" >expected
    cmp -s out expected || fail "not what was expected ($expected): daffi $*"
}

#  until_there FILE: somebody has made it.
until_there () {
    local end=$((SECONDS + patience))
    until [[ -e $1 ]]; do
        ((SECONDS < end)) || fail "no file $1"
        pause
    done
}

#  A terminal of 80 columns for a command; what it showed in the file out.
terminal () {
    code=0
    /usr/bin/python3 "$source/tests/cli/terminal.py" "$@" >out 2>err </dev/null || code=$?
}
