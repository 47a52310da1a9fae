#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_exits: the table of exit codes, each by something that a user does.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

ok () {
    up
    serve echo -- cat
    gives 0 call echo x
}
proves "0: a call that returns" ok

failed () {
    up
    serve bad -- false
    gives 1 call bad
}
proves "1: a function that fails" failed

lost () {
    up
    serve die -- sh -c 'kill -KILL "$PPID"'
    gives 1 call die
    says err "may have run"
}
proves "1: a process that is lost while it runs" lost

usage () {
    gives 2 call f --timeout never-ever
    gives 2 frobnicate
}
proves "2: a wrong option, an unknown command" usage

unreachable () {
    gives 3 call f --connect-timeout 10ms
    mkdir dead
    /usr/bin/python3 -c 'import socket; socket.socket (socket.AF_UNIX).bind ("dead/.sock")'
    gives 3 call f --unix-sock-path "$PWD/dead" --connect-timeout 50ms
    says err "dead/.sock"
    chmod 777 dead
    gives 3 call f --unix-sock-path "$PWD/dead"
    says err "another folder: --unix-sock-path DIR"
    gives 3 up --unix-sock-path "$PWD/dead"
    says err "another folder: --unix-sock-path DIR"
}
proves "3: no controller, and a socket that nobody listens at any more" unreachable

alone () {
    local log=alone.log pid
    "$daffi" serve echo -- cat >out 2>"$log" &
    pid=$!
    pids+=("$pid")
    until_said "$log" "no controller at ipc://$TMPDIR/daffi/.sock yet; it waits for one"
    until_said "$log" "start one: daffi up"
    up
    until_said out "offers echo at"
}
proves "serve says that it waits for a controller, and then serves" alone

in_use () {
    mkdir -m 700 other
    /usr/bin/python3 -c '
import signal, socket
other = socket.socket (socket.AF_UNIX)
other.bind ("other/.sock")
other.listen ()
open ("listens", "w").close ()
signal.pause ()' &
    pids+=("$!")
    until_there listens
    gives 3 up --unix-sock-path "$PWD/other"
    says err "another program listens there"
    says err "another folder: --unix-sock-path DIR"
    gives 3 up --host 192.0.2.1 --insecure
    never_says err "another folder"
}
proves "3: an endpoint that cannot be used" in_use

gone_while_waiting () {
    up
    serve slow -- sh -c 'echo up >started; sleep 60'
    "$daffi" call slow >out 2>err &
    local caller=$!
    until_there started
    kill -KILL "$broker_pid"
    code=0
    wait "$caller" || code=$?
    [[ $code == 3 ]] || fail "exit code $code, not 3"
    says err "may have run"
}
proves "3: a controller that goes away during the call" gone_while_waiting

not_there () {
    up
    gives 4 call nothing
    serve echo -- cat
    gives 4 call echo --to nobody
    gives 4 describe nothing
    gives 4 cancel shop/7
}
proves "4: no such function, process or call" not_there

late () {
    up
    serve slow -- sleep 60
    gives 5 call slow --timeout 100ms
}
proves "5: a deadline that passes" late

refused () {
    up
    serve echo --name taken -- cat
    gives 6 serve echo --name taken -- cat
}
proves "6: a name that is taken" refused

busy () {
    up
    serve slow -- sh -c 'echo up >started; sleep 60'
    gives 0 tasks add slow --cron '0 0 1 1 *'
    local uuid
    uuid=$(cat out)
    gives 0 tasks run "$uuid"
    until_there started
    gives 7 tasks run "$uuid"
    says err "daffi ls calls"
}
proves "7: a task that may not run twice at once, and does run" busy

configured () {
    DAFFI_PORT=many gives 8 call f
    gives 8 call f --config nowhere.cfg
    gives 8 up --host 0.0.0.0
}
proves "8: a bad environment, a file that is not there, an open network" configured

internal () {
    [[ -w /dev/full ]] || skip "no /dev/full"
    local code=0
    "$daffi" --help >/dev/full || code=$?
    [[ $code == 9 ]] || fail "exit code $code, not 9"
}
proves "9: output that cannot be written" internal

summary
