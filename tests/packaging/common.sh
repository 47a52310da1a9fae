#!/usr/bin/env bash
#  SPDX-License-Identifier: MPL-2.0
#  Sourced by the scripts beside it.
set -eu
#  shellcheck disable=SC2034  # used by who sources it
consumer=$(cd "$(dirname "$0")/consumer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

#  expect_version PROGRAM…: it runs and prints the version that was built.
expect_version () {
    local printed
    printed=$("$@")
    if [ "$printed" != "$EXPECTED_VERSION" ]; then
        echo "it printed $printed instead of $EXPECTED_VERSION"
        exit 1
    fi
}
