/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that was made for a table which does not exist yet. */

#define DAFFI_PAYLOAD_HOST /*  the number below is not the header's */
#include <daffi_payload.h>

DAFFI_PAYLOAD_SHOWN_ extern const uint32_t daffi_payload_abi_1;
const uint32_t daffi_payload_abi_1 = DAFFI_PAYLOAD_ABI + 1;

DAFFI_PAYLOAD_FUNCTION (run, "() -> int")
{
    return daffi_payload_reply (call, 1);
}
