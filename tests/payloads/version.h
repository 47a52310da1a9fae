/* SPDX-License-Identifier: MPL-2.0 */
/*  One of two payloads that differ in a number alone: VERSION. */

#include <daffi_payload.h>

DAFFI_PAYLOAD_FUNCTION (version, "() -> int")
{
    return daffi_payload_reply (call, VERSION);
}
