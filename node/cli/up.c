//  SPDX-License-Identifier: MPL-2.0
//  daffi up: a controller, here and now. It is daffi-broker under another name.

#include "broker.h"
#include "commands.h"

const daffi_command_t daffi_command_up = {
    .name = "up",
    .group = "Start",
    .summary = "run a controller",
    .usage = "",
    .text = "Runs a controller until it is interrupted: the same as the program "
            "daffi-broker, with the same options.",
    .raw = daffi_broker_main,
};
