//  SPDX-License-Identifier: MPL-2.0
//  The keys of a header's options, for those who read and write headers.

#ifndef DAFFI_RECORD_KEYS_H
#define DAFFI_RECORD_KEYS_H

#include <assert.h>

#include "record.h"

enum {
    OPTION_STATUS = 1,
    OPTION_EXECUTED = 2,
    OPTION_SENT = 3,
    OPTION_TAIL = 4,
    OPTION_ALL = 5,
    OPTION_PART = 6,
    OPTION_POLICY = 7,
    OPTION_KEY = 8,
    OPTION_STREAM = 9,
    OPTION_ITEMS = 10,
    OPTION_BYTES = 11,
    OPTION_PRIORITY = 12,
    OPTION_DELAY = 13,
};

static_assert (DAFFI_OPT_STATUS == 1u << OPTION_STATUS, "bits follow the keys");
static_assert (DAFFI_OPT_EXECUTED == 1u << OPTION_EXECUTED, "bits follow the keys");
static_assert (DAFFI_OPT_SENT == 1u << OPTION_SENT, "bits follow the keys");
static_assert (DAFFI_OPT_TAIL == 1u << OPTION_TAIL, "bits follow the keys");
static_assert (DAFFI_OPT_ALL == 1u << OPTION_ALL, "bits follow the keys");
static_assert (DAFFI_OPT_PART == 1u << OPTION_PART, "bits follow the keys");
static_assert (DAFFI_OPT_POLICY == 1u << OPTION_POLICY, "bits follow the keys");
static_assert (DAFFI_OPT_KEY == 1u << OPTION_KEY, "bits follow the keys");
static_assert (DAFFI_OPT_STREAM == 1u << OPTION_STREAM, "bits follow the keys");
static_assert (DAFFI_OPT_ITEMS == 1u << OPTION_ITEMS, "bits follow the keys");
static_assert (DAFFI_OPT_BYTES == 1u << OPTION_BYTES, "bits follow the keys");
static_assert (DAFFI_OPT_PRIORITY == 1u << OPTION_PRIORITY, "bits follow the keys");
static_assert (DAFFI_OPT_DELAY == 1u << OPTION_DELAY, "bits follow the keys");

#endif
