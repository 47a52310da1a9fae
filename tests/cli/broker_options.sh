#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_options: what daffi-broker understands, and how it says that it did not.
#  shellcheck source=tests/cli/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

help () {
    exits 0 --help
    cp out long
    for option in --host --port --unix-sock-path --name --endpoint-file --log-level \
        --drain-timeout --settle --heartbeat --heartbeat-timeout --quiet --insecure \
        --store --no-store \
        --help --version; do
        says out " $option"
    done
    says out "DAFFI_UNIX_SOCK_PATH"
    says out "(default 5000)"
    awk 'length > 80 { print "too wide: " $0; bad = 1 } END { exit bad }' out
    exits 0 -h
    cmp out long
    [[ ! -s err ]] || fail "help is no error"
}
proves "--help names every option, its variable and its default, within 80 columns" help

help_of_a_broken_environment () {
    DAFFI_PORT=none exits 0 --help
}
proves "--help does not depend on the environment" help_of_a_broken_environment

help_tells_exit_codes () {
    exits 0 --help
    for code in {0..9}; do
        grep -qE "^  $code  [a-z]" out || fail "help does not explain $code"
    done
}
proves "--help explains the exit codes" help_tells_exit_codes

version () {
    exits 0 --version
    grep -qE '^daffi-broker [0-9]+\.[0-9]+\.[0-9]+ \(libdaffi [0-9]+\.[0-9]+\.[0-9]+\)$' out ||
        fail "what --version prints"
    [[ $(wc -l <out) == 1 ]] || fail "--version prints one line"
    local number
    number=$(sed -n 's/^#define DAFFI_VERSION  *"\(.*\)"/\1/p' "$source/include/daffi.h")
    says out "daffi-broker $number "
}
proves "--version prints the version of the public header" version

lost_output () {
    [[ -w /dev/full ]] || skip "no /dev/full"
    local code=0
    "$broker" --help >/dev/full || code=$?
    [[ $code == 9 ]] || fail "exit code $code, not 9"
}
proves "--help that cannot be printed is no success" lost_output

#  hints TYPED MEANT
hints () {
    exits 2 "$1"
    says err "no such option: ${1%%=*}"
    says err "did you mean $2?"
    [[ ! -s out ]] || fail "an error is printed to stdout"
}
unknown_option () {
    hints --prot --port
    hints --prot=1 --port
    hints --hosst --host
    hints -port --port
    hints --unix --unix-sock-path
    hints --drian-timeout --drain-timeout
    hints --Quiet --quiet
}
proves "an unknown option is refused, and the one that was meant is named" unknown_option

no_hint () {
    local long
    long=--$(printf 'a%.0s' {1..300})
    for unknown in --frobnicate -x "$long" --; do
        exits 2 "$unknown"
        says err "no such option: "
        says err "see daffi-broker --help"
        never_says err "did you mean"
    done
}
proves "an unknown option that resembles none gets no wrong hint" no_hint

positional () {
    exits 2 start
    says err '"start" is no option'
    exits 2 ''
    says err '"" is no option'
}
proves "an argument that is no option is refused" positional

missing_value () {
    exits 2 --host
    says err "--host wants a value: ADDR"
    says err "for example: --host 127.0.0.1"
    exits 2 --host --port 8888
    says err "--host wants a value: ADDR"
    exits 2 --host=
    says err "--host: the value is empty"
}
proves "an option without its value is refused, with an example" missing_value

bad_port () {
    for port in 65536 -1 eighty 80x 0x50 ' 80' +80 99999999999999999999; do
        exits 2 --host 127.0.0.1 --port "$port"
        says err "--port: \"$port\" is not a whole number from 0 to 65535"
        says err "for example: --port 8888"
    done
}
proves "a bad port is refused with its range and an example" bad_port

bad_time () {
    for time in 5x -1 1.5 99999999999 never; do
        exits 2 --drain-timeout "$time"
        says err "\"$time\" is not a whole number of milliseconds, or of s, m or h, from 0"
        says err 'or "forever"'
    done
    exits 2 --settle forever
    exits 2 --heartbeat 0
    says err "from 10 to"
}
proves "a bad time is refused with its unit and range" bad_time

bad_level () {
    exits 2 --log-level warn
    says err '"warn" is not one of error, warning, info, debug'
    says err "did you mean warning?"
    exits 2 --log-level 3
    never_says err "did you mean"
}
proves "a bad log level is refused with the levels that exist" bad_level

flag_with_value () {
    exits 2 --quiet=yes
    says err '--quiet takes no value, but "yes" was given'
}
proves "a flag with a value is refused" flag_with_value

port_alone () {
    exits 2 --port 8888
    says err "--port 8888 says no address"
    says err "daffi-broker --host 127.0.0.1 --port 8888"
}
proves "a port without host is refused with the command that was meant" port_alone

two_places () {
    exits 2 --host 127.0.0.1 --unix-sock-path "$PWD"
    says err "--host and --unix-sock-path exclude each other"
    DAFFI_HOST=127.0.0.1 DAFFI_UNIX_SOCK_PATH=$PWD exits 2
    says err "DAFFI_HOST and DAFFI_UNIX_SOCK_PATH exclude each other"
}
proves "host and socket folder together are refused by the names they were given" two_places

heartbeats () {
    exits 2 --heartbeat 2000
    says err "less than two heartbeats of 2000 ms"
    says err "--heartbeat 2000 --heartbeat-timeout 6000"
}
proves "a heartbeat timeout of less than two heartbeats is refused" heartbeats

environment () {
    DAFFI_HOST=127.0.0.1 DAFFI_PORT=eighty exits 8
    says err 'DAFFI_PORT (in the environment): "eighty"'
    says err "for example: DAFFI_PORT=8888"
    DAFFI_LOG_LEVEL=loud exits 8
    says err 'DAFFI_LOG_LEVEL (in the environment): "loud" is not one of'
    DAFFI_QUIET=perhaps exits 8
    says err '"perhaps" is neither yes nor no'
}
proves "a bad variable is refused by its name, with an exit code of its own" environment

network () {
    exits 8 --host 0.0.0.0 --port 8888
    says err "there is no authentication yet"
    says err "daffi-broker --host 127.0.0.1 --port 8888"
    says err "daffi-broker --host 0.0.0.0 --port 8888 --insecure"
    for host in '*' :: 192.0.2.1; do
        exits 8 --host "$host"
        says err "daffi-broker --host $host --insecure"
    done
}
proves "an address beyond this machine is refused with the commands that fix it" network

unknown_host () {
    exits 3 --host 127.0.0.l --port 8888
    says err 'cannot listen on "127.0.0.l"'
    exits 3 --insecure --host 192.0.2.1 --port 8888
    says err "192.0.2.1"
}
proves "an address that this machine does not have ends with exit code 3" unknown_host

summary
