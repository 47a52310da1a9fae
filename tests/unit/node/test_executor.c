//  SPDX-License-Identifier: MPL-2.0
//  The pool: every job runs once, lanes keep their order and their limit, and a thread
//  that waits is replaced.

#include "executor.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "test.h"

typedef struct {
    daffi_job_t job;
    int number;
} numbered_t;

static atomic_int ran;
static atomic_int running;
static atomic_int most;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int opened;

static void enter (void)
{
    int now = atomic_fetch_add (&running, 1) + 1;
    int before = atomic_load (&most);
    while (now > before && !atomic_compare_exchange_weak (&most, &before, now))
        continue;
}

static void leave (void)
{
    atomic_fetch_sub (&running, 1);
    atomic_fetch_add (&ran, 1);
}

static void count (daffi_job_t *job)
{
    (void)job;
    enter ();
    leave ();
}

static numbered_t *new_jobs (int amount, void (*run) (daffi_job_t *job),
                             daffi_lane_t *lane)
{
    numbered_t *jobs = calloc ((size_t)amount, sizeof *jobs);
    CHECK (jobs != NULL);
    for (int i = 0; i < amount; i++) {
        jobs[i].job.run = run;
        jobs[i].job.lane = lane;
        jobs[i].number = i;
    }
    return jobs;
}

TEST ("all jobs that were pushed run before destroy returns, on no more threads than "
      "asked for")
{
    enum { JOBS = 10000 };
    daffi_executor_t *pool = daffi_executor_new (3, NULL);
    numbered_t *jobs = new_jobs (JOBS, count, NULL);
    for (int i = 0; i < JOBS; i++)
        daffi_executor_push (pool, &jobs[i].job);
    CHECK_EQ_INT (daffi_executor_fd (pool), -1);
    CHECK (!daffi_executor_inside (pool));
    daffi_executor_destroy (&pool);
    CHECK (pool == NULL);
    CHECK_EQ_INT (atomic_load (&ran), JOBS);
    CHECK (atomic_load (&most) <= 3);
    free (jobs);
}

static int expected;

static void count_in_order (daffi_job_t *job)
{
    CHECK_EQ_INT (daffi_container (job, numbered_t, job)->number, expected);
    expected++;
    count (job);
}

static atomic_int released;

static void release (daffi_lane_t *lane)
{
    CHECK_EQ_UINT (lane->limit, 1);
    atomic_fetch_add (&released, 1);
}

//  Ends when as many run as the pool has threads.
static void gather (daffi_job_t *job)
{
    (void)job;
    pthread_mutex_lock (&lock);
    opened++;
    pthread_cond_broadcast (&changed);
    int until = (opened + 3) / 4 * 4;
    while (opened < until)
        pthread_cond_wait (&changed, &lock);
    pthread_mutex_unlock (&lock);
    atomic_fetch_add (&ran, 1);
}

TEST ("jobs that wait for each other have all threads, new and idle ones")
{
    enum { THREADS = 4, ROUNDS = 200 };
    daffi_executor_t *pool = daffi_executor_new (THREADS, NULL);
    numbered_t *jobs = new_jobs (THREADS, gather, NULL);
    for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < THREADS; i++)
            daffi_executor_push (pool, &jobs[i].job);
        while (atomic_load (&ran) < round * THREADS)
            sched_yield ();
    }
    daffi_executor_destroy (&pool);
    CHECK_EQ_INT (atomic_load (&ran), THREADS * ROUNDS);
    free (jobs);
}

TEST ("a lane of one runs its jobs one by one, in order, and is released after each")
{
    enum { JOBS = 2000 };
    daffi_lane_t lane;
    daffi_lane_init (&lane, 1, release);
    daffi_executor_t *pool = daffi_executor_new (4, NULL);
    numbered_t *jobs = new_jobs (JOBS, count_in_order, &lane);
    for (int i = 0; i < JOBS; i++)
        daffi_executor_push (pool, &jobs[i].job);
    daffi_executor_destroy (&pool);
    CHECK_EQ_INT (expected, JOBS);
    CHECK_EQ_INT (atomic_load (&released), JOBS);
    CHECK_EQ_INT (atomic_load (&most), 1);
    free (jobs);
}

static void wait_for_gate (daffi_job_t *job)
{
    (void)job;
    enter ();
    daffi_executor_block ();
    pthread_mutex_lock (&lock);
    while (!opened)
        pthread_cond_wait (&changed, &lock);
    pthread_mutex_unlock (&lock);
    daffi_executor_unblock ();
    leave ();
}

static void open_gate (daffi_job_t *job)
{
    (void)job;
    pthread_mutex_lock (&lock);
    opened = 1;
    pthread_cond_broadcast (&changed);
    pthread_mutex_unlock (&lock);
    atomic_fetch_add (&ran, 1);
}

TEST ("a pool whose threads all wait still runs what they wait for")
{
    enum { WAITING = 50 };
    daffi_executor_t *pool = daffi_executor_new (1, NULL);
    numbered_t *jobs = new_jobs (WAITING + 1, wait_for_gate, NULL);
    jobs[WAITING].job.run = open_gate;
    for (int i = 0; i <= WAITING; i++)
        daffi_executor_push (pool, &jobs[i].job);
    daffi_executor_destroy (&pool);
    CHECK_EQ_INT (atomic_load (&ran), WAITING + 1);
    free (jobs);
}

static void nap (void)
{
    nanosleep (&(struct timespec){.tv_nsec = 20000000}, NULL);
}

//  Waits in two ways: first replaced by another thread, then at work until it is told.
static atomic_int stage;

static void wait_and_work (daffi_job_t *job)
{
    (void)job;
    daffi_executor_block ();
    while (atomic_load (&stage) < 1)
        sched_yield ();
    daffi_executor_unblock ();
    atomic_store (&stage, 2);
    while (atomic_load (&stage) < 3)
        sched_yield ();
}

static void meet (daffi_job_t *job)
{
    (void)job;
    enter ();
    while (atomic_load (&most) < 2)
        sched_yield ();
    leave ();
}

static void tell_three (daffi_job_t *job)
{
    (void)job;
    atomic_store (&stage, 3);
}

TEST ("a thread that is one too many and was woken for a job hands it on")
{
    daffi_executor_t *pool = daffi_executor_new (2, NULL);
    numbered_t *jobs = new_jobs (4, meet, NULL);
    jobs[0].job.run = wait_and_work;
    jobs[3].job.run = tell_three;
    for (int i = 0; i < 3; i++)
        daffi_executor_push (pool, &jobs[i].job);
    while (atomic_load (&ran) < 2)
        sched_yield ();
    //  both rest by then, or will find the job themselves
    nap ();
    atomic_store (&stage, 1);
    while (atomic_load (&stage) < 2)
        sched_yield ();
    //  three threads live where two may run, and the first is busy until this has run
    daffi_executor_push (pool, &jobs[3].job);
    while (atomic_load (&stage) < 3)
        sched_yield ();
    daffi_executor_destroy (&pool);
    free (jobs);
}

static daffi_executor_t *outer;

static void look_inside (daffi_job_t *job)
{
    CHECK (daffi_executor_inside (outer));
    count (job);
}

TEST ("without threads jobs run in dispatch, as many as asked for, and the descriptor "
      "tells of them")
{
    enum { JOBS = 5 };
    outer = daffi_executor_new (0, NULL);
    struct pollfd fd = {.fd = daffi_executor_fd (outer), .events = POLLIN};
    numbered_t *jobs = new_jobs (JOBS, look_inside, NULL);
    CHECK (poll (&fd, 1, 0) == 0);
    for (int i = 0; i < JOBS; i++)
        daffi_executor_push (outer, &jobs[i].job);
    CHECK (poll (&fd, 1, 0) == 1);
    CHECK_EQ_UINT (daffi_executor_dispatch (outer, 2), 2);
    CHECK (poll (&fd, 1, 0) == 1);
    CHECK_EQ_INT (atomic_load (&ran), 2);
    CHECK_EQ_UINT (daffi_executor_dispatch (outer, 0), 3);
    CHECK (poll (&fd, 1, 0) == 0);
    CHECK_EQ_UINT (daffi_executor_dispatch (outer, 0), 0);
    CHECK (!daffi_executor_inside (outer));
    //  what was left over runs at the end
    daffi_executor_push (outer, &jobs[0].job);
    jobs[0].job.run = count;
    daffi_executor_destroy (&outer);
    CHECK_EQ_INT (atomic_load (&ran), JOBS + 1);
    free (jobs);
}

static void push_next (daffi_job_t *job)
{
    numbered_t *self = daffi_container (job, numbered_t, job);
    atomic_fetch_add (&ran, 1);
    if (self->number-- > 0)
        daffi_executor_push (outer, job);
}

TEST ("a job may push itself again")
{
    outer = daffi_executor_new (2, NULL);
    numbered_t again = {.job = {.run = push_next}, .number = 1000};
    daffi_executor_push (outer, &again.job);
    daffi_executor_destroy (&outer);
    CHECK_EQ_INT (atomic_load (&ran), 1001);
}
