#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  add_subdirectory.sh SOURCE: daffi's sources inside another project, as a static library.
#  Tests, tools, examples and install rules must then stay out of that project.
#  shellcheck source=tests/packaging/common.sh
. "$(dirname "$0")/common.sh"

"$CMAKE" -S "$consumer" -B "$work" -DDAFFI_SOURCE="$1" -DBUILD_SHARED_LIBS=OFF \
    -DCMAKE_BUILD_TYPE=Debug
"$CMAKE" --build "$work"
expect_version "$work/consumer"
[ ! -e "$work/daffi/bin/daffi-broker" ]
[ ! -e "$work/CTestTestfile.cmake" ] || ! grep -q daffi "$work/CTestTestfile.cmake"
