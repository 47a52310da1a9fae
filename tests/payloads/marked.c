/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that leaves a mark as soon as it is loaded: tests see whether it was. */

#include <daffi_payload.h>
#include <stdlib.h>

__attribute__ ((constructor)) static void mark (void)
{
    setenv ("DAFFI_TEST_LOADED", "yes", 1);
}

DAFFI_PAYLOAD_FUNCTION (run, "() -> int")
{
    return daffi_payload_reply (call, 1);
}
