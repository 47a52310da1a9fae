/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload of several MiB, so that it is shipped in pieces. */

#include <daffi_payload.h>

/*  The last byte is not zero, so all of it stands in the file. */
static const unsigned char table[4 << 20] = {1, [(4 << 20) - 1] = 41};

DAFFI_PAYLOAD_FUNCTION (nothing, "() -> nil")
{
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (sum, "() -> int")
{
    int64_t total = 0;
    for (size_t i = 0; i < sizeof table; i++)
        total += ((const volatile unsigned char *)table)[i];
    return daffi_payload_reply (call, total);
}
