//  SPDX-License-Identifier: MPL-2.0
//  Futures, as their users see them: wait, look, cancel, let go.

#include "future.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "clock.h"
#include "failure.h"
#include "shipment.h"
#include "spin.h"
#include "wake.h"

static _Thread_local bool waiting_forbidden;

void daffi_future_forbid_waiting (bool forbid)
{
    waiting_forbidden = forbid;
}

bool daffi_future_waiting_forbidden (void)
{
    return waiting_forbidden;
}

static const char *place (char **cursor, const char *text)
{
    size_t size = strlen (text) + 1;
    char *start = memcpy (*cursor, text, size);
    *cursor += size;
    return start;
}

static void discard (void *block)
{
    daffi_future_t *self = block;
    pthread_cond_destroy (&self->finished);
    pthread_mutex_destroy (&self->lock);
    free (self);
}

daffi_pool_t *daffi_future_pool (void)
{
    return daffi_pool_new (DAFFI_FUTURES_KEPT, discard);
}

static daffi_future_t *take (daffi_pool_t *pool, size_t room)
{
    bool fits = room <= DAFFI_FUTURE_NAMES;
    daffi_future_t *self = fits ? daffi_pool_take (pool) : NULL;
    if (!self) {
        self = daffi_new (sizeof *self + (fits ? DAFFI_FUTURE_NAMES : room));
        pthread_mutex_init (&self->lock, NULL);
        pthread_cond_init (&self->finished, NULL);
    }
    memset (&self->start, 0,
            offsetof (daffi_future_t, space) - offsetof (daffi_future_t, start));
    self->pool = fits ? pool : NULL;
    return self;
}

daffi_future_t *daffi_future_new (daffi_pool_t *pool, daffi_future_kind_t kind,
                                  const char *function, const char *process,
                                  const char *key)
{
    size_t room = strlen (function) + strlen (process) + strlen (key) + 3;
    daffi_future_t *self = take (pool, room);
    char *cursor = self->names;
    self->kind = kind;
    self->function = place (&cursor, function);
    self->process = place (&cursor, process);
    self->key = place (&cursor, key);
    self->start.kind = DAFFI_MAIL_CALL;
    self->cancel.kind = DAFFI_MAIL_CANCEL;
    self->fd = -1;
    atomic_init (&self->refs, 2);
    atomic_init (&self->stage, kind == DAFFI_FUTURE_CALL ? 0 : DAFFI_STAGE_ASKED);
    return self;
}

static void free_parts (daffi_future_t *self)
{
    for (uint32_t i = 0; i < self->part_count; i++) {
        daffi_result_destroy (&self->parts[i]->result);
        free (self->parts[i]->error);
        free (self->parts[i]);
    }
    free (self->parts);
}

void daffi_future_unref (daffi_future_t *self)
{
    if (atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) > 1)
        return;
    daffi_wake_close (&self->fd);
    if (self->result)
        daffi_result_release (self->result);
    daffi_packed_done (&self->body);
    daffi_cargo_destroy (self->cargo);
    free (self->error);
    free (self->progress);
    free_parts (self);
    daffi_channel_destroy (&self->channel);
    if (self->pool)
        daffi_pool_give (self->pool, self);
    else
        discard (self);
}

daffi_result_t *daffi_future_take (daffi_future_t **self_p)
{
    daffi_future_t *self = *self_p;
    daffi_result_t *result = self->result;
    bool stays = result && result->holder;  //  our reference goes with it
    if (!stays) {
        self->result = NULL;
        daffi_future_unref (self);
    }
    *self_p = NULL;
    return result;
}

//  --- the end of it ------------------------------------------------------------------

void daffi_future_sent (daffi_future_t *self)
{
    atomic_fetch_add_explicit (&self->attempts, 1, memory_order_relaxed);
    atomic_store_explicit (&self->in_hand, true, memory_order_relaxed);
}

void daffi_future_unsent (daffi_future_t *self)
{
    atomic_store_explicit (&self->in_hand, false, memory_order_relaxed);
}

void daffi_future_part (daffi_future_t *self, daffi_part_t *part)
{
    pthread_mutex_lock (&self->lock);
    if (self->part_count == self->part_room) {
        self->part_room = self->part_room ? self->part_room * 2 : 8;
        self->parts = daffi_renew (self->parts, self->part_room * sizeof *self->parts);
    }
    self->parts[self->part_count++] = part;
    if (self->fd >= 0)
        daffi_wake_signal (self->fd);
    pthread_cond_broadcast (&self->finished);
    pthread_mutex_unlock (&self->lock);
}

void daffi_future_seen_part (daffi_future_t *self, uint32_t seen)
{
    pthread_mutex_lock (&self->lock);
    if (self->fd >= 0 && !self->done) {
        daffi_wake_clear (self->fd);
        if (self->part_count > seen)
            daffi_wake_signal (self->fd);
    }
    pthread_mutex_unlock (&self->lock);
}

void daffi_future_finish (daffi_future_t *self, daffi_result_t *result,
                          const daffi_error_t *error)
{
    atomic_fetch_sub_explicit (self->in_flight, 1, memory_order_relaxed);
    if (error) {
        self->error = daffi_new (sizeof *self->error);
        *self->error = *error;
    }
    if (self->channel)
        daffi_channel_close (self->channel, DAFFI_END);
    self->result = result;
    atomic_store (&self->done, true);
}

bool daffi_future_ask (daffi_future_t *self)
{
    return !(atomic_fetch_or (&self->stage, DAFFI_STAGE_ASKED) & DAFFI_STAGE_TOLD);
}

void daffi_future_tell (daffi_future_t *self)
{
    bool notify = false;
    if (atomic_fetch_or (&self->stage, DAFFI_STAGE_TOLD) & DAFFI_STAGE_ASKED) {
        pthread_mutex_lock (&self->lock);
        notify = self->on_done && !self->notified;
        self->notified |= notify;
        if (self->fd >= 0)
            daffi_wake_signal (self->fd);
        pthread_mutex_unlock (&self->lock);
        //  unlocked: who is woken would only sleep again, for the lock
        pthread_cond_broadcast (&self->finished);
    }
    if (notify)
        daffi_future_notify (self);
    else
        daffi_future_unref (self);
}

//  --- waiting ------------------------------------------------------------------------

static struct timespec absolute (int64_t deadline_ms)
{
    struct timespec time = {.tv_sec = (time_t)(deadline_ms / 1000),
                            .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    return time;
}

bool daffi_future_done (daffi_future_t *self)
{
    return atomic_load_explicit (&self->done, memory_order_acquire);
}

//  Locked.
static bool awaited (daffi_future_t *self, uint32_t seen)
{
    return !daffi_future_done (self) && self->part_count <= seen;
}

static bool still_awaited (daffi_future_t *self, uint32_t seen)
{
    if (daffi_future_done (self))
        return false;
    pthread_mutex_lock (&self->lock);
    bool still = awaited (self, seen);
    pthread_mutex_unlock (&self->lock);
    return still;
}

//  Locked.
static void sleep_until (daffi_future_t *self, uint32_t seen, int64_t timeout_ms)
{
    (void)daffi_future_ask (self);
    int64_t deadline_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    struct timespec end = absolute (deadline_ms);
    int failed = 0;
    while (awaited (self, seen) && failed != ETIMEDOUT)
        failed = deadline_ms == DAFFI_NEVER
                     ? pthread_cond_wait (&self->finished, &self->lock)
                     : pthread_cond_clockwait (&self->finished, &self->lock,
                                               CLOCK_MONOTONIC, &end);
}

static unsigned count_processors (void)
{
    cpu_set_t set;
    return sched_getaffinity (0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT (&set);
}

//  False: it is not done yet.
static bool spin (daffi_future_t *self, int64_t end_us)
{
    enum { PAUSES = 16 };  //  between two looks at the clock, which cost as much
    do {
        for (int i = 0; i < PAUSES; i++) {
            if (daffi_future_done (self))
                return true;
            daffi_spin_pause ();
        }
    } while (daffi_clock_us () < end_us);
    return false;
}

//  Sleeps, or spins before that where it was asked for.
static void wait_long (daffi_future_t *self, uint32_t seen, int64_t timeout_ms)
{
    static _Thread_local daffi_spin_t learnt;
    static _Thread_local unsigned processors;
    int64_t begin_us = self->spin_us ? daffi_clock_us () : 0;
    if (!processors)
        processors = count_processors ();
    uint32_t budget_us =
        daffi_spin_budget (&learnt, self->spin_us, self->alone, processors);
    bool found = budget_us && (timeout_ms < 0 || timeout_ms > budget_us / 1000) &&
                 spin (self, begin_us + budget_us);
    if (!found) {
        pthread_mutex_lock (&self->lock);
        sleep_until (self, seen, timeout_ms);
        pthread_mutex_unlock (&self->lock);
    }
    if (self->spin_us == DAFFI_SPIN_AUTO && self->alone)
        daffi_spin_learn (&learnt, budget_us > 0, daffi_clock_us () - begin_us);
}

//  Until it is done, or has more than `seen` parts.
static daffi_status_t wait_for (daffi_future_t *self, uint32_t seen, int64_t timeout_ms,
                                daffi_error_t *error)
{
    bool wait = still_awaited (self, seen);
    if (wait && timeout_ms != 0) {
        if (waiting_forbidden)
            return daffi_fail (error, DAFFI_DEADLOCK,
                               "an inline callback runs in the node's actor and cannot "
                               "wait for it; register "
                               "the function without run_inline");
        //  who is cancelled in pthread_cond_wait () ends with the lock
        int cancelled;
        pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &cancelled);
        daffi_executor_block ();
        wait_long (self, seen, timeout_ms);
        daffi_executor_unblock ();
        pthread_setcancelstate (cancelled, &cancelled);
        wait = still_awaited (self, seen);
    }
    if (wait)
        return daffi_fail (error, DAFFI_PENDING, "the call is still in flight");
    return DAFFI_OK;
}

daffi_status_t daffi_future_wait_part (daffi_future_t *self, uint32_t seen,
                                       int64_t timeout_ms, daffi_error_t *error)
{
    return wait_for (self, seen, timeout_ms, error);
}

daffi_status_t daffi_future_wait (daffi_future_t *self, int64_t timeout_ms,
                                  daffi_error_t *error)
{
    daffi_status_t status = wait_for (self, UINT32_MAX, timeout_ms, error);
    if (status)
        return status;
    if (self->error) {
        status = self->error->status;
        if (error)
            *error = *self->error;
    }
    return status;
}

//  --- looking ------------------------------------------------------------------------

static const daffi_result_t *peek (daffi_future_t *self)
{
    return daffi_future_done (self) ? self->result : NULL;
}

const daffi_value_t *daffi_future_value (daffi_future_t *self)
{
    const daffi_result_t *result = peek (self);
    return result ? daffi_result_value (result) : NULL;
}

const char *daffi_future_process (daffi_future_t *self)
{
    const daffi_result_t *result = peek (self);
    return result ? daffi_result_process (result) : NULL;
}

uint32_t daffi_future_attempts (daffi_future_t *self)
{
    return atomic_load_explicit (&self->attempts, memory_order_relaxed);
}

int daffi_future_fd (daffi_future_t *self)
{
    pthread_mutex_lock (&self->lock);
    if (self->fd < 0) {
        self->fd = daffi_wake_open ();
        (void)daffi_future_ask (self);
        if (self->fd >= 0 && self->done)
            daffi_wake_signal (self->fd);
    }
    int fd = self->fd;
    pthread_mutex_unlock (&self->lock);
    return fd;
}

//  --- letting go ---------------------------------------------------------------------

void daffi_future_cancel (daffi_future_t *self)
{
    if (daffi_future_done (self))
        return;
    pthread_mutex_lock (&self->lock);
    (void)daffi_future_ask (self);
    bool post = !self->done && !self->cancelling;
    if (post) {
        self->cancelling = true;
        atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
        //  locked until it is posted: a future that was not told keeps its mailbox
        //  alive
        post = daffi_mailbox_post (self->mailbox, &self->cancel.link);
        if (!post)
            atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel);
    }
    pthread_mutex_unlock (&self->lock);
}

void daffi_future_destroy (daffi_future_t **self_p)
{
    daffi_future_t *self = *self_p;
    if (!self)
        return;
    daffi_future_cancel (self);
    if (self->on_done || self->on_progress)
        daffi_future_hush (self);
    daffi_future_unref (self);
    *self_p = NULL;
}
