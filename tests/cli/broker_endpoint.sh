#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_endpoint: a daffi-broker takes nobody's place, but for that of a dead one.
#  shellcheck source=tests/cli/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

port_in_use () {
    start --host 127.0.0.1 --endpoint-file endpoint
    exits 3 --host 127.0.0.1 --port "${endpoint##*:}" --endpoint-file endpoint
    says err "$endpoint"
    says err "in use"
    [[ ! -s out ]] || fail "it said ready"
    [[ $(cat endpoint) == "$endpoint" ]] || fail "the endpoint file of the first was touched"
    listens "$endpoint"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone endpoint
}
proves "a second broker on the same TCP port ends with exit code 3, the first goes on" port_in_use

socket_in_use () {
    start --unix-sock-path "$PWD/shop"
    local before
    before=$(stat -c %i shop/.sock)
    exits 3 --unix-sock-path "$PWD/shop"
    says err "$PWD/shop/.sock"
    says err "in use"
    [[ ! -s out ]] || fail "it said ready"
    [[ $(stat -c %i shop/.sock) == "$before" ]] || fail "the first one's socket was touched"
    listens "$endpoint"
    exits 3 --unix-sock-path "$PWD/shop"
    [[ $(stat -c %i shop/.sock) == "$before" ]] || fail "the first one's socket was touched"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone shop/.sock
}
proves "a second broker on the same UNIX socket ends with exit code 3, the first goes on" socket_in_use

race () {
    #  All at once: one listens, the others give up.
    local fds=() each ready=0 refused=0 code
    for each in 1 2 3 4 5 6; do
        launch --unix-sock-path "$PWD/shop"
        fds+=("$stdout_fd")
    done
    for each in 0 1 2 3 4 5; do
        if IFS= read -r -t "$patience" -u "${fds[each]}" _; then
            ready=$((ready + 1))
        else
            code=0
            wait "${pids[each]}" || code=$?
            [[ $code == 3 ]] || fail "exit code $code"
            refused=$((refused + 1))
        fi
    done
    [[ $ready == 1 && $refused == 5 ]] || fail "$ready are ready, $refused refused"
    listens "ipc://$PWD/shop/.sock"
}
proves "of six brokers that start at once in one folder, one listens" race

dead_socket () {
    start --unix-sock-path "$PWD/shop" --endpoint-file endpoint
    kill -KILL "$pid"
    ends 137 "$pid" "$stdout_fd"
    [[ -S shop/.sock ]] || fail "nothing to take over"
    start --unix-sock-path "$PWD/shop" --endpoint-file endpoint
    listens "$endpoint"
    [[ $(cat endpoint) == "$endpoint" ]] || fail "the endpoint file was not written"
    kill -TERM "$pid"
    ends 0 "$pid" "$stdout_fd"
    gone shop/.sock endpoint
}
proves "the socket of a broker that was killed is taken over at once" dead_socket

regular_file () {
    mkdir -m 700 shop
    echo precious >shop/.sock
    exits 3 --unix-sock-path "$PWD/shop"
    says err "$PWD/shop/.sock"
    [[ $(cat shop/.sock) == precious ]] || fail "the file was touched"
}
proves "a regular file in the socket's place is not deleted" regular_file

link () {
    mkdir -m 700 shop
    echo precious >target
    ln -s ../target shop/.sock
    exits 3 --unix-sock-path "$PWD/shop"
    [[ -L shop/.sock && $(cat target) == precious ]] || fail "the link was touched"
}
proves "a symbolic link in the socket's place is not followed" link

file_as_folder () {
    echo precious >shop
    exits 3 --unix-sock-path "$PWD/shop"
    says err "$PWD/shop"
    [[ $(cat shop) == precious ]] || fail "the file was touched"
    exits 3 --unix-sock-path "$PWD/missing/shop"
    says err "$PWD/missing/shop"
}
proves "a folder that is none, or cannot be made, ends with exit code 3" file_as_folder

folder_of_somebody_else () {
    local folder=/usr
    if [[ $(id -u) == 0 ]]; then
        mkdir shop
        chown 65534 shop
        folder=$PWD/shop
    fi
    exits 3 --unix-sock-path "$folder"
    says err "$folder"
    says err "belongs to"
    gone "$folder/.sock"
}
proves "a folder of another user is refused" folder_of_somebody_else

long_path () {
    local folder=$PWD/
    #  /.sock behind it has six bytes.
    while ((${#folder} < 107 - 6)); do folder+=x; done
    start --unix-sock-path "$folder"
    listens "$endpoint"
    exits 2 --unix-sock-path "${folder}y"
    says err 107
    exits 2 --unix-sock-path "$(printf '/%.0sx' {1..5000})"
    TMPDIR=$folder exits 2
    says err TMPDIR
}
proves "a socket path of 107 bytes works, a longer one is refused with the limit" long_path

bad_name () {
    exits 2 --name 'a b'
    says err "a b"
    exits 2 --name "$(printf 'n%.0s' {1..129})"
    gone "$PWD/tmp/daffi/.sock"
    start --name "$(printf 'n%.0s' {1..128})"
}
proves "a name outside the grammar is refused, and leaves nothing behind" bad_name

summary
