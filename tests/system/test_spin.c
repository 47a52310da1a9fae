//  SPDX-License-Identifier: MPL-2.0
//  Waits that spin before they sleep end as all others do.

#include "place.h"

static void check_calls (place_t *at, int32_t spin_us)
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = START (at, .process_name = "caller", .spin_us = spin_us);
    daffi_error_t error = {0};
    wait_for_function (caller, "add");
    for (int i = 0; i < 200; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 2), i + 2);
    //  longer than any spin, and shorter than one
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_global_wait_process (caller, "nobody", 20, &error));
    DAFFI_AUTO (daffi_future) *future =
        daffi_global_wait_process_start (caller, "nobody", 10000, &error);
    CHECK (future);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (future, 1, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (future, 0, &error));
    daffi_future_cancel (future);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (future, INT64_MAX, &error));
    //  it spins for as long as it may, whose microseconds are no number of 64 bits
    DAFFI_AUTO (daffi_future) *slow =
        daffi_global_wait_process_start (caller, "nobody", 20, &error);
    CHECK (slow);
    CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (slow, INT64_MAX, &error));
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("calls whose callers spin for a while are answered")
{
    check_calls (at, 300);
}

SYSTEM_TEST ("calls whose callers spin where it pays are answered")
{
    check_calls (at, DAFFI_SPIN_AUTO);
}
