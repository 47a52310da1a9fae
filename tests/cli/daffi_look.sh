#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_look: looking at a running system, waiting for it, and interfering with it.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

#  json EXPRESSION: it is true of what was printed, as `it`.
json () {
    /usr/bin/python3 -c 'import json, sys
it = json.load (open ("out"))
assert eval (sys.argv[1]), it' "$1" || fail "not so: $1"
}

#  A call of `slow` that runs: $caller is the command, $call its name.
slow_call () {
    serve slow --name slow-1 -- sh -c 'trap "echo told >told; exit 1" TERM
        echo up >started; sleep 60 & wait'
    "$daffi" call slow >called 2>&1 &
    caller=$!
    pids+=("$caller")
    until_there started
    gives 0 ls calls
    call=$(cut -f1 out)
}

info () {
    up
    serve upper --name worker -- cat
    for _ in 1 2 3; do gives 0 call upper x; done
    gives 0 info
    grep -qE $'^processes\t2$' out || fail "the processes"
    gives 0 info worker
    says out $'process\tworker'
    grep -qE $'^upper\t3\t0\t0\t' out || fail "the figures of upper"
    gives 0 info worker --json
    json 'it["stats"]["functions"][0]["calls"] == 3 and it["info"]["pid"] > 0'
    gives 0 info --json
    json 'it["info"]["protocol"] == 1 and it["stats"]["calls"] >= 3'
    gives 4 info wroker
    says err "did you mean worker?"
}
proves "info tells all about the controller and a process" info

describe () {
    up
    serve upper --name a --signature '(text) -> text' -- cat
    serve upper --name b -- sh -c 'exit 1'
    prints x call upper x --to a
    gives 1 call upper x --to b
    gives 0 describe upper
    says out "upper (text) -> text"
    grep -qE $'^a\t1\t0\t0\t[0-9.]+ .?s\t' out || fail "the figures of a"
    grep -qE $'^b\t1\t1\t0\t' out || fail "the figures of b"
    gives 0 describe upper --json
    json '[(r["process"], r["failed"]) for r in it] == [("a", 0), ("b", 1)]'
    json '0 < it[0]["p50"] <= it[0]["max"]'
    gives 4 describe uper
    says err "did you mean upper?"
    gives 2 describe
}
proves "describe tells a function's providers, counts and times" describe

ping () {
    up
    serve upper --name worker -- cat
    gives 0 ping worker -n 2 --interval 0
    grep -qE $'^worker\t[0-9.]+ (µs|ms|s)$' out || fail "no time"
    [[ $(wc -l <out) == 2 ]] || fail "not twice"
    gives 0 ping -n 1 --json
    json 'it["process"] == "controller" and it["time_us"] > 0'
    gives 4 ping nobody -n 1
}
proves "ping measures the way to a process and back" ping

waiting () {
    up
    gives 5 wait function=upper --timeout 50ms
    says err "function=upper is not there"
    "$daffi" wait function=upper process=worker >waited 2>&1 &
    local waiter=$!
    serve upper --name worker -- cat
    wait "$waiter" || fail "wait ended with $?"
    printf 'function=upper\tworker\nprocess=worker\tworker\n' | cmp - waited
    gives 2 wait upper
    says err "daffi wait function=upper"
    gives 2 wait proces=worker
    says err "daffi wait process=worker"
}
proves "wait ends when processes and functions are there, or with exit code 5" waiting

wait_for_controller () {
    gives 5 wait process=worker --timeout 50ms
    says err "nor is a controller at ipc://$TMPDIR/daffi/.sock"
    says err "start one: daffi up"
    "$daffi" wait process=worker >waited 2>&1 &
    local waiter=$!
    up
    serve upper --name worker -- cat
    wait "$waiter" || fail "wait ended with $?"
}
proves "wait waits for a controller as well" wait_for_controller

calls () {
    up
    slow_call
    grep -qE "^daffi-call-$caller/[0-9]+"$'\tslow\tslow-1\trunning\t' out || fail "the call"
    gives 0 ls calls --json
    json 'it[0]["process"] == "slow-1" and 0 < it[0]["left"] <= 30000'
    gives 0 cancel "$call"
    local ended=0
    wait "$caller" || ended=$?
    [[ $ended == 1 ]] || fail "the caller ended with $ended"
    says called "cancelled"
    until_there told
    gives 4 cancel "$call"
    says err "no such call"
    gives 2 cancel nonsense
    says err "daffi ls calls"
}
proves "a call is seen, cancelled by somebody else, and its program is told" calls

drain () {
    up
    serve upper --name worker -- sh -c 'echo up >started; sleep 0.3; echo done'
    local server=$pid
    "$daffi" call upper >called &
    local caller=$!
    until_there started
    gives 0 drain worker
    wait "$caller" || fail "the call that ran was lost"
    says called "done"
    wait "$server" || fail "it ended with $?"
    gives 0 ls
    [[ ! -s out ]] || fail "it is still there"
    gives 4 drain worker
}
proves "drain lets a process end what runs, and waits until it has gone" drain

drain_late () {
    up
    serve upper --name worker -- sh -c 'echo up >started; sleep 60'
    "$daffi" call upper >called 2>&1 &
    pids+=($!)
    until_there started
    gives 5 drain worker --timeout 200ms
    says err "worker is still there"
}
proves "drain of a process that takes too long ends with exit code 5" drain_late

monitor () {
    up
    exec {shown}< <(exec "$daffi" monitor 2>&1)
    pids+=($!)
    exec {items}< <(exec "$daffi" monitor --calls --function upper --json 2>&1)
    pids+=($!)
    serve upper --name worker -- cat
    until_line "$shown" "offers"
    until gives 0 call upper x && read -r -t 0.3 -u "$items" line; do :; done
    echo "$line" >out
    json 'it["event"] == "given" and it["function"] == "upper" and it["process"] == "worker"'
    until_line "$shown" "upper  daffi-call-"
    until_line "$shown" "done"
    kill "$pid"
    until_line "$shown" "worker (goodbye)"
}
until_line () {
    while IFS= read -r -t "$patience" -u "$1" line; do
        [[ $line != *"$2"* ]] || return 0
    done
    fail "it does not show: $2"
}
proves "monitor shows who comes and goes and every call, live" monitor

top () {
    up
    serve upper --name worker -- cat
    gives 0 call upper x
    gives 0 top -n 2 --interval 50
    [[ $(grep -c '^upper' out) == 2 ]] || fail "not two looks"
    grep -qE '^[0-9]+ processes  1 functions  [0-9]+ calls/s' out || fail "no head"
    gives 0 top -n 1 --json
    json 'it[0]["function"] == "upper" and it[0]["calls"] == 1'
}
proves "top shows rates and times of functions" top

#  looks ARGUMENT…: in the background, its output at $seen: $looker.
looks () {
    exec {seen}< <(exec "$daffi" "$@" 2>&1)
    looker=$!
    pids+=("$looker")
}

#  The controller goes, and another one takes its place.
replace_controller () {
    kill "-$1" "$broker_pid"
    until_line "$seen" away
    up
}

away () {
    local how
    up
    serve upper -- cat
    for how in TERM KILL; do
        looks monitor --calls
        until_shown
        replace_controller "$how"
        until_line "$seen" back
        until_shown
        kill -INT "$looker"
        wait "$looker" || fail "Ctrl-C ends it with $?"
    done
    looks monitor --events --json
    until_line "$seen" '"upper"'
    replace_controller KILL
    until_line "$seen" '{ "event": "back", "controller": "ipc://'
    until_line "$seen" '"upper"'
}
until_shown () {
    local end=$((SECONDS + patience))
    until d call upper x && read -r -t 0.3 -u "$seen" line && [[ $line == *upper* ]]; do
        ((SECONDS < end)) || fail "it shows no call"
    done
}
proves "monitor waits for a controller that goes, says so, and goes on" away

looks_on () {
    local what
    up
    serve upper -- cat
    for what in "top" "ls functions --watch"; do
        #  shellcheck disable=SC2086  # words
        looks $what --interval 50
        until_line "$seen" upper
        replace_controller KILL
        until_line "$seen" upper
        kill -INT "$looker"
        while IFS= read -r -t "$patience" -u "$seen" line; do
            [[ ! $line =~ [0-9]{9}' calls/s' ]] || fail "counted backwards: $line"
        done
        wait "$looker" || fail "Ctrl-C ends it with $?"
    done
}
proves "top and ls --watch wait for a controller that goes, and go on" looks_on

bench () {
    up
    gives 0 bench --calls 500 --json
    json 'it["calls"] == 500 and it["failed"] == 0 and it["calls_per_second"] > 0'
    json 'it["p50_us"] <= it["p90_us"] <= it["p99_us"] <= it["max_us"]'
    serve bad -- false
    gives 1 bench bad --calls 3 --outstanding 2
    grep -qE $'^failed\t3$' out || fail "not all failed"
    gives 4 bench nothing --calls 2
    ! grep -q p50 out || fail "there are times where no call was answered"
    ! grep -qE '[0-9]\.[0-9]{4,}' out || fail "seconds have thousandths"
    terminal "$daffi" bench --calls 300
    says out '100 %'
    says out '[########################################]'
}
proves "bench measures, shows a bar on a terminal, and tells of failures" bench

interrupted () {
    up
    serve echo --name worker -- cat
    "$daffi" bench echo x --calls 100000000 --json >out 2>err &
    local bench=$!
    until gives_calls; do pause; done
    kill -INT "$bench"
    wait "$bench" || fail "it ended with $?"
    json '0 < it["calls"] < 100000000 and it["failed"] == 0 and it["p50_us"] > 0'
}
gives_calls () {
    "$daffi" info worker --json | grep -qE '"calls": [1-9]'
}
proves "bench that is interrupted tells the figures so far" interrupted

small_window () {
    up
    for each in a b c d; do serve "f-$each" -- cat; done
    LINES=8 terminal "$daffi" top -n 2 --interval 50
    says out '… 1 more'
    never_says out f-d
    never_says out $'\033[?7l\033[?7h'
    [[ $(grep -c FUNCTION out) == 2 ]] || fail "not two looks"
    [[ $(awk '{ n++ } /processes/ { n = 1 } n > 8 { bad = 1 } END { print bad + 0 }' out) == 0 ]] ||
        fail "more than the window has room for"
    LINES=20 terminal "$daffi" top -n 1
    says out f-d
    never_says out more
}
proves "top shows what the window has room for, and how much more there is" small_window

doctor () {
    gives 3 doctor
    says out "nobody has started a controller there: daffi up"
    mkdir -m 700 tmp/daffi
    touch tmp/daffi/.sock
    gives 3 doctor
    says out "tmp/daffi/.sock is not a socket"
    says out "move it away"
    rm tmp/daffi/.sock
    chmod 777 tmp/daffi
    gives 3 doctor
    grep -qE "^WRONG +socket folder: .* may be written to by others" out || fail "an open folder"
    rmdir tmp/daffi
    touch tmp/daffi
    gives 3 doctor
    says out "tmp/daffi is not a folder"
    rm tmp/daffi
    up
    serve upper -- cat
    gives 0 doctor
    never_says out WRONG
    for each in "socket folder" controller version "answers within" "functions offered"; do
        grep -qE "^ok +$each" out || fail "not checked: $each"
    done
    chmod 750 tmp/daffi
    gives 0 doctor --json
    json '[c["verdict"] for c in it if c["check"] == "socket folder"] == ["odd"]'
    gives 3 doctor --host 127.0.0.1 --port 1
    says out "daffi up --host 127.0.0.1 --port 1"
}
proves "doctor finds what is wrong and says how to mend it" doctor

linked () {
    up
    serve upper -- cat
    ln -s tmp/daffi folder
    gives 0 doctor --unix-sock-path "$PWD/folder"
    never_says out WRONG
    mkdir -m 700 beside
    ln -s ../tmp/daffi/.sock beside/.sock
    prints x call upper x --unix-sock-path "$PWD/beside"
    gives 0 doctor --unix-sock-path "$PWD/beside"
    never_says out WRONG
    ln -sf nowhere beside/.sock
    gives 3 doctor --unix-sock-path "$PWD/beside"
    says out "beside/.sock is not a socket"
}
proves "doctor follows links to a folder and to a socket, as nodes do" linked

summary
