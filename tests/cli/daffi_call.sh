#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_call: calls from the command line, and what is printed and said of them.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

five_minutes () {
    up
    serve upper -- tr a-z A-Z
    [[ $said == *" offers upper at ipc://$TMPDIR/daffi/.sock" ]] || fail "it said: $said"
    echo hello | prints HELLO call upper -
    prints TEXT call upper text
}
proves "a program is served, and a word or standard input is what it reads" five_minutes

arguments () {
    up
    serve echo -- cat
    prints '2.5' call echo 2.5
    prints '[1,"b",null,true]' call echo '[1, "b", null, true]'
    prints '[1,"b"]' call echo 1 b
    prints '{"a":{"b":[]}}' call echo '{"a": {"b": []}}'
    prints '18446744073709551615' call echo 18446744073709551615
    prints '-3' call echo -3
    prints '007' call echo 007
    prints '"7"' call echo 7 --string --json
    prints '"NaN"' call echo NaN --json
    prints '--to' call echo -- --to
    prints 'größe ✓' call echo 'größe ✓'
    gives 0 call echo
    [[ ! -s out ]] || [[ $(cat out) == '' ]] || fail "no argument is no input"
}
proves "arguments are JSON where they are that, else strings" arguments

large_numbers () {
    local each long=123456789012345678901
    up
    serve echo -- cat
    for each in $long "-$long" "[1, {\"a\": $long}]"; do
        gives 2 call echo "$each"
        says err "$long is an integer of more than 64 bits"
        says err "quote them, as JSON does: "
        gives 2 tasks add echo "$each" --every 1h
    done
    gives 2 call echo '[1e999]'
    says err "1e999 is beyond the greatest double"
    prints "$long" call echo "\"$long\""
    prints "[\"$long\"]" call echo "[\"$long\"]"
    prints "$long" call echo --string "$long"
    prints '[-9223372036854775808,1000.0]' call echo '[-9223372036854775808, 1e3]'
    prints '[NaN]' call echo '[NaN]'
    prints '[007]' call echo '[007]'
    serve lines --stream -- cat
    printf '1\n%s\n' $long >input
    gives 2 call lines --stream - <input
    says err "line 2 of standard input: $long is an integer"
    prints "$long" call lines --stream --string - <<<"$long"
}
proves "numbers that no value holds are refused, quoted ones are strings" large_numbers

binary () {
    up
    serve echo -- cat
    printf '\377\000\001' >bytes
    gives 0 call echo - <bytes
    cmp out bytes
    prints '{ "$binary": "/wAB" }' call echo --json - <bytes
    gives 0 call echo '{"$binary": "/wAB"}'
    cmp out bytes
    head -c 3000000 /dev/urandom >large
    gives 0 call echo - <large
    cmp out large
}
proves "bytes that are no text go through as they are, by the million too" binary

newlines () {
    up
    serve text -- printf abc
    prints abc call text
    gives 0 call text --raw
    [[ $(wc -c <out) == 3 ]] || fail "a newline was added"
    serve nothing -- true
    gives 0 call nothing
    prints '""' call nothing --json
}
proves "a string ends with a newline, with --raw it is as it is" newlines

failure () {
    up
    serve bad --name worker -- sh -c 'echo first >&2; echo no such disk >&2; exit 3'
    gives 1 call bad
    says err "daffi call: bad at worker failed: exit status 3: no such disk"
    [[ ! -s out ]] || fail "a failure printed something"
    serve killed -- sh -c 'kill -KILL $$'
    gives 1 call killed
    says err "killed by signal 9"
    ln -s "$(command -v cat)" removed
    serve missing -- ./removed
    rm removed
    gives 1 call missing
    says err "cannot run ./removed: No such file or directory"
}
proves "a function that fails ends with exit code 1 and says who and why" failure

usage () {
    gives 2 call
    says err "usage: daffi call FUNCTION"
    gives 2 call f --timout 5
    says err "did you mean --timeout?"
    gives 2 call f --timeout soon
    says err "for example: --timeout 5s"
    gives 2 call f --all --stream
    says err "--all and --stream exclude each other"
    gives 2 call f --host 127.0.0.1
    says err "says no port"
    gives 2 call f - - </dev/null
    says err "once only"
    up
    gives 2 call 'no name'
}
proves "wrong usage ends with exit code 2 and an example" usage

unreachable () {
    gives 3 call f --connect-timeout 100ms
    says err "$TMPDIR/daffi/.sock"
    says err "start one: daffi up"
    gives 3 call f --connect-timeout 100ms --host 127.0.0.1 --port 1
}
proves "without a controller it ends with exit code 3 and says how to start one" unreachable

not_there () {
    up
    serve upper --name worker -- cat
    gives 4 call uper
    says err "no such function: uper (no process offers it)"
    says err "did you mean upper?"
    says err "daffi ls functions"
    gives 4 call upper --to wroker
    says err "did you mean worker?"
    says err "no process 'wroker' is connected"
    serve other --name other -- cat
    gives 4 call upper --to other x
    says err "no such function: upper (process 'other' does not offer it)"
    says err "who offers it: daffi describe upper"
    never_says err "did you mean"
}
proves "no such function or process ends with exit code 4 and a hint" not_there

late () {
    up
    serve slow -- sh -c 'trap "echo told >told; exit 1" TERM; echo up >started; sleep 60 & wait'
    gives 5 call slow --timeout 1500ms
    says err "--timeout"
    until_there told
}
proves "a call that takes too long ends with exit code 5, and its program is told" late

refused () {
    up
    serve f --name worker -- cat
    gives 6 serve g --name worker -- cat
    says err "another process has this name"
    says err "--takeover"
}
proves "a name that is taken ends with exit code 6" refused

configuration () {
    DAFFI_TIMEOUT=soon gives 8 call f
    says err 'DAFFI_TIMEOUT (in the environment): "soon"'
    gives 8 call f --config /no/such/file
    says err "cannot read the configuration file /no/such/file"
}
proves "a bad environment or configuration file ends with exit code 8" configuration

config_file () {
    up
    mkdir -p .config/daffi
    serve echo -- cat
    printf 'json = 1\ncall\n    json = 0\n' >.config/daffi/daffi.cfg
    prints x call echo x
    gives 0 ls
    [[ $(head -c 1 out) == '[' ]] || fail "json = 1 has no effect"
    DAFFI_JSON=1 prints '"x"' call echo x
    printf 'call\n    timeout = soon\n' >mine.cfg
    gives 8 call echo x --config mine.cfg
    says err 'timeout (in mine.cfg): "soon"'
}
proves "options come from the command line, the environment and a file, in this order" config_file

broadcast () {
    up
    serve who --name a -- sh -c 'echo I am a'
    serve who --name b -- sh -c 'exit 4'
    gives 1 call who --all
    says out "a	I am a"
    says out "b	FAILED: exit status 4"
    says err "1 of 2 processes failed"
    gives 1 call who --all --json
    says out '"process": "a", "status": "OK", "value": "I am a\n"'
    gives 4 call nobody --all
}
proves "--all asks every process, and tells each one's answer" broadcast

stream () {
    up
    serve count --stream --args -- seq
    prints $'1\n2\n3' call count 3 --stream
    serve number --stream -- sed -u =
    printf 'a\nb' | prints $'1\na\n2\nb' call number --stream -
    gives 1 call number
    says err "call it with --stream"
    serve plain -- cat
    gives 1 call plain --stream
    says err "serve it with --stream"
    serve broken --stream -- sh -c 'echo one; exit 2'
    gives 1 call broken --stream
    says out one
    says err "exit status 2"
}
proves "--stream prints items as they come and sends lines, both ways" stream

interactive () {
    up
    serve echo --stream -- cat
    mkfifo lines
    "$daffi" call echo --stream - <lines >answers &
    exec 8>lines
    for line in one two three; do
        echo "$line" >&8
        until_said answers "$line"
    done
    exec 8>&-
    wait $!
}
proves "a stream answers each line before the next one is written" interactive

endless () {
    up
    serve yes --stream -- yes
    "$daffi" call yes --stream | head -n 3 >out || true
    [[ $(wc -l <out) == 3 ]] || fail "not three lines"
    local end=$((SECONDS + patience))
    while pgrep -x yes -P "$pid" >/dev/null; do
        ((SECONDS < end)) || fail "the program still runs"
        pause
    done
}
proves "a reader that goes away ends the stream and the program" endless

background () {
    up
    serve touch --args -- touch
    gives 0 call touch "$PWD/was-here" --bg
    [[ ! -s out ]] || fail "it printed something"
    until_there was-here
}
proves "--bg sends it and does not wait" background

jobs () {
    up
    serve slot --jobs 1 -- sh -c 'mkdir lock || exit 9; sleep 0.1; rmdir lock'
    local each running=()
    for each in 1 2 3 4; do
        "$daffi" call slot &
        running+=($!)
    done
    for each in "${running[@]}"; do
        wait "$each" || fail "two of it ran at once"
    done
}
proves "--jobs 1 runs one at a time" jobs

keyed () {
    up
    serve who --name a -- sh -c 'echo a'
    serve who --name b -- sh -c 'echo b'
    d call who --key customer-17
    cp out first
    for _ in 1 2 3 4 5; do
        gives 0 call who --key customer-17
        cmp out first
    done
    prints b call who --to b
    prints a call who -t a
}
proves "--key goes to the same process each time, --to to the one named" keyed

serve_ends () {
    up
    serve slow --name worker -- sh -c 'echo up >started; sleep 0.5; echo done'
    "$daffi" call slow >answer &
    local caller=$! server=$pid
    until_there started
    kill -TERM "$server"
    wait "$caller"
    [[ $(cat answer) == 'done' ]] || fail "the call that ran was lost"
    wait "$server" || fail "serve ended with $?"
    gives 4 call slow
}
proves "serve that is told to end lets what runs finish" serve_ends

says_what_happens () {
    up
    "$daffi" serve slow --name worker -- cat >said &
    local server=$!
    pids+=("$server")
    until_said said "worker offers slow"
    kill -KILL "$broker_pid"
    until_said said "worker has no controller, and waits for one"
    start --settle 0
    until [[ $(grep -c "offers slow" said) == 2 ]]; do pause; done
    kill -TERM "$server"
    wait "$server"
    [[ $(grep -c "has no controller" said) == 1 ]] || fail "it waits for none at its end"
}
proves "serve says when its controller goes and comes, and not at its own end" says_what_happens

summary
