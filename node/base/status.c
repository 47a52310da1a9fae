//  SPDX-License-Identifier: MPL-2.0
//  Names and texts of the statuses, from the one list in daffi_status.h.

#include "daffi_status.h"

const char *daffi_status_name (daffi_status_t status)
{
#define CASE(name, number, text) \
    case DAFFI_##name:           \
        return #name;
    switch (status) {
        DAFFI_STATUS_MAP (CASE)
    }
#undef CASE
    return "UNKNOWN";
}

const char *daffi_status_text (daffi_status_t status)
{
#define CASE(name, number, text) \
    case DAFFI_##name:           \
        return text;
    switch (status) {
        DAFFI_STATUS_MAP (CASE)
    }
#undef CASE
    return "unknown status";
}
