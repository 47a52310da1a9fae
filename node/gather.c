//  SPDX-License-Identifier: MPL-2.0
//  Waiting for several futures at once.

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "executor.h"
#include "future.h"

daffi_status_t daffi_future_wait_all (daffi_future_t **futures, size_t count,
                                      int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    for (size_t i = 0; i < count; i++) {
        if (!futures[i])
            continue;
        int64_t left =
            end_ms == DAFFI_NEVER ? DAFFI_FOREVER : end_ms - daffi_clock_ms ();
        if (left < 0 && end_ms != DAFFI_NEVER)
            left = 0;
        daffi_status_t status =
            daffi_future_wait_part (futures[i], UINT32_MAX, left, NULL);
        if (status)
            return status;
    }
    return DAFFI_OK;
}

//  The first that is done. False: none yet; *open says whether there is one at all.
static bool find_done (daffi_future_t **futures, size_t count, size_t *index,
                       bool *open)
{
    *open = false;
    for (size_t i = 0; i < count; i++) {
        if (!futures[i])
            continue;
        *open = true;
        if (daffi_future_done (futures[i])) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void wait_readable (struct pollfd *fds, nfds_t count, int64_t end_ms)
{
    int timeout = -1;
    if (end_ms != DAFFI_NEVER) {
        int64_t left = end_ms - daffi_clock_ms ();
        timeout = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
    }
    daffi_executor_block ();
    poll (fds, count, timeout);
    daffi_executor_unblock ();
}

daffi_status_t daffi_future_wait_any (daffi_future_t **futures, size_t count,
                                      int64_t timeout_ms, size_t *index)
{
    bool open;
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    if (find_done (futures, count, index, &open))
        return DAFFI_OK;
    if (!open)
        return DAFFI_INVALID;
    if (timeout_ms == 0)
        return DAFFI_PENDING;
    if (daffi_future_waiting_forbidden ())
        return DAFFI_DEADLOCK;
    struct pollfd *fds = calloc (count, sizeof *fds);
    if (!fds)
        return DAFFI_NO_MEMORY;
    daffi_status_t status = DAFFI_OK;
    nfds_t used = 0;  //  poll () takes no more than may be open
    for (size_t i = 0; i < count; i++) {
        if (!futures[i])
            continue;
        fds[used].fd = daffi_future_fd (futures[i]);
        fds[used].events = POLLIN;
        if (fds[used++].fd < 0)
            status = DAFFI_SYSTEM;
    }
    while (!status && !find_done (futures, count, index, &open)) {
        if (end_ms != DAFFI_NEVER && daffi_clock_ms () >= end_ms)
            status = DAFFI_PENDING;
        else
            wait_readable (fds, used, end_ms);
    }
    free (fds);
    return status;
}
