//  SPDX-License-Identifier: MPL-2.0
//  Where callbacks run.

#include "executor.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "wake.h"

//  Waiting threads are replaced up to this many; beyond, deadlines break the knot.
enum { EXTRA_THREADS = 256 };

struct daffi_executor {
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t ended;
    daffi_ranks_t jobs;
    size_t job_count;
    uint32_t size;     //  threads that may run at once
    uint32_t threads;  //  that exist
    uint32_t idle;     //  that wait for a job
    uint32_t blocked;  //  that wait inside a job
    bool waking;       //  one of the idle was signalled, and has not come yet
    bool closing;
    int fd;  //  without threads
};

static _Thread_local daffi_executor_t *current;

void daffi_lane_init (daffi_lane_t *self, uint32_t limit,
                      void (*release) (daffi_lane_t *lane))
{
    self->limit = limit;
    self->running = 0;
    self->release = release;
    daffi_ranks_init (&self->waiting);
}

static void *worker (void *arg);

//  Locked. A thread for the job that waits, unless enough of them run.
static void want_thread (daffi_executor_t *self)
{
    pthread_t thread;
    pthread_attr_t attributes;
    if (self->job_count <= self->idle || self->threads - self->blocked >= self->size ||
        self->threads >= self->size + EXTRA_THREADS)
        return;
    //  signals are the host program's: none is taken in our threads
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    pthread_attr_init (&attributes);
    pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
    if (!pthread_create (&thread, &attributes, worker, self))
        self->threads++;
    pthread_attr_destroy (&attributes);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
}

//  Locked. Whether to signal `work`, better unlocked: who comes would sleep again for
//  the lock. One thread is woken at a time, and wakes the next where more jobs wait
//  when it has taken its own: many short jobs are run by few threads, which costs a
//  fraction of waking one for each, and long ones have all threads soon.
static bool wakes_one (daffi_executor_t *self)
{
    bool wakes = self->job_count && self->idle && !self->waking;
    self->waking |= wakes;
    return wakes;
}

//  Locked.
static void enqueue (daffi_executor_t *self, daffi_job_t *job)
{
    daffi_ranks_add (&self->jobs, &job->place);
    self->job_count++;
    if (self->size)
        want_thread (self);
    else
        daffi_wake_signal (self->fd);
}

void daffi_executor_push (daffi_executor_t *self, daffi_job_t *job)
{
    daffi_lane_t *lane = job->lane;
    pthread_mutex_lock (&self->lock);
    if (lane && lane->running >= lane->limit) {
        daffi_ranks_add (&lane->waiting, &job->place);
    } else {
        if (lane)
            lane->running++;
        enqueue (self, job);
    }
    bool wake = wakes_one (self);
    pthread_mutex_unlock (&self->lock);
    if (wake)
        pthread_cond_signal (&self->work);
}

//  Locked. One of the lane has ended: the next may run.
static void leave_lane (daffi_executor_t *self, daffi_lane_t *lane)
{
    daffi_ranked_t *next = daffi_ranks_first (&lane->waiting);
    if (!next) {
        lane->running--;
        return;
    }
    daffi_link_remove (&next->link);
    enqueue (self, daffi_container (next, daffi_job_t, place));
}

//  Locked; unlocked while the job runs, and while the lane is let go of, which may run
//  a release function of the user. False: there was none.
static bool run_one (daffi_executor_t *self)
{
    daffi_ranked_t *first = daffi_ranks_first (&self->jobs);
    if (!first)
        return false;
    daffi_link_remove (&first->link);
    self->job_count--;
    daffi_job_t *job = daffi_container (first, daffi_job_t, place);
    daffi_lane_t *lane = job->lane;
    bool wake = wakes_one (self);
    pthread_mutex_unlock (&self->lock);
    if (wake)
        pthread_cond_signal (&self->work);
    job->run (job);
    pthread_mutex_lock (&self->lock);
    if (!lane)
        return true;
    leave_lane (self, lane);
    if (lane->release) {
        pthread_mutex_unlock (&self->lock);
        lane->release (lane);
        pthread_mutex_lock (&self->lock);
    }
    return true;
}

static void *worker (void *arg)
{
    daffi_executor_t *self = arg;
    current = self;
    pthread_mutex_lock (&self->lock);
    //  those above the size took the place of waiting ones, which are back
    while (self->threads - self->blocked <= self->size) {
        if (run_one (self))
            continue;
        if (self->closing)
            break;
        self->idle++;
        pthread_cond_wait (&self->work, &self->lock);
        self->idle--;
        self->waking = false;
    }
    self->threads--;
    //  it may have been woken for a job: that goes to the next
    if (wakes_one (self))
        pthread_cond_signal (&self->work);
    pthread_cond_broadcast (&self->ended);
    pthread_mutex_unlock (&self->lock);
    return NULL;
}

daffi_executor_t *daffi_executor_new (uint32_t threads, daffi_error_t *error)
{
    daffi_executor_t *self = daffi_new (sizeof *self);
    self->fd = threads ? -1 : daffi_wake_open ();
    if (!threads && self->fd < 0) {
        free (self);
        daffi_fail (error, DAFFI_SYSTEM, "no descriptor is left; raise ulimit -n");
        return NULL;
    }
    self->size = threads;
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->work, NULL);
    pthread_cond_init (&self->ended, NULL);
    daffi_ranks_init (&self->jobs);
    return self;
}

void daffi_executor_destroy (daffi_executor_t **self_p)
{
    daffi_executor_t *self = *self_p;
    if (!self)
        return;
    pthread_mutex_lock (&self->lock);
    self->closing = true;
    pthread_cond_broadcast (&self->work);
    while (self->threads)
        pthread_cond_wait (&self->ended, &self->lock);
    while (run_one (self))
        continue;
    pthread_mutex_unlock (&self->lock);
    daffi_wake_close (&self->fd);
    pthread_cond_destroy (&self->ended);
    pthread_cond_destroy (&self->work);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

void daffi_executor_block (void)
{
    daffi_executor_t *self = current;
    if (!self || !self->size)
        return;
    pthread_mutex_lock (&self->lock);
    self->blocked++;
    want_thread (self);
    pthread_mutex_unlock (&self->lock);
}

void daffi_executor_unblock (void)
{
    daffi_executor_t *self = current;
    if (!self || !self->size)
        return;
    pthread_mutex_lock (&self->lock);
    self->blocked--;
    pthread_mutex_unlock (&self->lock);
}

bool daffi_executor_inside (const daffi_executor_t *self)
{
    return current == self;
}

int daffi_executor_fd (const daffi_executor_t *self)
{
    return self->fd;
}

size_t daffi_executor_dispatch (daffi_executor_t *self, size_t limit)
{
    daffi_executor_t *outer = current;
    size_t count = 0;
    pthread_mutex_lock (&self->lock);
    size_t most = limit ? limit : self->job_count;
    current = self;
    daffi_wake_clear (self->fd);
    while (count < most && run_one (self))
        count++;
    if (self->job_count)
        daffi_wake_signal (self->fd);
    current = outer;
    pthread_mutex_unlock (&self->lock);
    return count;
}
