#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  find_package.sh PREFIX: a CMake project that finds the installed package.
#  shellcheck source=tests/packaging/common.sh
. "$(dirname "$0")/common.sh"

"$CMAKE" -S "$consumer" -B "$work" -DCMAKE_PREFIX_PATH="$1" >"$work.log" || {
    cat "$work.log"
    exit 1
}
rm -f "$work.log"
"$CMAKE" --build "$work"
expect_version "$work/consumer"
