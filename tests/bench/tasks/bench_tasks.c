//  SPDX-License-Identifier: MPL-2.0
//  daffi-bench-tasks [TASKS [RUNS_A_SECOND [STORE]]]: what scheduled tasks cost.
//
//  A broker holds many tasks, most of them far in the future, and runs some of them
//  every second, while a caller measures its foreground calls: alone, beside the tasks
//  that wait, and beside those that run. STORE is a SQLite file; without it tasks live
//  in memory. The three latencies are of one run; compare them with each other only.

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

enum { THREADS = 8, MEASURE_MS = 4000, SAMPLES_MAX = 1 << 20, CANCELS = 1000 };

static atomic_long ticks;
static daffi_global_t *worker, *caller;
static char *cancel_uuids;

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

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 1);
}

static daffi_status_t tick (daffi_request_t *request, void *arg)
{
    (void)arg;
    atomic_fetch_add (&ticks, 1);
    return daffi_request_reply (request, 1);
}

//  --- scheduling
//  ----------------------------------------------------------------------

typedef struct {
    long count;
    const daffi_schedule_t *when;
    const char *function;
    char *uuids;  //  or NULL
} batch_t;

static void *schedule_batch (void *arg)
{
    const batch_t *batch = arg;
    daffi_error_t error;
    for (long i = 0; i < batch->count; i++)
        if (daffi_global_schedule (
                caller, batch->function, DAFFI_ARGS (i), batch->when,
                batch->uuids ? batch->uuids + i * DAFFI_UUID_SIZE : NULL, &error))
            give_up ("schedule", &error);
    return NULL;
}

//  Many callers at once, as one alone would measure its own round trips.
static void schedule_many (long count, const char *function,
                           const daffi_schedule_t *when)
{
    pthread_t threads[THREADS];
    batch_t batch = {count / THREADS, when, function, NULL};
    int64_t begin_us = now_us ();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create (&threads[i], NULL, schedule_batch, &batch))
            give_up ("no thread", NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join (threads[i], NULL);
    double seconds = (double)(now_us () - begin_us) / 1e6;
    printf ("scheduled %ld tasks: %.0f a second\n", count, (double)count / seconds);
}

//  --- measuring
//  -----------------------------------------------------------------------

static int by_size (const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void measure (const char *label)
{
    static int32_t samples[SAMPLES_MAX];
    size_t count = 0;
    int64_t result, begin_us = now_us (), end_us = begin_us + MEASURE_MS * 1000;
    long before = atomic_load (&ticks);
    daffi_error_t error;
    while (now_us () < end_us && count < SAMPLES_MAX) {
        int64_t start_us = now_us ();
        if (daffi_call_int (caller, "echo", DAFFI_ARGS (1), &result, &error))
            give_up ("echo", &error);
        samples[count++] = (int32_t)(now_us () - start_us);
    }
    double seconds = (double)(now_us () - begin_us) / 1e6;
    qsort (samples, count, sizeof *samples, by_size);
    printf ("%-28s %8.0f runs/s  foreground: p50 %5d us  p99 %6d us  p99.9 %6d us\n",
            label, (double)(atomic_load (&ticks) - before) / seconds,
            samples[count / 2], samples[count * 99 / 100], samples[count * 999 / 1000]);
    fflush (stdout);
}

static void measure_cancels (void)
{
    daffi_error_t error;
    daffi_cancel_t outcome;
    int64_t begin_us = now_us ();
    for (int i = 0; i < CANCELS; i++)
        if (daffi_global_cancel_scheduled_task_by_uuid (
                caller, NULL, cancel_uuids + i * DAFFI_UUID_SIZE, &outcome, &error) ||
            outcome != DAFFI_CANCEL_CANCELLED)
            give_up ("cancel", &error);
    printf ("cancelled %d of them, one by one: %.0f us each, round trip and all\n",
            CANCELS, (double)(now_us () - begin_us) / CANCELS);
}

//  --- the broker
//  ----------------------------------------------------------------------

extern char **environ;

static pid_t start_broker (char *folder, char *store)
{
    char program[4096];
    pid_t pid;
    ssize_t size = readlink ("/proc/self/exe", program, sizeof program - 32);
    if (size < 0)
        give_up ("where is this program?", NULL);
    program[size] = 0;
    strcat (dirname (program), "/daffi-broker");
    char *argv[] = {program,
                    "--quiet",
                    "--unix-sock-path",
                    folder,
                    store ? "--store" : "--no-store",
                    store,
                    NULL};
    if (posix_spawn (&pid, program, NULL, NULL, argv, environ))
        give_up (program, NULL);
    return pid;
}

static void connect_both (const char *folder)
{
    static const daffi_function_t functions[] = {
        {.name = "echo", .callback = echo, .run_inline = true},
        {.name = "tick", .callback = tick, .run_inline = true},
        {.name = NULL}};
    daffi_error_t error;
    worker = daffi_global_new (DAFFI_OPTIONS (.process_name = "worker",
                                              .unix_sock_path = folder,
                                              .functions = functions, .capacity = 4096,
                                              .connect_timeout_ms = 10000),
                               &error);
    if (worker)
        caller = daffi_global_new (DAFFI_OPTIONS (.process_name = "caller",
                                                  .unix_sock_path = folder,
                                                  .connect_timeout_ms = 10000),
                                   &error);
    if (!worker || !caller)
        give_up ("connect", &error);
}

int main (int argc, char **argv)
{
    long tasks = argc > 1 ? atol (argv[1]) : 100000;
    long rate = argc > 2 ? atol (argv[2]) : 10000;
    char folder[] = "/tmp/daffi-bench-XXXXXX";
    if (!mkdtemp (folder))
        give_up (folder, NULL);
    pid_t broker = start_broker (folder, argc > 3 ? argv[3] : NULL);
    connect_both (folder);
    measure ("no tasks");
    cancel_uuids = calloc (CANCELS, DAFFI_UUID_SIZE);
    batch_t first = {CANCELS, DAFFI_SCHEDULE (.interval = "1 day"), "tick",
                     cancel_uuids};
    schedule_batch (&first);
    schedule_many (tasks, "tick", DAFFI_SCHEDULE (.interval = "1 day"));
    measure ("tasks that wait");
    measure_cancels ();
    //  not all in the same millisecond
    schedule_many (rate, "tick",
                   DAFFI_SCHEDULE (.interval = "1s", .jitter_ms = 1000,
                                   .overlap = DAFFI_OVERLAP_PARALLEL));
    measure ("and tasks that run");
    measure ("and tasks that run, again");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&worker);
    kill (broker, SIGTERM);
    waitpid (broker, NULL, 0);
    rmdir (folder);
    free (cancel_uuids);
    return EXIT_SUCCESS;
}
