#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  broker_store: tasks are where they were when the broker comes back, without --store too.
#  shellcheck source=tests/cli/daffi.bash
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

summary
