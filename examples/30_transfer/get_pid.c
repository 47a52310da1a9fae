/* SPDX-License-Identifier: MPL-2.0 */
/*  The function that example 30 ships: it tells in which process it runs. */

#include <daffi_payload.h>
#include <unistd.h>

DAFFI_PAYLOAD_FUNCTION (get_pid, "() -> int")
{
    return daffi_payload_reply (call, getpid ());
}
