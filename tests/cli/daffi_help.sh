#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_help: where options come from, what the shells complete, and the manual pages.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

config () {
    printf 'port = 7\nhost = filehost\ncall\n    timeout = 7s\n' >mine.cfg
    DAFFI_PORT=8 gives 0 config show call --config mine.cfg
    says out $'port\t8\tenvironment\tDAFFI_PORT'
    says out $'timeout\t7s\tfile\tmine.cfg'
    says out $'host\tfilehost\tfile\tmine.cfg'
    says out $'color\tauto\tdefault'
    says out $'key\t-\tunset'
    gives 0 config show up
    says out $'settle\t1000\tdefault'
    gives 2 config
    gives 2 config show nothing
    gives 2 config list
}
proves "config show tells of every option who said so" config

#  bad_file TEXT MESSAGE [HINT]: a file of this text is refused by daffi call.
bad_file () {
    printf '%s\n' "$1" >mine.cfg
    gives 8 call f --config mine.cfg
    says err "$2"
    if [[ -n ${3-} ]]; then says err "did you mean $3?"; else never_says err "did you mean"; fi
}
unknown_names () {
    bad_file 'prot = 8888' "no such option: prot (in mine.cfg)" port
    bad_file $'call\n    timout = 5s' "no such option: timout (in mine.cfg, section call)" timeout
    bad_file $'cal\n    timeout = 5s' "no such section: cal (in mine.cfg)" call
    bad_file 'frobnicate = 1' "no such option: frobnicate (in mine.cfg)"
    bad_file '{ "port": 8888 }' "is not one"
    bad_file $'call\n  timeout = 5s' "its line (2) indent 4 spaces"
    [[ ! -s out ]] || fail "standard output is for results"
    printf 'settle = 0\nwait\n    timeout = 5s\nbroker\n    settle = 0\n' >mine.cfg
    gives 3 call f --config mine.cfg --connect-timeout 10ms
    printf 'broker\n    setle = 0\n' >mine.cfg
    gives 8 up --config mine.cfg
    says err "did you mean settle?"
    printf 'brokr\n    settle = 0\n' >mine.cfg
    exits 8 --config mine.cfg
    says err "did you mean broker?"
    printf 'prot = 1\n' >mine.cfg
    exits 8 --config mine.cfg
    says err "did you mean port?"
}
proves "a name in the configuration file that nobody has is refused, and the right one told" \
    unknown_names

strength () {
    printf 'host = filehost\nport = 7\ncall\n    port = 8\n    timeout = 7s\n' >mine.cfg
    export DAFFI_CONFIG=mine.cfg
    gives 0 config show ls
    says out $'port\t7\tfile\tmine.cfg'
    DAFFI_TIMEOUT=8s gives 0 config show call
    says out $'timeout\t8s\tenvironment\tDAFFI_TIMEOUT'
    says out $'port\t8\tfile\tmine.cfg'
    gives 3 call f --host 127.0.0.1 --port 1 --connect-timeout 10ms
    says err "tcp://127.0.0.1:1"
    DAFFI_PORT=2 DAFFI_HOST=127.0.0.1 gives 3 call f --connect-timeout 10ms
    says err "tcp://127.0.0.1:2"
}
proves "the command line is stronger than the environment, and that than the file" strength

bash_completion () {
    up
    serve upper --name worker -- cat
    gives 0 completion bash
    bash -n out
    #  shellcheck disable=SC1091
    complete_with () {
        PATH=$(dirname "$daffi"):$PATH
        . ./out
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _daffi
        printf '%s\n' "${COMPREPLY[@]}"
    }
    [[ $(complete_with daffi des) == describe ]] || fail "commands"
    [[ $(complete_with daffi call up) == upper ]] || fail "functions"
    [[ $(complete_with daffi info wo) == worker ]] || fail "processes"
    [[ $(complete_with daffi call --idem) == --idempotent ]] || fail "options"
    [[ $(complete_with daffi call upper --to wo) == worker ]] || fail "processes for --to"
    [[ $(complete_with daffi ls --color a) == $'auto\nalways' ]] || fail "choices"
    [[ $(complete_with daffi tasks canc) == cancel ]] || fail "words"
    gives 2 completion tcsh
    says err "bash, zsh and fish"
}
proves "bash completes commands, options, choices, functions and processes" bash_completion

#  What Tab makes of a line, in an interactive zsh on a terminal of its own.
zsh_completion () {
    command -v zsh >/dev/null || skip "no zsh"
    up
    serve upper --name worker -- cat
    gives 0 completion zsh
    cp out _daffi
    zsh -n _daffi
    cat >tab.zsh <<'END'
zmodload zsh/zpty
local line each
zpty z "TERM=dumb zsh -f -i"
zpty -w z "autoload -Uz compinit; compinit -u -D; source $PWD/_daffi; PS1="
for each in "$@"; do
    zpty -w -n z "$each"$'\t\C-aecho "DONE:" \n'
    while zpty -r z line; do
        line=${line//$'\r'/}
        [[ $line == *'DONE: '* ]] && { print -r -- ${${line#*DONE: }%%[[:space:]]#}; break }
    done
done
END
    PATH=$(dirname "$daffi"):$PATH timeout -k 1 "$patience" zsh -f -o extendedglob tab.zsh \
        "daffi des" "daffi call up" "daffi info wo" "daffi call --idem" "daffi ls --color al" \
        "daffi tasks canc" "daffi call upper --to wo" >out
    printf 'daffi %s\n' describe "call upper" "info worker" "call --idempotent" \
        "ls --color always" "tasks cancel" "call upper --to worker" | cmp - out ||
        fail "what zsh completes"
}
proves "zsh completes commands, options, choices, functions and processes" zsh_completion

fish_completion () {
    command -v fish >/dev/null || skip "no fish"
    up
    serve upper --name worker -- cat
    gives 0 completion fish
    cp out daffi.fish
    fish --no-execute daffi.fish
    #  offers LINE WORD…: these and no others
    offers () {
        local now
        now=$(PATH=$(dirname "$daffi"):$PATH fish -N -c 'source daffi.fish; complete -C $argv[1]' "$1" |
            cut -f1 | sort | tr '\n' ' ')
        [[ $now == "$2 " ]] || fail "$1 is offered: $now"
    }
    offers "daffi des" "describe"
    offers "daffi call up" "upper"
    offers "daffi info wo" "worker"
    offers "daffi call --idem" "--idempotent"
    offers "daffi ls --color a" "always auto"
    offers "daffi call upper --to wo" "worker"
    offers "daffi tasks " "add cancel info ls pause resume run"
}
proves "fish completes commands, options, choices, functions and processes" fish_completion

manuals () {
    gives 0 --help
    sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p' out >commands
    while read -r each; do
        gives 0 man "$each"
        says out ".TH DAFFI-$each 1"
        says out ".SH OPTIONS"
        ! LC_ALL=C grep -q '[^ -~]' out || fail "man $each is not plain ASCII"
        if command -v man >/dev/null; then
            for language in C.UTF-8 C; do
                LC_ALL=$language man --warnings -l out >shown 2>warned </dev/null ||
                    fail "man $each"
                [[ ! -s warned ]] || fail "man $each: $(cat warned)"
            done
            grep -qF "daffi-$each" shown || fail "man shows nothing of $each"
        fi
    done <commands
    gives 0 man
    says out "daffi\\-call"
    gives 2 man nothing
}
proves "every command has a manual page that man takes without a warning" manuals

#  Installed with the library: a page a command, the same as `daffi man` prints.
pages () {
    [[ -d ${DAFFI_BUILD_DIR:-}/manual ]] || skip "the manual pages were not built"
    gives 0 --help
    sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p' out | while read -r each; do
        "$daffi" man "$each" | cmp - "$DAFFI_BUILD_DIR/manual/daffi-$each.1"
    done
    mkdir man1
    cp "$DAFFI_BUILD_DIR"/manual/daffi-{up,broker}.1 man1
    if command -v man >/dev/null; then
        (cd man1/.. && man -l man1/daffi-broker.1 >shown 2>&1 </dev/null)
        grep -qF -e --store shown || fail "man shows nothing of daffi-broker"
    fi
}
proves "the manual pages that are installed are those of the tables" pages

summary
