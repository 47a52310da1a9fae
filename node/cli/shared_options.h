//  SPDX-License-Identifier: MPL-2.0
//  Options that several commands have, each with its own words for what it does.

#ifndef DAFFI_CLI_SHARED_OPTIONS_H
#define DAFFI_CLI_SHARED_OPTIONS_H

#include "options.h"

#define DAFFI_OPTION_OF_PROCESS(text)                                        \
    {                                                                        \
        .name = "to", .value = "PROCESS", .letter = 't', .example = "gpu-1", \
        .kind = DAFFI_OPTION_TEXT, .help = (text)                            \
    }

#define DAFFI_OPTION_OF_ALL(text)                                \
    {                                                            \
        .name = "all", .kind = DAFFI_OPTION_FLAG, .help = (text) \
    }

#define DAFFI_OPTION_OF_STRING(text)                                               \
    {                                                                              \
        .name = "string", .letter = 's', .kind = DAFFI_OPTION_FLAG, .help = (text) \
    }

#define DAFFI_OPTION_OF_TIMEOUT(without, most, text)                                 \
    {                                                                                \
        .name = "timeout", .value = "TIME", .environment = "DAFFI_TIMEOUT",          \
        .standard = (without), .example = "5s", .kind = DAFFI_OPTION_TIME, .min = 1, \
        .max = (most), .help = (text)                                                \
    }

#define DAFFI_OPTION_OF_INTERVAL(least, text)                                      \
    {                                                                              \
        .name = "interval", .value = "TIME", .standard = "1s", .example = "500ms", \
        .kind = DAFFI_OPTION_TIME, .min = (least), .max = 3600000, .help = (text)  \
    }

#endif
