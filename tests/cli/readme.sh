#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  readme: every program in README.md compiles without a warning, is called by the name
#  that the text before it says, and does what the text promises.
#
#  They are built with the compiler and the sanitizers of the build tree, which a program
#  must share with the library it links.
set -euo pipefail

source=${DAFFI_SOURCE_DIR:?}
build=${DAFFI_BUILD_DIR:-$(cd "${DAFFI_EXAMPLES:?}/.." && pwd)}
work=$(mktemp -d /tmp/daffi-readme-XXXXXX)
processes=()

finish () {
    local each
    for each in ${processes[@]+"${processes[@]}"}; do
        kill "$each" 2>/dev/null || true
        wait "$each" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

cached () {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

flags=(-std=gnu11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$source/include")
sanitize=$(cached DAFFI_SANITIZE)
[[ -z $sanitize ]] || flags+=("-fsanitize=${sanitize//;/,}")
libraries=(-L"$build" "-Wl,-rpath,$build" -ldaffi)
if [[ $(cached DAFFI_SHARED) != ON ]]; then
    read -ra more <<<"$(pkg-config --libs libczmq libzmq) -ldl -pthread"
    more+=("$(pkg-config --libs msgpack-c 2>/dev/null || pkg-config --libs msgpack)")
    if pkg-config --exists sqlite3; then more+=(-lsqlite3); fi
    libraries+=("${more[@]}")
fi
[[ $(cached DAFFI_COVERAGE) != ON ]] || flags+=(--coverage)

#  Each block of the language c goes into the file that was named last before it.
awk -v folder="$work" '
    !inside && match ($0, /`[a-z_]+\.c`/) { name = substr ($0, RSTART + 1, RLENGTH - 2) }
    /^```c$/ { inside = 1; print name; next }
    /^```$/ { inside = 0 }
    inside { print > (folder "/" name) }
' "$source/README.md" >"$work/names"

cd "$work"
if [[ $(sort names | tr '\n' ' ') != 'calculator.c caller.c watcher.c ' ]]; then
    echo "README.md has programs that this test does not know: $(tr '\n' ' ' <names)" >&2
    exit 1
fi
while IFS= read -r name; do
    "$(cached CMAKE_C_COMPILER)" "${flags[@]}" "$name" -o "${name%.c}" "${libraries[@]}"
done <names

#  until_said FILE LINE
until_said () {
    local end=$((SECONDS + 20))
    until grep -qxF -e "$2" "$1"; do
        if ((SECONDS >= end)); then
            echo "not said: $2" >&2
            cat "$1" >&2
            exit 1
        fi
        sleep 0.02
    done
}

export TMPDIR=$work
#  Line by line, though it is no terminal; stdbuf preloads itself before the sanitizer.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
stdbuf -oL ./watcher >watched &
processes+=($!)
./calculator &
calculator=$!
processes+=("$calculator")

printed=$(./caller)
if ! grep -qF "prints \`$printed\`" "$source/README.md"; then
    echo "the README does not promise what the caller printed: $printed" >&2
    exit 1
fi

until_said watched 'calculator is there'
until_said watched 'calculator has answered'
kill "$calculator"
until_said watched 'watcher has no controller'
