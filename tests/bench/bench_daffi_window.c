//  SPDX-License-Identifier: MPL-2.0
//  A window of futures: three ways to keep so many calls outstanding.
//
//  Calls to one worker come back in order, so the oldest is a good one to wait for and
//  needs no callback. With several workers on_done knows better which are finished. And
//  an on_done that begins the next call itself needs no thread beside the node's, as a
//  program that is one event loop would have it, and as bare libzmq's caller does.
#include "bench_daffi_window.h"

#include <stdlib.h>
#include <time.h>

void bench_window_init (bench_window_t *self, size_t body_size, uint32_t outstanding)
{
    *self = (bench_window_t){.body = bench_body_new (body_size),
                             .body_size = body_size,
                             .outstanding = outstanding,
                             .slots = calloc (outstanding, sizeof *self->slots)};
    if (!self->slots)
        abort ();
    for (uint32_t i = 0; i < outstanding; i++)
        self->slots[i].window = self;
    pthread_condattr_t monotonic;
    pthread_condattr_init (&monotonic);
    pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init (&self->wakeup, &monotonic);
    pthread_condattr_destroy (&monotonic);
    pthread_mutex_init (&self->lock, NULL);
}

void bench_window_done (bench_window_t *self)
{
    free (self->slots);
    free (self->body);
    pthread_mutex_destroy (&self->lock);
    pthread_cond_destroy (&self->wakeup);
}

//  --- oldest first --------------------------------------------------------

static daffi_status_t start_slot (bench_window_t *self, bench_slot_t *slot,
                                  daffi_error_t *error)
{
    slot->future = bench_window_start (self, error);
    return slot->future ? DAFFI_OK : error->status;
}

//  All that is finished from `oldest` on, at least one: *count of them.
static daffi_status_t finish_oldest (bench_window_t *self, uint32_t oldest,
                                     uint32_t *count, daffi_error_t *error)
{
    *count = 0;
    bench_slot_t *slot = &self->slots[oldest];
    do {
        if (bench_window_finish (self, &slot->future, error))
            return error->status;
        slot = &self->slots[(oldest + ++*count) % self->outstanding];
    } while (*count < self->outstanding && daffi_future_done (slot->future));
    return DAFFI_OK;
}

static bool tick_all (bench_meter_t *meter, uint32_t count)
{
    bool running = true;
    for (; count > 0 && running; count--)
        running = bench_meter_tick (meter);
    for (; count > 0; count--)
        bench_meter_late (meter);
    return running;
}

daffi_status_t bench_window_oldest_first (void *window, bench_meter_t *meter,
                                          daffi_error_t *error)
{
    bench_window_t *self = window;
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (start_slot (self, &self->slots[i], error))
            return error->status;
    uint32_t oldest = 0, flying = self->outstanding, count;
    bool running = true;
    while (running) {
        if (finish_oldest (self, oldest, &count, error))
            return error->status;
        running = tick_all (meter, count);
        for (uint32_t i = 0; i < count && running; i++)
            if (start_slot (self, &self->slots[(oldest + i) % self->outstanding],
                            error))
                return error->status;
        oldest = (oldest + count) % self->outstanding;
        flying -= running ? 0 : count;
    }
    for (; flying > 0; flying--, oldest++, bench_meter_late (meter))
        if (bench_window_finish (self, &self->slots[oldest % self->outstanding].future,
                                 error))
            return error->status;
    return DAFFI_OK;
}

//  --- on_done -------------------------------------------------------------

static void on_done (daffi_future_t *future, void *arg)
{
    (void)future;  //  the slot may not know it yet: the call may be that quick
    bench_slot_t *slot = arg;
    bench_window_t *self = slot->window;
    pthread_mutex_lock (&self->lock);
    bool first = self->finished == NULL;
    slot->next = self->finished;
    self->finished = slot;
    if (first)
        pthread_cond_signal (&self->wakeup);
    pthread_mutex_unlock (&self->lock);
}

static daffi_status_t start_watched (bench_window_t *self, bench_slot_t *slot,
                                     daffi_error_t *error)
{
    if (start_slot (self, slot, error))
        return error->status;
    daffi_status_t status = daffi_future_on_done (slot->future, on_done, slot);
    return status ? bench_fail (error, status, "daffi_future_on_done") : DAFFI_OK;
}

//  The list of what is finished, at least one; NULL after twice the calls' deadline.
static bench_slot_t *take_finished (bench_window_t *self)
{
    struct timespec end;
    clock_gettime (CLOCK_MONOTONIC, &end);
    end.tv_sec += BENCH_CALL_TIMEOUT_MS * 2 / 1000;
    pthread_mutex_lock (&self->lock);
    while (!self->finished &&
           pthread_cond_timedwait (&self->wakeup, &self->lock, &end) == 0)
        ;
    bench_slot_t *list = self->finished;
    self->finished = NULL;
    pthread_mutex_unlock (&self->lock);
    return list;
}

daffi_status_t bench_window_on_done (void *window, bench_meter_t *meter,
                                     daffi_error_t *error)
{
    bench_window_t *self = window;
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (start_watched (self, &self->slots[i], error))
            return error->status;
    uint32_t flying = self->outstanding;
    bool running = true;
    while (flying > 0) {
        bench_slot_t *slot = take_finished (self), *next;
        if (!slot)
            return bench_fail (error, DAFFI_PENDING, "on_done was not called");
        for (; slot; slot = next) {
            next = slot->next;
            if (bench_window_finish (self, &slot->future, error))
                return error->status;
            if (running)
                running = bench_meter_tick (meter);
            else
                bench_meter_late (meter);
            if (!running)
                flying--;
            else if (start_watched (self, slot, error))
                return error->status;
        }
    }
    return DAFFI_OK;
}

//  --- on_done begins the next call itself ----------------------------------

static void on_done_again (daffi_future_t *future, void *arg);

static daffi_status_t start_chained (bench_window_t *self, bench_slot_t *slot,
                                     daffi_error_t *error)
{
    if (start_slot (self, slot, error))
        return error->status;
    daffi_status_t status = daffi_future_on_done (slot->future, on_done_again, slot);
    return status ? bench_fail (error, status, "daffi_future_on_done") : DAFFI_OK;
}

//  Whether another call shall follow. Locked, since not all run in the node's thread:
//  the first ones may be done before they have their on_done.
static bool count_one (bench_window_t *self)
{
    pthread_mutex_lock (&self->lock);
    if (self->running)
        self->running = bench_meter_tick (self->meter);
    else
        bench_meter_late (self->meter);
    bool running = self->running;
    pthread_mutex_unlock (&self->lock);
    return running;
}

static void end_chain (bench_window_t *self, const daffi_error_t *error)
{
    pthread_mutex_lock (&self->lock);
    if (error->status) {
        self->failed = *error;
        self->running = false;
    }
    if (--self->flying == 0)
        pthread_cond_signal (&self->wakeup);
    pthread_mutex_unlock (&self->lock);
}

static void on_done_again (daffi_future_t *future, void *arg)
{
    (void)future;
    bench_slot_t *slot = arg;
    bench_window_t *self = slot->window;
    daffi_error_t error = {0};
    bool ended = bench_window_finish (self, &slot->future, &error) ||
                 !count_one (self) || start_chained (self, slot, &error);
    if (ended)
        end_chain (self, &error);
}

//  Every call ends by its deadline, so the wait does.
daffi_status_t bench_window_chained (void *window, bench_meter_t *meter,
                                     daffi_error_t *error)
{
    bench_window_t *self = window;
    self->meter = meter;
    self->running = true;
    self->flying = self->outstanding;
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (start_chained (self, &self->slots[i], error))
            return error->status;
    pthread_mutex_lock (&self->lock);
    while (self->flying > 0)
        pthread_cond_wait (&self->wakeup, &self->lock);
    pthread_mutex_unlock (&self->lock);
    if (self->failed.status)
        *error = self->failed;
    return self->failed.status;
}
