/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that knows how its host talks to the node, and misuses it. */

#include <daffi_payload.h>
#include <unistd.h>

/*  As in node/transfer/runner_wire.h: the head of a message, on descriptor 3. */
typedef struct {
    uint32_t type;
    uint32_t more;
    int64_t a;
    int64_t b;
} head_t;

enum { RESULT = 12, LOG = 17, NONE = 999 };

DAFFI_PAYLOAD_FUNCTION (fine, "() -> int")
{
    return daffi_payload_reply (call, 1);
}

DAFFI_PAYLOAD_FUNCTION (half_a_message, "()")
{
    static struct {
        head_t head;
        char piece[64 << 10];
    } first = {.head = {RESULT, 1, 0, 0}};
    if (write (3, &first, sizeof first) < 0)
        return DAFFI_FAILED;
    sleep (1000);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (nonsense, "()")
{
    const head_t head = {NONE, 0, 0, 0};
    if (write (3, &head, sizeof head) < 0)
        return DAFFI_FAILED;
    sleep (1000);
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (floods, "()")
{
    for (;;)
        daffi_payload_log (call, 3, "%0500d", 1);
    return DAFFI_OK;
}
