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
    gives 2 tasks resume "$uuid"
    says err "the task $uuid has ended"
}
proves "a task is listed, paused, resumed, run now and cancelled by others" steered

#  All that is known of a task, for people and for programs.
told () {
    up
    serve bad --name worker -- sh -c 'echo no paper >&2; exit 3'
    gives 0 tasks add bad x --every 1h --jitter 1s --overlap queue --missed all --to worker \
        --until 2099-01-01T00:00Z --runs 5
    local uuid
    uuid=$(cat out)
    gives 0 tasks run "$uuid"
    until_prints '^failed.1$' tasks info "$uuid"
    local each
    for each in $'function\tbad' $'args_size\t3' $'condition\tperiod' $'when\tevery 1h' \
        $'until\t2099-01-01T00:00:00Z' $'process\tworker' $'state\tscheduled' $'left\t5' \
        $'last\tFAILED' $'last_process\tworker' $'last_error\texit status 3: no paper'; do
        says out "$each"
    done
    grep -qE $'^20[^\t]*Z\t20[^\t]*Z\t[0-9.]+ m?s\tFAILED\tyes\tworker\texit status 3: no paper$' out ||
        fail "no history"
    gives 0 tasks info "$uuid" --json
    /usr/bin/python3 -c '
import json
task = json.load (open ("out"))
assert task["last_error"] == "exit status 3: no paper" and task["failed"] == 1, task
assert task["history"][0]["status"] == "FAILED" and task["history"][0]["took"] >= 0, task'
    gives 0 tasks ls --json
    /usr/bin/python3 -c '
import json
task, = json.load (open ("out"))
assert task["process"] == "worker" and task["all"] is False and task["last"] == "FAILED", task
assert task["owner"].startswith ("daffi-tasks-") and task["created"] and task["last_run"], task'
    gives 0 tasks ls
    grep -qE $'\tworker$' out || fail "who runs it"
}
proves "info tells all of a task, and how its last runs ended" told

unoffered () {
    up
    gives 0 tasks add later --every 1h --json
    says err "nobody offers later now; runs fail until that changes"
    /usr/bin/python3 -c '
import json
json.load (open ("out"))'
    serve later --name worker -- true
    gives 0 tasks add later --every 1h
    [[ ! -s err ]] || fail "it is offered"
    gives 0 tasks add later --every 1h --to nobody
    says err "nobody does not offer later now"
    gives 0 tasks ls --json
    /usr/bin/python3 -c '
import json
first, *_ = json.load (open ("out"))
assert first["last"] is None and first["last_run"] is None and first["process"] is None, first'
}
proves "a task of a function that nobody offers is taken, and said so" unoffered

unrun () {
    up
    gives 0 tasks add nowhere --every 1h
    local uuid
    uuid=$(cat out)
    gives 0 tasks run "$uuid"
    until_prints '^failed.1$' tasks info "$uuid"
    grep -qE $'\tNO_FUNCTION\tno\t-\tnowhere: no process offers it$' out || fail "who ran it"
    never_says out last_process
}
proves "a run that nobody could begin names no process" unrun

narrow () {
    local uuid short
    export NO_COLOR=1
    up
    gives 0 tasks add prepare-the-nightly-report --cron '30 3 1 */2 mon' \
        --zone America/Argentina/Buenos_Aires --to a-process-with-a-long-name
    uuid=$(cat out)
    short=${uuid%%-*}
    gives 0 tasks add other --every 1h
    terminal "$daffi" tasks ls
    awk '{ gsub (/[\200-\277]/, "") } length > 80 { bad = 1 } END { exit bad || NR != 3 }' out ||
        fail "it is too wide"
    says out "$short  prepare-the-nightly-report  30 3 1 */2 mon "
    never_says out "$uuid"
    COLUMNS=300 terminal "$daffi" tasks ls
    grep -qE "^$uuid .* America/Argentina/Buenos_Aires .* a-process-with-a-long-name$" out ||
        fail "something is cut although there is room"
    gives 0 tasks ls
    grep -qE "^$uuid"$'\t.* America/Argentina/Buenos_Aires\t.*\ta-process-with-a-long-name$' out ||
        fail "something is cut in a pipe"
    gives 0 tasks info "$short"
    says out "$uuid"
    gives 0 tasks pause "$short"
    gives 0 tasks ls
    grep -qE "^$uuid.*paused" out || fail "it is not paused"
    gives 4 tasks info "${short}x"
    says err "no such task: ${short}x"
}
proves "a narrow terminal shortens uuids and leaves columns out, nothing else does" narrow

ambiguous () {
    local each
    up
    for each in {1..17}; do gives 0 tasks add later --every 1h; done
    gives 0 tasks ls
    each=$(cut -c 1 out | sort | uniq -d | head -n 1)
    gives 2 tasks cancel "$each"
    says err "$each begins the uuids of several tasks"
    gives 0 tasks ls
    [[ $(wc -l <out) == 17 ]] || fail "one was cancelled"
}
proves "what begins several uuids is not taken for one of them" ambiguous

mistakes () {
    up
    gives 2 tasks add note --every 1x
    says err "1x"
    gives 2 tasks add note
    says err "at what time? Say --every"
    gives 2 tasks add note --every 1h --cron '@daily'
    says err "exclude each other"
    gives 2 tasks add note --every 1h --to a --all
    says err "--all and --to exclude each other"
    gives 2 tasks add note --every 1h --overlap later
    says err "skip, queue, parallel"
    gives 2 tasks add '$sys.info' --every 1h
    says err "the controller itself cannot be tasks"
    gives 2 tasks ls extra
    says err "usage: daffi tasks ls"
    gives 2 tasks cancel x --every 5s
    says err "tasks cancel has no option --every"
    DAFFI_TIMEOUT=5s gives 0 tasks ls
    for each in info pause; do
        gives 4 tasks "$each" 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60
        says err "no such task: 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60"
        says err "daffi tasks ls"
    done
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
