#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  pkg_config.sh PREFIX: a compiler line with pkg-config, for those without CMake.
#  shellcheck source=tests/packaging/common.sh
. "$(dirname "$0")/common.sh"

pc=$(find "$1" -name daffi.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
how=
[ "$EXPECTED_SHARED" = ON ] || how=--static
#  shellcheck disable=SC2046  # words are wanted here
"$CC" -o "$work/consumer" "$consumer/main.c" $(pkg-config $how --cflags --libs daffi)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir daffi)
export LD_LIBRARY_PATH
[ "$(pkg-config --modversion daffi)" = "$EXPECTED_VERSION" ]
expect_version "$work/consumer"
