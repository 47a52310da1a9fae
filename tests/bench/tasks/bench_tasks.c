//  SPDX-License-Identifier: MPL-2.0
//  daffi-bench-tasks [--tasks N] [--runs N] [--rounds N] [--interval MS] [--store
//  FILE]: what scheduled tasks cost those who call.
//
//  A broker holds many tasks, most of them far in the future, and others that run every
//  second. A caller measures its foreground calls: before there are tasks, and then by
//  turns while those that run are paused and while they run, so that what else the
//  machine does falls on both alike. The runs go to a process of their own. With a
//  store they are on disk before they begin; without --store tasks live in memory.
//
//  With --interval those that run do so at that distance, which may be more than a disk
//  carries, and it is measured once how many it does.
//
//  tests/bench/run-tasks builds it and runs all there is.

#include <daffi.h>
#include <daffi_tasks.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, MEASURE_MS = 2000, SAMPLES_MAX = 1 << 20, CANCELS = 1000 };

typedef struct {
    long tasks, runs, rounds, interval_ms;
    char *store;
} settings_t;

static daffi_global_t *caller;

static int64_t now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static _Noreturn void give_up (const char *what, const daffi_error_t *error)
{
    fprintf (stderr, "daffi-bench-tasks: %s: %s\n", what, error ? error->text : "");
    exit (EXIT_FAILURE);
}

//  --- the process that the runs go to ------------------------------------------------

static atomic_long ticks;

static daffi_status_t tick (daffi_request_t *request, void *arg)
{
    (void)arg;
    atomic_fetch_add (&ticks, 1);
    return daffi_request_reply (request, 1);
}

static daffi_status_t tell_ticks (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, (int64_t)atomic_load (&ticks));
}

//  Until its input ends.
static int work (const char *folder)
{
    static const daffi_function_t functions[] = {
        {.name = "tick", .callback = tick, .run_inline = true},
        {.name = "ticks", .callback = tell_ticks, .run_inline = true},
        {.name = NULL}};
    daffi_error_t error;
    char byte;
    daffi_global_t *worker = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "worker", .unix_sock_path = folder,
                       .functions = functions, .capacity = 4096,
                       .connect_timeout_ms = 10000),
        &error);
    if (!worker)
        give_up ("worker", &error);
    while (read (STDIN_FILENO, &byte, 1) > 0)
        continue;
    daffi_global_destroy (&worker);
    return EXIT_SUCCESS;
}

//  --- many at once -------------------------------------------------------------------

typedef struct {
    long count;
    const daffi_schedule_t *when;  //  NULL: they are there, and `steer` is done to them
    daffi_status_t (*steer) (daffi_global_t *self, const char *uuid,
                             daffi_error_t *error);
    char *uuids;
} batch_t;

static void *do_batch (void *arg)
{
    const batch_t *batch = arg;
    daffi_error_t error;
    for (long i = 0; i < batch->count; i++) {
        char *uuid = batch->uuids + i * DAFFI_UUID_SIZE;
        daffi_status_t status =
            batch->when ? daffi_global_schedule (caller, "tick", DAFFI_ARGS (i),
                                                 batch->when, uuid, &error)
                        : batch->steer (caller, uuid, &error);
        while (status == DAFFI_BUSY && !batch->when)
            status = batch->steer (caller, uuid, &error);
        if (status)
            give_up ("task", &error);
    }
    return NULL;
}

//  Many callers at once, as one alone would measure its own round trips.
static void do_all (const batch_t *all, const char *what)
{
    pthread_t threads[THREADS];
    batch_t parts[THREADS];
    long begin = 0;
    int64_t begin_us = now_us ();
    for (int i = 0; i < THREADS; i++) {
        long end = all->count * (i + 1) / THREADS;
        parts[i] = *all;
        parts[i].count = end - begin;
        parts[i].uuids = all->uuids + begin * DAFFI_UUID_SIZE;
        begin = end;
        if (pthread_create (&threads[i], NULL, do_batch, &parts[i]))
            give_up ("no thread", NULL);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join (threads[i], NULL);
    if (what)
        printf ("%s %ld tasks: %.0f a second\n", what, all->count,
                (double)all->count * 1e6 / (double)(now_us () - begin_us));
}

static char *schedule_many (long count, const daffi_schedule_t *when)
{
    char *uuids = calloc ((size_t)count, DAFFI_UUID_SIZE);
    if (!uuids)
        give_up ("no memory", NULL);
    do_all (&(batch_t){.count = count, .when = when, .uuids = uuids}, "scheduled");
    return uuids;
}

static void measure_cancels (const char *uuids)
{
    daffi_error_t error;
    daffi_cancel_t outcome;
    int64_t begin_us = now_us ();
    for (int i = 0; i < CANCELS; i++)
        if (daffi_global_cancel_scheduled_task_by_uuid (
                caller, NULL, uuids + i * DAFFI_UUID_SIZE, &outcome, &error) ||
            outcome != DAFFI_CANCEL_CANCELLED)
            give_up ("cancel", &error);
    printf ("cancelled %d of them, one by one: %.0f us each, round trip and all\n",
            CANCELS, (double)(now_us () - begin_us) / CANCELS);
}

//  --- measuring ----------------------------------------------------------------------

typedef struct {
    int32_t samples[SAMPLES_MAX];
    size_t count;
    double seconds;
    long runs;
} meter_t;

static long read_ticks (void)
{
    int64_t result = 0;
    daffi_error_t error;
    if (daffi_call_int (caller, "ticks", DAFFI_ARGS (), &result, &error))
        give_up ("ticks", &error);
    return (long)result;
}

static void measure (meter_t *self)
{
    long before = read_ticks ();
    int64_t result, begin_us = now_us (), end_us = begin_us + MEASURE_MS * 1000;
    daffi_error_t error;
    while (now_us () < end_us && self->count < SAMPLES_MAX) {
        int64_t start_us = now_us ();
        if (daffi_call_int (caller, "echo", DAFFI_ARGS (1), &result, &error))
            give_up ("echo", &error);
        self->samples[self->count++] = (int32_t)(now_us () - start_us);
    }
    self->seconds += (double)(now_us () - begin_us) / 1e6;
    self->runs += read_ticks () - before;
}

static int by_size (const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void print (meter_t *self, const char *label)
{
    size_t count = self->count;
    qsort (self->samples, count, sizeof *self->samples, by_size);
    printf ("%-26s %7.0f runs/s  foreground: %6.0f calls/s  p50 %5d us  p99 %6d us  "
            "p99.9 %6d us\n",
            label, (double)self->runs / self->seconds, (double)count / self->seconds,
            self->samples[count / 2], self->samples[count * 99 / 100],
            self->samples[count * 999 / 1000]);
    fflush (stdout);
}

static void measure_by_turns (const batch_t *running_ones, long rounds)
{
    static meter_t paused, running;
    batch_t pause = *running_ones, resume = *running_ones;
    pause.steer = daffi_global_pause_task;
    resume.steer = daffi_global_resume_task;
    const struct timespec settle = {.tv_sec = 1};
    for (long i = 0; i < rounds; i++) {
        do_all (&pause, NULL);
        nanosleep (&settle, NULL);
        measure (&paused);
        do_all (&resume, NULL);
        nanosleep (&settle, NULL);
        measure (&running);
    }
    print (&paused, "tasks that wait");
    print (&running, "and tasks that run");
}

//  They begin once all are there, so that scheduling does not wait for them.
static void measure_load (const settings_t *settings)
{
    static meter_t running;
    const struct timespec begin = {.tv_sec = 8};
    free (schedule_many (settings->runs,
                         DAFFI_SCHEDULE (.delay_ms = 6000, .jitter_ms = 100,
                                         .interval_ms = settings->interval_ms,
                                         .overlap = DAFFI_OVERLAP_PARALLEL)));
    nanosleep (&begin, NULL);
    measure (&running);
    print (&running, "as many as go");
}

//  --- the others ---------------------------------------------------------------------

extern char **environ;

//  `name` beside this program, or this program where it is NULL. *input: its stdin.
static pid_t start (const char *name, char **argv, int *input)
{
    char program[4096];
    int ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    ssize_t size = readlink ("/proc/self/exe", program, sizeof program - 32);
    if (size < 0 || pipe (ends))
        give_up ("where is this program?", NULL);
    program[size] = 0;
    if (name)
        strcat (strcat (dirname (program), "/"), name);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addclose (&actions, ends[1]);
    if (posix_spawn (&pid, program, &actions, NULL, argv, environ))
        give_up (program, NULL);
    posix_spawn_file_actions_destroy (&actions);
    close (ends[0]);
    *input = ends[1];
    return pid;
}

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 1);
}

static daffi_global_t *connect_to (const char *folder, const char *name,
                                   const daffi_function_t *functions)
{
    daffi_error_t error;
    daffi_global_t *node = daffi_global_new (
        DAFFI_OPTIONS (.process_name = name, .unix_sock_path = folder,
                       .functions = functions, .connect_timeout_ms = 10000),
        &error);
    if (!node)
        give_up ("connect", &error);
    return node;
}

static void run_all (const settings_t *settings)
{
    static meter_t before;
    daffi_error_t error;
    if (daffi_global_wait_function (caller, "tick", 10000, &error))
        give_up ("worker", &error);
    measure (&before);
    print (&before, "no tasks");
    char *waiting =
        schedule_many (settings->tasks, DAFFI_SCHEDULE (.interval = "1 day"));
    if (settings->tasks >= CANCELS)
        measure_cancels (waiting);
    if (settings->interval_ms) {
        measure_load (settings);
        free (waiting);
        return;
    }
    //  not all in the same millisecond
    char *running = schedule_many (settings->runs,
                                   DAFFI_SCHEDULE (.interval = "1s", .jitter_ms = 1000,
                                                   .overlap = DAFFI_OVERLAP_PARALLEL));
    measure_by_turns (&(batch_t){.count = settings->runs, .uuids = running},
                      settings->rounds);
    free (waiting);
    free (running);
}

static void bench (const settings_t *settings)
{
    static const daffi_function_t functions[] = {
        {.name = "echo", .callback = echo, .run_inline = true}, {.name = NULL}};
    char folder[] = "/tmp/daffi-bench-XXXXXX";
    int ignored, input;
    if (!mkdtemp (folder))
        give_up (folder, NULL);
    char *broker_argv[] = {"daffi-broker",
                           "--quiet",
                           "--unix-sock-path",
                           folder,
                           settings->store ? "--store" : "--no-store",
                           settings->store,
                           NULL};
    char *worker_argv[] = {"daffi-bench-tasks", "--worker", folder, NULL};
    pid_t broker = start ("daffi-broker", broker_argv, &ignored);
    pid_t worker = start (NULL, worker_argv, &input);
    daffi_global_t *server = connect_to (folder, "server", functions);
    caller = connect_to (folder, "caller", NULL);
    run_all (settings);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    close (input);
    waitpid (worker, NULL, 0);
    kill (broker, SIGTERM);
    waitpid (broker, NULL, 0);
    rmdir (folder);
}

int main (int argc, char **argv)
{
    settings_t settings = {.tasks = 100000, .runs = 10000, .rounds = 3};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp (argv[i], "--worker") == 0)
            return work (argv[i + 1]);
        else if (strcmp (argv[i], "--tasks") == 0)
            settings.tasks = atol (argv[i + 1]);
        else if (strcmp (argv[i], "--runs") == 0)
            settings.runs = atol (argv[i + 1]);
        else if (strcmp (argv[i], "--rounds") == 0)
            settings.rounds = atol (argv[i + 1]);
        else if (strcmp (argv[i], "--interval") == 0)
            settings.interval_ms = atol (argv[i + 1]);
        else if (strcmp (argv[i], "--store") == 0)
            settings.store = argv[i + 1];
        else
            give_up (argv[i], NULL);
    }
    if (argc % 2 == 0 || settings.tasks < 1 || settings.runs < 1 || settings.rounds < 1)
        give_up (
            "usage: [--tasks N] [--runs N] [--rounds N] [--interval MS] [--store FILE]",
            NULL);
    bench (&settings);
    return EXIT_SUCCESS;
}
