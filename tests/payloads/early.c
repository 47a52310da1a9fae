/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that turns on its runner while it is being loaded. */

#include <daffi_payload.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

DAFFI_PAYLOAD_FUNCTION (fine, "() -> int")
{
    return daffi_payload_reply (call, 1);
}

__attribute__ ((constructor)) static void strike (void)
{
    struct rlimit none = {0, 0};
    syscall (SYS_prlimit64, getppid (), RLIMIT_CORE, &none, NULL);
}
