#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  readme_commands: what README.md tells people to type, exactly as it stands there.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

PATH=$(dirname "$daffi"):$PATH

#  The section about the first five minutes.
section () {
    awk '/^## / { inside = /The first five minutes/ } inside' "$source/README.md"
}

#  typed COMMAND: in the background, as somebody types it into another terminal.
typed () {
    exec {stdout_fd}< <(exec bash -c "exec $1" 2>>typed.err)
    pid=$!
    pids+=("$pid")
    IFS= read -r -t "$patience" -u "$stdout_fd" _ || fail "it says nothing: $1"
}

five_minutes () {
    local line promised checked=0
    while IFS= read -r line; do
        promised=
        if [[ $line == *'  # '* ]]; then promised=${line##*'  # '} line=${line%%'  # '*}; fi
        case $line in
            'daffi up' | 'daffi serve '*) typed "$line" ;;
            *)
                bash -c "$line" >out 2>err </dev/null || fail "it failed: $line"
                #  what stands in small letters says what it is about
                if [[ $promised && $promised != [a-z]* ]]; then
                    [[ $(cat out) == "$promised" ]] || fail "it printed another thing: $line"
                    checked=$((checked + 1))
                fi
                ;;
        esac
    done < <(section | sed -n '/^    /{s/^    //p}')
    ((checked == 2)) || fail "$checked promised outputs, not 2"
    gives 0 ls functions
    says out upper
}
proves "the first five minutes do what they promise" five_minutes

#  With functions and processes of the names that the table speaks of.
understood () {
    up
    PATH=$PWD:$PATH
    printf '#!/bin/sh\nexec cat\n' >convert
    chmod +x convert
    serve add --name gpu-1 --args -- sh -c 'echo $(($1 + $2))' add
    serve reload -- true
    serve render --args --name gpu-2 -- true
    serve rotate --args -- true
    echo line >lines
    local command code limit ends drain count=0
    while IFS= read -r command; do
        #  the same names for what there is here
        command=${command//--to gpu-1/--to gpu-2} command=${command//\/var\/log\/syslog/$PWD/lines}
        count=$((count + 1))
        case $command in
            'daffi serve '*) typed "$command" && continue ;;
            'daffi drain '*) drain=$command && continue ;;
        esac
        #  what ends by itself may take its time; what does not is looked at for a moment
        case $command in
            *--watch | *monitor | *top | *--stream | *'ping '* | *'bench '*) limit=0.7 ends=124 ;;
            'daffi cancel '*) limit=$patience ends=4 ;;
            *conformance*) limit=$patience ends=3 ;;
            *) limit=$patience ends=0 ;;
        esac
        code=0
        timeout -k 1 "$limit" bash -c "$command" >out 2>err </dev/null || code=$?
        [[ $code == "$ends" ]] || fail "exit code $code, not $ends: $command"
    done < <(section | grep '^| `' | cut -d'|' -f2 | grep -o '`[^`]*`' | tr -d '`' | grep 'daffi ')
    bash -c "$drain"
    gives 4 info "${drain##* }"
    ((count >= 20)) || fail "only $count commands"
}
proves "every command of the table is understood" understood

summary
