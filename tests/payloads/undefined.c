/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that wants a function which no process has. */

#include <daffi_payload.h>

extern int daffi_test_nobody_has_this (void);

DAFFI_PAYLOAD_FUNCTION (run, "() -> int")
{
    return daffi_payload_reply (call, daffi_test_nobody_has_this ());
}
