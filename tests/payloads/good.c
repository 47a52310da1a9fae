/* SPDX-License-Identifier: MPL-2.0 */
/*  A payload that behaves: what the tests of transfer call. */

#include <daffi_payload.h>
#include <string.h>
#include <unistd.h>

DAFFI_PAYLOAD_FUNCTION (get_pid, "() -> int")
{
    return daffi_payload_reply (call, getpid ());
}

DAFFI_PAYLOAD_FUNCTION (add, "(int, int) -> int")
{
    int64_t a, b;
    if (daffi_payload_int (call, 0, &a) || daffi_payload_int (call, 1, &b))
        return daffi_payload_fail (call, "add wants two integers");
    return daffi_payload_reply (call, a + b);
}

/*  Gives back what it is given, as it came. */
DAFFI_PAYLOAD_FUNCTION (echo, "(any) -> any")
{
    daffi_value_t value;
    int status = daffi_payload_value (call, 0, &value);
    return status ? status : daffi_payload_reply (call, value);
}

DAFFI_PAYLOAD_FUNCTION (nothing, "() -> nil")
{
    return DAFFI_OK;
}

DAFFI_PAYLOAD_FUNCTION (fail_with, "(int)")
{
    int64_t status = 0;
    if (daffi_payload_int (call, 0, &status))
        return DAFFI_TYPE;
    return (int)status;
}

/*  The sum of a list, a map's entry and a string's length. */
DAFFI_PAYLOAD_FUNCTION (read_all, "([int], {weight: float}, string) -> float")
{
    daffi_value_t list, map, item;
    const char *text;
    double sum = 0, weight = 0, number;
    if (daffi_payload_value (call, 0, &list) || daffi_payload_value (call, 1, &map) ||
        daffi_payload_string (call, 2, &text) ||
        daffi_payload_find (call, &map, "weight", &item) ||
        daffi_payload_as_double (&item, &weight))
        return DAFFI_TYPE;
    daffi_iterator_t it = daffi_payload_iterate (call, &list);
    while (daffi_payload_next (call, &it, NULL, &item)) {
        if (daffi_payload_as_double (&item, &number))
            return DAFFI_TYPE;
        sum += number;
    }
    daffi_payload_log (call, 3, "read %zu arguments", daffi_payload_count (call));
    daffi_payload_progress (call, 1, 1);
    return daffi_payload_reply (call, sum * weight + (double)strlen (text));
}

/*  Yields twice each item that it receives; its result is how many there were. */
DAFFI_PAYLOAD_FUNCTION (doubled, "(stream of int) -> int, yields int")
{
    daffi_value_t item;
    int64_t count = 0;
    int status;
    while (!(status = daffi_payload_receive (call, -1, &item))) {
        int64_t number;
        if ((status = daffi_payload_as_int (&item, &number)) ||
            (status = daffi_payload_yield (call, 2 * number)))
            return status;
        count++;
    }
    return status == DAFFI_END ? daffi_payload_reply (call, count) : status;
}

/*  Until nobody waits any more. */
DAFFI_PAYLOAD_FUNCTION (wait_for_cancel, "() -> nil")
{
    daffi_payload_log (call, 3, "waits");
    while (!daffi_payload_cancelled (call))
        usleep (1000);
    return DAFFI_CANCELLED;
}

/*  Tells of 1 to `total` steps, and of the last one again and again. */
DAFFI_PAYLOAD_FUNCTION (report_until_cancelled, "(int) -> nil")
{
    int64_t total;
    if (daffi_payload_int (call, 0, &total))
        return DAFFI_TYPE;
    for (int64_t i = 1; !daffi_payload_cancelled (call); i += i < total) {
        daffi_payload_progress (call, (uint64_t)i, (uint64_t)total);
        usleep (1000);
    }
    return DAFFI_CANCELLED;
}

/*  Yields until nobody reads. */
DAFFI_PAYLOAD_FUNCTION (endless, "() -> nil, yields int")
{
    int status = DAFFI_OK;
    for (int64_t i = 0; !status; i++)
        status = daffi_payload_yield (call, i);
    daffi_payload_log (call, 3, "nobody reads");
    return status;
}

/*  Tells its process, and waits for an item. */
DAFFI_PAYLOAD_FUNCTION (tell_and_receive, "(stream of any), yields int")
{
    daffi_value_t item;
    int status = daffi_payload_yield (call, getpid ());
    daffi_payload_log (call, 3, "waits for the caller");
    return status ? status : daffi_payload_receive (call, -1, &item);
}

/*  Yields its process as often as it can, and once more. */
DAFFI_PAYLOAD_FUNCTION (tell_and_yield, "() -> nil, yields int")
{
    daffi_value_t pid = daffi_value_int (getpid ());
    int status = DAFFI_OK;
    while (!status)
        status = daffi_payload_yield_value (call, pid, 0);
    daffi_payload_log (call, 3, "waits for the caller");
    return daffi_payload_yield_value (call, pid, -1);
}
