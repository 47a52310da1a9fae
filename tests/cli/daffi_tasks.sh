#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  daffi_tasks: calls that the controller makes at their time, from the command line.
#  shellcheck source=tests/cli/daffi.bash disable=SC2016,SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

#  Until the command's output has this line.
until_prints () {
    local end=$((SECONDS + patience)) text=$1
    shift
    until gives 0 "$@" && grep -qE -e "$text" out; do
        ((SECONDS < end)) || fail "daffi $* never prints $text"
        pause
    done
}

runs () {
    up
    serve note --args -- sh -c 'echo "$1" >>notes' note
    gives 0 tasks add note hello --every 50ms --runs 3
    local uuid
    uuid=$(cat out)
    [[ $uuid =~ ^[0-9a-f-]{36}$ ]] || fail "no uuid: $uuid"
    local end=$((SECONDS + patience))
    until [[ -e notes && $(wc -l <notes) == 3 ]]; do
        ((SECONDS < end)) || fail "it did not run three times"
        pause
    done
    [[ $(sort -u notes) == hello ]] || fail "not the argument"
    local end=$((SECONDS + patience))
    until gives 0 tasks ls && [[ ! -s out ]]; do
        ((SECONDS < end)) || fail "it is listed although it has ended"
        pause
    done
}
proves "a task runs as often as it was told, with its arguments" runs

steered () {
    up
    serve note --name worker -- sh -c 'echo run >>notes'
    gives 0 tasks add note --cron '0 3 * * *' --zone Europe/Berlin --to worker --json
    local uuid
    uuid=$(tr -d '"' <out)
    until_prints "^$uuid"$'\tnote\t.*0 3 \* \* \*.*\tscheduled\t[0-9T:-]+Z\t0\t-\t-\t' tasks
    gives 0 tasks ls --to worker
    says out "$uuid"
    gives 0 tasks pause "$uuid"
    until_prints $'\tpaused\t' tasks ls
    gives 0 tasks resume "$uuid"
    until_prints $'\tscheduled\t' tasks ls
    gives 0 tasks run "$uuid"
    until_prints $'\t1\t-\tOK\t' tasks ls
    [[ $(cat notes) == run ]] || fail "it did not run"
    gives 0 tasks cancel "$uuid"
    gives 0 tasks
    [[ ! -s out ]] || fail "it is still there"
    gives 0 tasks cancel "$uuid"
    says err "it had ended before"
}
proves "a task is listed, paused, resumed, run now and cancelled by others" steered

mistakes () {
    up
    gives 2 tasks add note --every 1x
    says err "1x"
    gives 2 tasks add note
    gives 2 tasks add
    says err "usage: daffi tasks add FUNCTION"
    gives 2 tasks cancl
    says err "did you mean cancel?"
    gives 2 tasks pause
    says err "usage: daffi tasks pause UUID"
    gives 4 tasks cancel 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60
    says err "no such task"
    gives 4 tasks run 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60
}
proves "what is wrong with a task is said, and where" mistakes

summary
