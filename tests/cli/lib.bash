#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  Sourced by the scripts beside it: one sentence a case, and daffi-broker in the foreground
#  and in the background.
#
#  A case is a function that runs in a subshell, in a folder of its own, under `set -e`; it
#  ends with status 0 (proven), 77 (cannot be tried here) or anything else (failed). What
#  it says is shown where it fails, and the brokers that it left behind are killed.
#  No time is waited for: a broker is ready when it says so, and over when its stdout ends.
#  shellcheck disable=SC2030,SC2031,SC2034  # what a case sets is lost with it
#  on purpose, and much is set for who sources this
set -uo pipefail

broker=${DAFFI_BROKER:-daffi-broker}
broker=$(command -v "$broker") || {
    echo "no such program: ${DAFFI_BROKER:-daffi-broker}" >&2
    exit 1
}
broker=$(realpath "$broker")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
patience=${DAFFI_TEST_PATIENCE:-20}  # seconds until "never" is believed
passed=0 failed=0 skipped=0 number=0

#  Short: a socket path may have 107 bytes only.
root=$(mktemp -d /tmp/daffi-cli-XXXXXX) || exit 1
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM
#  What the caller's environment says about brokers is not what is tested.
for variable in HOST PORT UNIX_SOCK_PATH NAME INSECURE ENDPOINT_FILE QUIET LOG_LEVEL \
    HEARTBEAT HEARTBEAT_TIMEOUT SETTLE DRAIN_TIMEOUT CONFIG CONNECT_TIMEOUT JSON COLOR \
    TIMEOUT JOBS STORE NO_STORE; do
    unset "DAFFI_$variable"
done
unset NOTIFY_SOCKET NO_COLOR XDG_CONFIG_HOME XDG_STATE_HOME STATE_DIRECTORY

#  proves SENTENCE FUNCTION
proves () {
    local folder=$root/$((++number)) status verdict
    mkdir "$folder"
    (
        set -e
        cd "$folder"
        mkdir tmp
        export TMPDIR=$folder/tmp HOME=$folder
        pids=()
        trap end_brokers EXIT
        "$2"
    ) >"$folder.log" 2>&1
    status=$?
    case $status in
        0) verdict="ok  " passed=$((passed + 1)) ;;
        77) verdict="skip" skipped=$((skipped + 1)) ;;
        *) verdict="FAIL" failed=$((failed + 1)) ;;
    esac
    ((status == 0)) || sed 's/^/     /' "$folder.log"
    echo "$verdict $1"
}

#  The last command of each script: its status is the script's.
summary () {
    if ((skipped)); then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    ((failed == 0 && passed + skipped > 0))
}

#  --- inside a case --------------------------------------------------------------------

#  In the log of the case: what failed, and all that the brokers said.
fail () {
    echo "$*"
    local file
    for file in out err err.*; do
        if [[ -s $file ]]; then
            echo "--- $file"
            cat "$file"
        fi
    done
    exit 1
}

skip () {
    echo "$*"
    exit 77
}

end_brokers () {
    local each
    for each in ${pids[@]+"${pids[@]}"}; do
        kill -KILL "$each" 2>/dev/null || true
    done
}

#  Runs the broker to its end: its exit code in $code, what it said in the files out, err.
run () {
    code=0
    timeout -k 5 "$patience" "$broker" "$@" >out 2>err || code=$?
}

#  exits CODE ARGUMENT…: `run` with this exit code.
exits () {
    local expected=$1
    shift
    run "$@"
    [[ $code == "$expected" ]] || fail "exit code $code, not $expected: daffi-broker $*"
}

#  says FILE TEXT: the text, not a pattern, stands in one line of the file.
says () { grep -qF -e "$2" "$1" || fail "$1 does not say: $2"; }
never_says () { ! grep -qF -e "$2" "$1" || fail "$1 says: $2"; }

#  A broker in the background. $pid, $stdout_fd (where more lines may come), and its log in
#  the file err.$pid; `launch` does not wait until it is ready.
launch () {
    local log=log.$((${#pids[@]}))
    exec {stdout_fd}< <(exec "$broker" "$@" 2>"$log")
    pid=$!
    pids+=("$pid")
    ln -s "$log" "err.$pid"
}

#  start ARGUMENT…: launches it and waits for the ready line: $ready, $endpoint.
start () {
    launch "$@"
    IFS= read -r -t "$patience" -u "$stdout_fd" ready || fail "no ready line: daffi-broker $*"
    endpoint=${ready##* }
}

#  ends CODE PID STDOUT_FD: it ends by itself, with this exit code.
ends () {
    local status=0 code=0
    while ((status == 0)); do
        IFS= read -r -t "$patience" -u "$3" _ || status=$?
    done
    ((status <= 128)) || fail "it still runs after $patience s"
    wait "$2" || code=$?
    [[ $code == "$1" ]] || fail "exit code $code, not $1"
}

#  Between two looks at what cannot be waited for.
pause () { sleep 0.02; }

#  until_said FILE TEXT: for what is logged, and comes soon.
until_said () {
    local end=$((SECONDS + patience))
    until grep -qF -e "$2" "$1"; do
        ((SECONDS < end)) || fail "$1 does not say: $2"
        pause
    done
}

gone () {
    local each
    for each; do
        [[ ! -e $each && ! -L $each ]] || fail "$each is still there"
    done
}

#  listens ENDPOINT: somebody accepts connections there.
listens () {
    local address=${1#*://} host
    host=${address%:*}
    host=${host#[}  #  an IPv6 address stands in brackets
    case $1 in
        tcp://*) (: <>"/dev/tcp/${host%]}/${address##*:}") ;;
        *) grep -qE " 00010000 0001 01 +[0-9]+ $address\$" /proc/net/unix ;;
    esac || fail "nobody listens at $1"
}
