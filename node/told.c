//  SPDX-License-Identifier: MPL-2.0
//  User code that a future runs: on_done and on_progress.
//
//  What they were given (`arg`) is gone as soon as the user wants it to be, so whoever
//  destroys the future and whoever tells of it meet here: afterwards neither begins,
//  and one that runs in another thread at that moment is waited for.

#include "future.h"

static _Thread_local daffi_telling_t *innermost;

void daffi_future_telling (daffi_future_t *self, daffi_telling_t *telling)
{
    telling->future = self;
    telling->outer = innermost;
    innermost = telling;
    self->tellers++;
}

void daffi_future_told (daffi_telling_t *telling)
{
    daffi_future_t *self = telling->future;
    innermost = telling->outer;
    pthread_mutex_lock (&self->lock);
    self->tellers--;
    pthread_cond_broadcast (&self->finished);
    pthread_mutex_unlock (&self->lock);
}

//  How often it is told of by this thread, further up.
static unsigned told_here (const daffi_future_t *self)
{
    unsigned count = 0;
    for (const daffi_telling_t *at = innermost; at; at = at->outer)
        count += at->future == self;
    return count;
}

void daffi_future_hush (daffi_future_t *self)
{
    unsigned own = told_here (self);
    pthread_mutex_lock (&self->lock);
    self->hushed = true;
    while (self->tellers > own)
        pthread_cond_wait (&self->finished, &self->lock);
    pthread_mutex_unlock (&self->lock);
}

//  --- on_done ------------------------------------------------------------------------

static void run_on_done (daffi_future_t *self)
{
    daffi_telling_t telling;
    pthread_mutex_lock (&self->lock);
    daffi_future_fn *on_done = self->hushed ? NULL : self->on_done;
    void *arg = self->on_done_arg;
    if (on_done)
        daffi_future_telling (self, &telling);
    pthread_mutex_unlock (&self->lock);
    if (on_done) {
        on_done (self, arg);
        daffi_future_told (&telling);
    }
    daffi_future_unref (self);
}

static void run_done_job (daffi_job_t *job)
{
    run_on_done (daffi_container (job, daffi_future_t, done_job));
}

void daffi_future_notify (daffi_future_t *self)
{
    self->done_job.run = run_done_job;
    if (self->dispatch)
        daffi_executor_push (self->dispatch, &self->done_job);
    else
        run_on_done (self);
}

daffi_status_t daffi_future_on_done (daffi_future_t *self, daffi_future_fn *on_done,
                                     void *arg)
{
    pthread_mutex_lock (&self->lock);
    bool taken = self->on_done != NULL;
    if (!taken) {
        self->on_done = on_done;
        self->on_done_arg = arg;
    }
    bool notify = !taken && !daffi_future_ask (self) && !self->notified;
    self->notified |= notify;
    pthread_mutex_unlock (&self->lock);
    if (notify) {
        atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
        daffi_future_notify (self);
    }
    return taken ? DAFFI_EXISTS : DAFFI_OK;
}
