/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that is never loaded: it does not come back from its constructor. */

#include <daffi_payload.h>

DAFFI_PAYLOAD_FUNCTION (fine, "() -> int")
{
    return daffi_payload_reply (call, 1);
}

__attribute__ ((constructor)) static void stay (void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}
