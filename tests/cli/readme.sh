#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  readme: the programs in README.md compile without a warning, and the second gets from
#  the first the answer that the README promises.
#
#  They are built with the compiler and the sanitizers of the build tree, which a program
#  must share with the library it links.
set -euo pipefail

source=${DAFFI_SOURCE_DIR:?}
build=${DAFFI_BUILD_DIR:-$(cd "${DAFFI_EXAMPLES:?}/.." && pwd)}
work=$(mktemp -d /tmp/daffi-readme-XXXXXX)
calculator=

finish () {
    [[ -z $calculator ]] || kill "$calculator" 2>/dev/null || true
    [[ -z $calculator ]] || wait "$calculator" 2>/dev/null || true
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
    libraries+=("${more[@]}")
fi
[[ $(cached DAFFI_COVERAGE) != ON ]] || flags+=(--coverage)

#  Block number n of the language c.
awk -v folder="$work" '
    /^```c$/ { inside = 1; n++; next }
    /^```$/ { inside = 0 }
    inside { print > (folder "/" n ".c") }
' "$source/README.md"

cd "$work"
blocks=(*.c)
if ((${#blocks[@]} != 2)); then
    echo "README.md has ${#blocks[@]} C programs, this test knows two" >&2
    exit 1
fi
"$(cached CMAKE_C_COMPILER)" "${flags[@]}" 1.c -o calculator "${libraries[@]}"
"$(cached CMAKE_C_COMPILER)" "${flags[@]}" 2.c -o caller "${libraries[@]}"

export TMPDIR=$work
./calculator &
calculator=$!
printed=$(./caller)
promised=$(grep -o '`2 + 3 = 5`' "$source/README.md" | tr -d '`')
if [[ $printed != "$promised" ]]; then
    echo "the caller printed \"$printed\", the README promises \"$promised\"" >&2
    exit 1
fi
