/* SPDX-License-Identifier: MPL-2.0 */
/*  One of two payloads that differ in a number alone. */

#include <daffi_payload.h>

#ifndef VERSION
#define VERSION 1
#endif

DAFFI_PAYLOAD_FUNCTION (version, "() -> int")
{
    return daffi_payload_reply (call, VERSION);
}
