#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_store: tasks are where they were when the broker comes back, without --store too.
#  shellcheck source=tests/cli/daffi.bash disable=SC2031
. "$(dirname "${BASH_SOURCE[0]}")/daffi.bash"

#  comes_back FOLDER: a task of the first start is there at the second and the third.
comes_back () {
    local round uuid
    for round in 1 2 3; do
        start --unix-sock-path "$1" --settle 0
        if ((round == 1)); then
            gives 0 tasks add note --every 1h --unix-sock-path "$1"
            uuid=$(cat out)
        fi
        gives 0 tasks ls --unix-sock-path "$1"
        says out "$uuid"
        kill -TERM "$pid"
        ends 0 "$pid" "$stdout_fd"
    done
    files=$(find "$PWD/.local/state/daffi" -name '*.db' | wc -l)
    [[ $files == 1 ]] || fail "$files stores for one endpoint"
}

absolute () {
    comes_back "$PWD/shop"
}
proves "the default store of a folder that the broker made itself is found again" absolute

relative () {
    comes_back shop/
}
proves "so is that of a relative path with a slash at its end" relative

linked () {
    mkdir real
    ln -s real link
    comes_back "$PWD/link/shop"
}
proves "and that of a path through a symbolic link" linked

#  refuses_store FILE WHY
refuses_store () {
    cp "$1" before
    exits 9 --unix-sock-path shop --store "$1"
    says err "the store $1: $2"
    says err "another file: daffi-broker --store FILE"
    says err "daffi-broker --no-store"
    cmp "$1" before
}

foreign () {
    echo "my letters" >letters.txt
    refuses_store letters.txt "file is not a database"
    /usr/bin/python3 -c '
import sqlite3
letters = sqlite3.connect ("letters.db")
letters.execute ("create table letters (text)")
letters.execute ("pragma user_version = 2")
letters.commit ()'
    cp letters.db before
    exits 9 --unix-sock-path shop --store letters.db
    says err "the store letters.db is the database of another program"
    cmp letters.db before
    exits 9 --unix-sock-path shop --store /dev/full
    exits 9 --unix-sock-path shop --store "$PWD"
}
proves "a file that another program wrote is no store, and stays as it was" foreign

#  Of a program that was killed: a part of its letters is in the log alone.
foreign_log () {
    /usr/bin/python3 -c '
import shutil, sqlite3
letters = sqlite3.connect ("open.db")
letters.execute ("pragma journal_mode = wal")
letters.execute ("create table letters (text)")
letters.execute ("insert into letters values (1)")
letters.commit ()
for end in ("", "-wal"):
    shutil.copy ("open.db" + end, "letters.db" + end)
    shutil.copy ("open.db" + end, "before.db" + end)'
    [[ -s letters.db-wal ]] || fail "no log was left"
    exits 9 --unix-sock-path shop --store letters.db
    says err "the store letters.db is the database of another program"
    cmp letters.db before.db
    cmp letters.db-wal before.db-wal
}
proves "nor is the log moved that such a program left beside it" foreign_log

#  The folder of the store cannot be made, not even by root.
unwritable () {
    export HOME=/proc/nowhere
    start --unix-sock-path shop --settle 0
    gives 9 tasks add note --every 1h --unix-sock-path shop
    says err "not written to the store"
    says err "daffi up --store FILE, or --no-store"
    says err "whether the change was made"
    never_says err "may have run"
    gives 9 tasks add note --every 1h --unix-sock-path shop
    says err "takes no changes until the controller is started again"
    never_says err "whether the change was made"
    gives 0 tasks ls --unix-sock-path shop
    [[ ! -s out ]] || fail "a task that was refused is there"
}
proves "a store that cannot be made refuses tasks, and says what to do" unwritable

#  Without its capabilities root may not write everywhere, either.
told_at_start () {
    if [[ $(id -u) == 0 ]]; then
        setpriv --bounding-set -all true || skip "root keeps its capabilities"
        printf '#!/bin/sh\nexec setpriv --bounding-set -all "%s" "$@"\n' "$broker" > plain
        chmod +x plain
        broker=$PWD/plain
    fi
    mkdir home
    export HOME=$PWD/home
    start --unix-sock-path shop --settle 0
    never_says "err.$pid" broker.no_store
    chmod 500 home
    start --unix-sock-path other --settle 0
    says "err.$pid" broker.no_store
    says "err.$pid" "Permission denied"
    says "err.$pid" "--store, or keep them in memory with --no-store"
}
proves "where the store cannot be made, who starts the broker is told" told_at_start

summary
