#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_payload: compiled functions, from the source to other processes.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

host=$(realpath "${DAFFI_BUILD_DIR:?}/tests/interop_payload_host")

#  A payload with three functions, in resize.c.
source_of_payload () {
    cat >resize.c <<'END'
#include <daffi_payload.h>
#include <unistd.h>
DAFFI_PAYLOAD_FUNCTION (halve, "(int) -> int")
{
    int64_t number;
    if (daffi_payload_int (call, 0, &number))
        return daffi_payload_fail (call, "halve wants an integer");
    return daffi_payload_reply (call, number / 2);
}
DAFFI_PAYLOAD_FUNCTION (get_pid, "() -> int")
{
    return daffi_payload_reply (call, getpid ());
}
DAFFI_PAYLOAD_FUNCTION (count, "(stream) -> int, yields int")
{
    daffi_value_t item;
    int64_t number = 0;
    while (!daffi_payload_receive (call, -1, &item))
        if (daffi_payload_yield (call, ++number))
            return DAFFI_FAILED;
    return daffi_payload_reply (call, number);
}
END
}

#  A process "host" with a controller at the default place: host_up [PAYLOAD BUNDLE]
host_up () {
    mkdir -m 700 "$TMPDIR/daffi"
    mkfifo host.in
    exec {stdout_fd}< <(exec "$host" "$TMPDIR/daffi" "$@" <host.in 2>err.host)
    pid=$!
    pids+=("$pid")
    #  shellcheck disable=SC2034  # held open: it ends with its input
    exec {host_in}>host.in
    IFS= read -r -t "$patience" -u "$stdout_fd" said || fail "no host"
    host_pid=${said#ready }
}

builds () {
    source_of_payload
    gives 0 payload build resize.c -- "-I$source/include"
    says out 'resize.so'
    gives 0 payload inspect resize.so
    says out $'name\tresize'
    says out $'signer\tnone'
    says out 'halve (int) -> int'
    gives 2 payload inspect resize.c
    says err "resize.c: it is neither a shared object nor a bundle of one"
    echo 'int main (void) { return x; }' >broken.c
    gives 1 payload build broken.c
    says err "could not build it"
    echo 'int nothing (void) { return 1; }' >none.c
    gives 2 payload build none.c
    says err "exports no"
}
proves "build compiles a payload and refuses what no process would take" builds

signs () {
    source_of_payload
    gives 0 payload keygen team.key
    [[ $(stat -c %a team.key) == 600 ]] || fail "others can read the secret key"
    gives 2 payload keygen team.key
    says err "is there already"
    gives 0 payload build resize.c --key team.key --version 1.2 --expires 90d \
        --processes 'host gpu-*' -- "-I$source/include"
    says out 'resize.daffi'
    gives 0 payload inspect resize.daffi --json
    says out '"version": "1.2"'
    says out '"signature": "valid"'
    says out '"processes": "host gpu-*"'
    gives 0 payload inspect resize.daffi --key team.key.pub
    gives 0 payload keygen other.key
    gives 6 payload inspect resize.daffi --key other.key.pub
    says err "another key"
    gives 6 payload inspect resize.so --key team.key.pub
    says err "not signed"
    gives 0 payload sign resize.so --key other.key --name thumbs -o thumbs.daffi
    gives 0 payload inspect thumbs.daffi --key other.key.pub
    says out $'name\tthumbs'
    gives 2 payload sign resize.so --key team.key --expires soon
    says err "--expires soon is no time"
    gives 2 payload sign resize.so
    says err "daffi payload keygen"
}
proves "keygen, build and sign make what inspect finds signed" signs

ships () {
    source_of_payload
    gives 0 payload build resize.c -- "-I$source/include"
    host_up
    prints 21 payload call resize.so halve 42 --to host
    prints "$host_pid" payload call resize.so get_pid --to host
    gives 1 payload call resize.so halve many --to host
    says err "halve wants an integer"
    gives 4 payload call resize.so missing --to host
    gives 2 payload call resize.so halve 42
    says err "daffi ls processes"
    printf 'a\nb\n' >lines
    gives 0 payload call resize.so count --stream --to host - <lines
    [[ $(tr '\n' ' ' <out) == "1 2 2 " ]] || fail "not the items"
    gives 0 payload ls
    says out $'host\tresize\t'
    local hash
    hash=$(cut -f10 out)
    prints 5 payload call "$hash" halve 10 --to host
    gives 0 payload publish resize.so halve half --to host
    prints 4 call half 8
    gives 0 ls payloads --json
    says out '"published": [ "half" ]'
    gives 0 payload withdraw half --to host
    gives 4 call half 8
    gives 4 payload withdraw half --to host
    gives 0 payload unload "$hash" --to host
    gives 0 payload ls --to host
    [[ ! -s out ]] || fail "it is still there"
    gives 4 payload call "$hash" halve 10 --to host
    gives 0 payload send resize.so --to host
    prints 5 payload call "$hash" halve 10 --to host
    gives 4 payload ls --to nobody
}
proves "a payload is sent, called, published, withdrawn and unloaded" ships

trusts () {
    source_of_payload
    gives 0 payload build resize.c -- "-I$source/include"
    host_up resize.so shipped.daffi
    gives 6 payload call resize.so halve 42 --to host
    says err "not signed"
    gives 0 payload keygen team.key
    gives 0 payload sign resize.so --key team.key
    gives 6 payload send resize.daffi --to host
    says err "does not trust the key"
    prints 21 payload call shipped.daffi halve 42 --to host
}
proves "what the process does not trust is refused with its reason" trusts

usage () {
    gives 2 payload inspekt resize.so
    says err "did you mean inspect"
    gives 2 payload build
    says err "usage: daffi payload build"
    gives 0 payload --help
    says out "keygen"
    says out "--processes"
    gives 0 man payload
    says out "daffi payload keygen team"
    gives 0 completion bash
    says out "keygen build sign inspect"
}
proves "what is typed wrong is told, and help, man page and completion know the words" usage

summary
