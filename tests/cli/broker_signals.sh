#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_signals: how a daffi-broker ends.
#  shellcheck source=tests/cli/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

#  ends_on SIGNAL
ends_on () {
    start --unix-sock-path "$PWD/shop" --endpoint-file endpoint
    [[ -S shop/.sock && -e endpoint ]] || fail "nothing to remove"
    kill -"$1" "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone shop/.sock endpoint
    [[ -z $(ls -A shop) ]] || fail "left behind: $(ls -A shop)"
    says "err.$pid" "INFO broker.draining signal=SIG$1"
    says "err.$pid" "INFO broker.stopped"
}
terminate () { ends_on TERM; }
interrupt () { ends_on INT; }
proves "SIGTERM ends it with exit code 0, without socket and endpoint file" terminate
proves "SIGINT ends it with exit code 0, without socket and endpoint file" interrupt

interrupt_ignored () {
    #  What a shell does to the commands behind &.
    trap '' INT TERM
    ends_on INT
}
proves "SIGINT and SIGTERM are heard where the parent ignored them" interrupt_ignored

hangup () {
    start --unix-sock-path "$PWD/shop"
    kill -HUP "$pid"
    until_said "err.$pid" "INFO broker.hangup signal=SIGHUP ignored=yes"
    listens "$endpoint"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
}
proves "SIGHUP is logged and changes nothing" hangup

broken_pipe () {
    launch --unix-sock-path "$PWD/shop" --endpoint-file endpoint
    exec {stdout_fd}<&-
    until [[ -e endpoint ]]; do
        kill -0 "$pid" || fail "it ended"
        pause
    done
    kill -HUP "$pid"
    until_said "err.$pid" "broker.hangup"
    listens "$(cat endpoint)"
}
proves "a reader that has gone does not kill it" broken_pipe

again () {
    for _ in 1 2 3; do
        start --unix-sock-path "$PWD/shop"
        listens "$endpoint"
        kill -TERM "$pid"
        ends 0 "$pid" "$stdout_fd"
        gone shop/.sock
    done
}
proves "it can be started again at once, in the same place" again

early () {
    for _ in 1 2 3 4; do
        launch --host 127.0.0.1 --endpoint-file endpoint
        #  Said before it listens; from then on signals are held until it is ready.
        until_said "err.$pid" "broker.open"
        kill -TERM "$pid"
        ends 0 "$pid" "$stdout_fd"
        gone endpoint
    done
}
proves "a signal during the start ends it in good order" early

#  --- with a call in flight ------------------------------------------------------------

#  busy ARGUMENT…: a broker in the folder shop that carries a call. What its node says is
#  read from $said_fd, what it is told goes to $tell_fd.
busy () {
    local python line
    python=$(command -v python3) || skip "no python3 to play a node"
    start --unix-sock-path "$PWD/shop" --endpoint-file endpoint "$@"
    mkfifo tell
    exec {tell_fd}<>tell
    exec {said_fd}< <(exec "$python" "$source/tests/cli/busy_node.py" "$endpoint" <tell 2>node)
    pids+=("$!")
    hear running
}

#  hear WORD: the next thing that the node says.
hear () {
    local line
    IFS= read -r -t "$patience" -u "$said_fd" line || fail "the node is silent: $(cat node)"
    [[ $line == "$1" ]] || fail "the node says $line, not $1: $(cat node)"
}

drained () {
    busy --drain-timeout forever
    kill -TERM "$pid"
    hear drain
    gone endpoint
    [[ -S shop/.sock ]] || fail "it has ended with a call in flight"
    echo >&"$tell_fd"
    hear result
    ends 0 "$pid" "$stdout_fd"
    gone shop/.sock
}
proves "SIGTERM lets a call in flight finish" drained

drain_timeout () {
    busy --drain-timeout 0
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone shop/.sock endpoint
}
proves "a call in flight holds its end up no longer than --drain-timeout" drain_timeout

second_signal () {
    busy --drain-timeout forever
    kill -"$1" "$pid"
    hear drain
    kill -HUP "$pid"
    until_said "err.$pid" "broker.hangup"
    kill -0 "$pid" || fail "SIGHUP ended it"
    kill -"$2" "$pid"
    ends 0 "$pid" "$stdout_fd"
    says "err.$pid" "WARNING broker.at_once"
    gone shop/.sock endpoint
    hear closed
    start --unix-sock-path "$PWD/shop"
    listens "$endpoint"
}
second_interrupt () { second_signal INT INT; }
second_terminate () { second_signal INT TERM; }
proves "a second SIGINT ends it at once, without socket and endpoint file" second_interrupt
proves "and so does SIGTERM after SIGINT" second_terminate

summary
