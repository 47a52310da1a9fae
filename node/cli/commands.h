//  SPDX-License-Identifier: MPL-2.0
//  The list of all commands, in the order of `daffi --help`. Each is one file.

#ifndef DAFFI_CLI_COMMANDS_H
#define DAFFI_CLI_COMMANDS_H

#include "command.h"

#define DAFFI_COMMAND_MAP(X) \
    X (up)                   \
    X (call)                 \
    X (serve)                \
    X (tasks)                \
    X (payload)              \
    X (ls)                   \
    X (info)                 \
    X (describe)             \
    X (ping)                 \
    X (wait)                 \
    X (monitor)              \
    X (top)                  \
    X (cancel)               \
    X (drain)                \
    X (bench)                \
    X (doctor)               \
    X (config)               \
    X (completion)           \
    X (conformance)          \
    X (man)

#define DAFFI_COMMAND_DECLARE(name) extern const daffi_command_t daffi_command_##name;
DAFFI_COMMAND_MAP (DAFFI_COMMAND_DECLARE)
#undef DAFFI_COMMAND_DECLARE

#endif
