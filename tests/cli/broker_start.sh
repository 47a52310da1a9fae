#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_start: what a daffi-broker that runs tells: ready line, endpoint file, log.
#  shellcheck source=tests/cli/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

default_socket () {
    start
    [[ $ready =~ ^daffi-broker\ [0-9.]+\ ready\ at\ ipc://$PWD/tmp/daffi/.sock$ ]] ||
        fail "the ready line is: $ready"
    [[ -S $PWD/tmp/daffi/.sock ]] || fail "no socket"
    [[ $(stat -c %a "$PWD/tmp/daffi") == 700 ]] || fail "the folder is open to others"
    listens "$endpoint"
}
proves "without options it listens on the UNIX socket in a folder of mode 0700" default_socket

named_socket () {
    start --unix-sock-path "$PWD/shop"
    [[ $endpoint == ipc://$PWD/shop/.sock ]] || fail "the endpoint is $endpoint"
    listens "$endpoint"
}
proves "--unix-sock-path names another folder, which is made" named_socket

free_port () {
    start --host 127.0.0.1
    local first=$endpoint
    [[ $first =~ ^tcp://127\.0\.0\.1:[1-9][0-9]*$ ]] || fail "the ready line is: $ready"
    listens "$first"
    start --host=127.0.0.1 --port=0
    [[ $endpoint != "$first" ]] || fail "both listen at $endpoint"
    listens "$endpoint"
}
proves "host alone takes a free port and tells it; so does port 0" free_port

exact_port () {
    start --host 127.0.0.1
    local port=${endpoint##*:}
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    start --host localhost --port "$port"
    [[ $endpoint == tcp://*:$port ]] || fail "the endpoint is $endpoint"
    listens "$endpoint"
}
proves "host and port are taken as they are given, also right after another broker" exact_port

loopback_is_open () {
    start --host 127.0.0.1
    until_said "err.$pid" "INFO broker.open host=127.0.0.1"
    says "err.$pid" "anybody on this machine may connect"
    start
    never_says "err.$pid" "broker.open"
}
proves "on loopback the log says that anybody on this machine may connect" loopback_is_open

insecure () {
    start --host 0.0.0.0 --insecure
    listens "tcp://127.0.0.1:${endpoint##*:}"
    says "err.$pid" "WARNING broker.insecure host=0.0.0.0"
    says "err.$pid" "there is no authentication"
}
proves "--insecure listens on a network, with a loud warning" insecure

endpoint_file () {
    mkdir public
    echo "what an earlier one left" >public/endpoint
    start --host 127.0.0.1 --endpoint-file public/endpoint
    [[ $(cat public/endpoint) == "$endpoint" ]] || fail "it holds: $(cat public/endpoint)"
    [[ $(ls -A public) == endpoint ]] || fail "temporary files are left: $(ls -A public)"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone public/endpoint
    [[ -z $(ls -A public) ]] || fail "left behind: $(ls -A public)"
}
proves "the endpoint file holds the real endpoint, whole, until the end" endpoint_file

endpoint_file_of_another () {
    start --host 127.0.0.1 --endpoint-file endpoint
    local first=$pid first_fd=$stdout_fd
    start --host 127.0.0.1 --endpoint-file endpoint
    kill -TERM "$first"
    ends 0 "$first" "$first_fd"
    [[ $(cat endpoint) == "$endpoint" ]] || fail "the second broker's file is gone"
}
proves "an endpoint file that another broker has replaced is left alone" endpoint_file_of_another

bad_endpoint_file () {
    exits 8 --host 127.0.0.1 --endpoint-file missing/endpoint
    says err "cannot write the endpoint file missing/endpoint: No such file or directory"
    mkdir folder
    exits 8 --host 127.0.0.1 --endpoint-file folder
    ln -s /dev/null link
    exits 8 --host 127.0.0.1 --endpoint-file link
    [[ -L link ]] || fail "the link was replaced"
    exits 8 --unix-sock-path "$PWD/shop" --endpoint-file missing/endpoint
    gone shop/.sock
    [[ ! -s out ]] || fail "it said ready"
}
proves "an endpoint file that cannot be written ends it, and leaves nothing" bad_endpoint_file

environment () {
    export DAFFI_HOST=127.0.0.1 DAFFI_NAME=from-environment DAFFI_ENDPOINT_FILE=endpoint
    start
    [[ $endpoint == tcp://127.0.0.1:* ]] || fail "the endpoint is $endpoint"
    [[ $(cat endpoint) == "$endpoint" ]] || fail "no endpoint file"
    says "err.$pid" "name=from-environment"
    start --name from-arguments --unix-sock-path "$PWD/shop"
    [[ $endpoint == ipc://$PWD/shop/.sock ]] || fail "the endpoint is $endpoint"
    says "err.$pid" "name=from-arguments"
    DAFFI_HOST='' DAFFI_PORT='' start
    [[ $endpoint == ipc://$PWD/tmp/daffi/.sock ]] || fail "the endpoint is $endpoint"
}
proves "variables say what options say, options win, and an empty one is unset" environment

environment_of_the_socket () {
    export DAFFI_UNIX_SOCK_PATH=$PWD/shop
    start
    [[ $endpoint == ipc://$PWD/shop/.sock ]] || fail "the endpoint is $endpoint"
    start --host 127.0.0.1
    [[ $endpoint == tcp://127.0.0.1:* ]] || fail "the endpoint is $endpoint"
}
proves "--host replaces the socket folder of the environment" environment_of_the_socket

log_lines () {
    start
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    local line='^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z'
    line+=' (ERROR|WARNING|INFO|DEBUG) [a-z_.]+( [a-z_]+=.*)?$'
    ! grep -vE "$line" "err.$pid" || fail "these lines are no log lines"
    says "err.$pid" " INFO broker.ready endpoint=$endpoint"
    #  One place of the clock: local time would differ by hours.
    local said now
    said=$(date -u -d "$(head -n 1 "err.$pid" | cut -c 1-19)Z" +%s)
    now=$(date -u +%s)
    ((now - said >= 0 && now - said < 120)) || fail "the time is not UTC"
}
proves "log lines are time in UTC, level, id and key=value, to standard error" log_lines

log_levels () {
    start --log-level error
    local fd_error=$stdout_fd pid_error=$pid
    start --unix-sock-path "$PWD/warning" --log-level=warning
    local fd_warning=$stdout_fd pid_warning=$pid
    start --unix-sock-path "$PWD/info" --log-level INFO
    kill -HUP "$pid_error" "$pid_warning" "$pid"
    until_said "err.$pid" "broker.hangup"
    kill -TERM "$pid_error" "$pid_warning"
    ends 0 "$pid_error" "$fd_error"
    ends 0 "$pid_warning" "$fd_warning"
    [[ ! -s err.$pid_error ]] || fail "it logs less important things than errors"
    [[ ! -s err.$pid_warning ]] || fail "it logs less important things than warnings"
    never_says "err.$pid" " DEBUG "
}
proves "--log-level leaves out what is less important" log_levels

quiet () {
    launch --quiet --endpoint-file endpoint --host 127.0.0.1
    until [[ -e endpoint ]]; do
        kill -0 "$pid" || fail "it ended"
        pause
    done
    listens "$(cat endpoint)"
    kill -TERM "$pid"
    local line
    IFS= read -r -t "$patience" -u "$stdout_fd" line || true
    [[ -z $line ]] || fail "it prints: $line"
    ends 0 "$pid" "$stdout_fd"
    [[ ! -s err.$pid ]] || fail "it logs although nothing is wrong"
}
proves "--quiet prints nothing while all is well" quiet

stalled_log () {
    #  shellcheck disable=SC2094  # it is a FIFO: both ends are meant
    mkfifo log
    exec 7<>log
    dd if=/dev/zero of=log oflag=nonblock bs=4096 count=64 2>full || true
    says full "Resource temporarily unavailable"
    exec {stdout_fd}< <(exec "$broker" --host 127.0.0.1 --log-level debug 2>&7)
    pid=$!
    pids+=("$pid")
    IFS= read -r -t "$patience" -u "$stdout_fd" ready || fail "a full pipe stops it"
    listens "${ready##* }"
    dd if=log iflag=nonblock of=/dev/null bs=4096 2>/dev/null || true
    kill -HUP "$pid"
    local line
    IFS= read -r -t "$patience" -u 7 line || fail "it logs no more"
    [[ $line == *" WARNING log.dropped count="* ]] || fail "the first line is: $line"
}
proves "a log that nobody reads stops nothing, and the lost lines are counted" stalled_log

closed_descriptors () {
    local code=0
    #  Without descriptors a sanitizer has nowhere to report to: its verdict is the others'.
    TSAN_OPTIONS=${TSAN_OPTIONS:-}:exitcode=0 \
        timeout -k 5 "$patience" "$broker" --endpoint-file endpoint <&- >&- 2>&- &
    pids+=("$!")
    until [[ -e endpoint ]]; do
        kill -0 "$!" || fail "it ended"
        pause
    done
    local child
    child=$(cat "/proc/$!/task/$!/children")
    for descriptor in 0 1 2; do
        [[ $(readlink "/proc/${child% }/fd/$descriptor") == /dev/null ]] ||
            fail "descriptor $descriptor is $(readlink "/proc/${child% }/fd/$descriptor")"
    done
    kill -TERM "$!"
    wait "$!" || code=$?
    [[ $code == 0 ]] || fail "exit code $code"
}
proves "closed standard descriptors are not taken by sockets" closed_descriptors

descriptor_limit () {
    ulimit -Sn 256
    start
    awk '/^Max open files/ { exit $4 != $5 }' "/proc/$pid/limits" ||
        fail "$(grep '^Max open files' "/proc/$pid/limits")"
}
proves "the soft limit of descriptors is raised to the hard one" descriptor_limit

notify () {
    local python
    python=$(command -v python3) || skip "no python3 to listen on a datagram socket"
    exec {notify_fd}< <(exec "$python" -u -c '
import socket, sys
s = socket.socket (socket.AF_UNIX, socket.SOCK_DGRAM)
path = sys.argv[1]
s.bind ("\0" + path[1:] if path[0] == "@" else path)
print ("bound")
while True:
    state = s.recv (4096).decode ()
    print (state)
    if state.startswith ("STOPPING"):
        break' "$1")
    pids+=("$!")
    local line
    read -r -t "$patience" -u "$notify_fd" line
    NOTIFY_SOCKET=$1 start
    read -r -t "$patience" -u "$notify_fd" line || fail "nothing was notified"
    [[ $line == READY=1 ]] || fail "it notified $line"
    kill -TERM "$pid"
    read -r -t "$patience" -u "$notify_fd" line || fail "its end was not notified"
    [[ $line == STOPPING=1 ]] || fail "it notified $line"
    ends 0 "$pid" "$stdout_fd"
}
notify_path () { notify "$PWD/notify"; }
notify_abstract () { notify "@$PWD/notify"; }
proves "the service manager is told when it is ready and when it stops" notify_path
proves "the same on an abstract notification socket" notify_abstract

notify_nobody () {
    NOTIFY_SOCKET=$PWD/nobody start
    until_said "err.$pid" "WARNING broker.notify_failed state=READY=1"
    listens "$endpoint"
}
proves "a service manager that is not there is a warning only" notify_nobody

summary
