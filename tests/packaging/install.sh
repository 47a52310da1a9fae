#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  install.sh BUILD PREFIX: installs what is built, and looks whether all of it came.
#  shellcheck source=tests/packaging/common.sh
. "$(dirname "$0")/common.sh"
build=$1 prefix=$2

rm -rf "$prefix"
"$CMAKE" --install "$build" --prefix "$prefix" >"$work/log"
for header in "$consumer"/../../../include/*.h; do
    cmp "$header" "$prefix/include/$(basename "$header")"
done
if [ -x "$build/bin/daffi-broker" ]; then
    #  It finds its library in the new place, without LD_LIBRARY_PATH.
    "$prefix/bin/daffi-broker" --version | grep -F "$EXPECTED_VERSION"
    "$prefix/bin/daffi" --version | grep -F "$EXPECTED_VERSION"
    #  Manual pages and completions come with it.
    grep -qF '.TH DAFFI-call 1' "$prefix/share/man/man1/daffi-call.1"
    grep -qxF '.so man1/daffi-up.1' "$prefix/share/man/man1/daffi-broker.1"
    bash -n "$prefix/share/bash-completion/completions/daffi"
fi
