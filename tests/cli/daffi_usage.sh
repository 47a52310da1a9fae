#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_usage: what every command understands, and how it looks.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

help () {
    gives 0 --help
    cp out long
    for each in up call serve tasks ls info describe ping wait monitor top cancel drain bench \
        doctor config completion conformance; do
        says out "  $each "
    done
    for each in {0..9}; do
        grep -qE "^  $each  [a-z]" out || fail "exit code $each is not explained"
    done
    for each in help -h; do
        gives 0 "$each"
        cmp out long
    done
    gives 0
    cmp out long
    [[ ! -s err ]] || fail "help is no error"
}
proves "--help names every command and exit code" help

commands_help () {
    gives 0 --help
    sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p' out >commands
    [[ $(wc -l <commands) -ge 4 ]] || fail "no commands"
    while read -r each; do
        gives 0 "$each" --help
        cp out mine
        says out "usage: daffi $each"
        says out "--help"
        awk '{ gsub (/[\200-\277]/, "") } length > 80 { print "too wide: " $0; bad = 1 }
            END { exit bad }' out
        gives 0 help "$each"
        cmp out mine
        gives 2 "$each" --no-such-option
        says err "no such option: --no-such-option"
        says err "daffi $each --help"
    done <commands
}
proves "every command explains itself within 80 columns, and refuses what it does not know" \
    commands_help

options_before_the_rest () {
    gives 0 serve --help
    says out "usage: daffi serve FUNCTION [option…] -- COMMAND [ARGUMENT…]"
    gives 0 man serve
    says out 'FUNCTION [option\&...] \-\- COMMAND'
}
proves "the usage of serve has its options before what is the command's own" options_before_the_rest

no_command () {
    gives 2 cal
    says err "no such command: cal"
    says err "did you mean daffi call?"
    gives 2 frobnicate
    never_says err "did you mean"
    gives 2 help frobnicate
}
proves "an unknown command is refused, and the one that was meant is named" no_command

version () {
    gives 0 --version
    grep -qE '^daffi [0-9]+\.[0-9]+\.[0-9]+ \(libdaffi [0-9]+\.[0-9]+\.[0-9]+\)$' out ||
        fail "what --version prints"
}
proves "--version prints one line" version

lost_output () {
    [[ -w /dev/full ]] || skip "no /dev/full"
    up
    serve echo -- cat
    serve yes --stream -- yes
    local code each
    for each in "call echo x" "call yes --stream" "ls" "ls --watch" "top" "monitor"; do
        code=0
        #  shellcheck disable=SC2086  # words
        timeout -k 5 "$patience" "$daffi" $each >/dev/full 2>err || code=$?
        [[ $code == 9 ]] || fail "exit code $code, not 9: $each"
        says err "daffi ${each%% *}: standard output: "
    done
}
proves "what cannot be printed is said, and ends with exit code 9" lost_output

missing_program () {
    up
    gives 2 serve thumb -- no-such-program -x
    says err "no such program: no-such-program"
    gives 2 serve thumb -- /no/such
    says err "no such program: /no/such"
    mkdir bin
    printf '#!/bin/sh\nexec cat\n' >bin/mine
    chmod +x bin/mine
    PATH=$PWD/bin:$PATH serve thumb -- mine
    prints x call thumb x
}
proves "a program that is not there is not served" missing_program

unknown_process () {
    up
    for each in info ping drain; do
        gives 4 "$each" nobody
        says err "daffi $each: no process 'nobody' is connected"
    done
}
proves "who is not there is named, and no question of our own" unknown_process

up_is_the_broker () {
    exec {stdout_fd}< <(exec "$daffi" up --host 127.0.0.1 2>log)
    pid=$!
    pids+=("$pid")
    IFS= read -r -t "$patience" -u "$stdout_fd" ready
    [[ $ready == "daffi up "*" ready at tcp://127.0.0.1:"* ]] || fail "it said: $ready"
    gives 0 ls --host 127.0.0.1 --port "${ready##*:}"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gives 8 up --host 0.0.0.0
    says err "daffi up --host 0.0.0.0 --insecure"
    gives 2 up --prot
    says err "did you mean --port?"
}
proves "daffi up is the broker, by its own name" up_is_the_broker

ls_plain () {
    up
    serve upper --name worker --signature '(text) -> text' -- cat
    prints $'upper\tworker\t(text) -> text' ls functions
    gives 0 ls
    grep -qE $'^worker\tC\t[0-9.]+\t1\t0\t[1-9][0-9]*\tready$' out || fail "the process"
    [[ $(wc -l <out) == 1 ]] || fail "more than one line"
    gives 0 ls processes --json
    /usr/bin/python3 -c '
import json
rows = json.load (open ("out"))
assert [r["process"] for r in rows] == ["worker"], rows
assert rows[0]["functions"] == 1 and rows[0]["state"] == "ready", rows'
    gives 2 ls proceses
    says err "did you mean processes?"
    says err "processes, functions, calls, tasks and payloads"
}
proves "ls in a pipe is one line each with tabs, or JSON" ls_plain

ls_terminal () {
    up
    serve upper --name worker -- cat
    terminal "$daffi" ls
    says out $'\033[1mPROCESS\033[0m'
    says out $'\033[36mworker\033[0m'
    says out $'\033[32mready\033[0m'
    cp out coloured
    NO_COLOR=1 terminal "$daffi" ls
    never_says out $'\033'
    says out 'PROCESS'
    sed 's/\x1b\[[0-9]*m//g' coloured | cmp - out || fail "not the same without colour"
    [[ $(sed -n 1p out | grep -bo STATE) == "$(sed -n 2p out | grep -bo ready | sed s/ready/STATE/)" ]] ||
        fail "not aligned"
    TERM=dumb terminal "$daffi" ls
    never_says out $'\033'
    terminal "$daffi" ls --color never
    never_says out $'\033'
    gives 0 ls --color always
    says out $'\033[36m'
}
proves "ls on a terminal is an aligned table in colours, unless NO_COLOR is set" ls_terminal

harmless () {
    up
    serve evil --name worker -- printf 'a\033]0;title\007b'
    terminal "$daffi" call evil
    never_says out $'\033]'
    says out 'a?]0;title?b'
    gives 0 call evil --raw
    says out $'a\033]0;title\007b'
}
proves "a result cannot drive the terminal, and is untouched in a pipe" harmless

errors_in_colour () {
    terminal "$daffi" call f --connect-timeout 50
    says out $'\033[31mdaffi call:\033[0m'
    [[ $code == 3 ]] || fail "exit code $code"
}
proves "errors on a terminal are in red" errors_in_colour

watch () {
    up
    serve upper --name worker -- cat
    "$daffi" ls --watch --interval 50 | sed -u -n '/worker/{p;p;p}' | head -n 4 >out || true
    [[ $(grep -c worker out) == 4 ]] || fail "it looked once only"
}
proves "ls --watch looks again and again" watch

summary
