//  SPDX-License-Identifier: MPL-2.0
//  daffi-ship: what function transfer costs, and what the runner survives.
//
//      daffi-ship time             a call in the node, in the warm and in the cold
//      runner
//                                  against a plain one, and a first shipment
//      daffi-ship torture COUNT    calls that crash, exit, loop, fork and open files;
//                                  then the runner is the same, and no zombie, child
//                                  or descriptor (memfds are such) is left over

#include <daffi_transfer.h>
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char folder[64];
    daffi_global_t *taker;
    daffi_global_t *caller;
} scene_t;

static void require (bool condition, const char *what, const daffi_error_t *error)
{
    if (condition)
        return;
    fprintf (stderr, "daffi-ship: %s: %s\n", what, error ? error->text : "");
    exit (1);
}

static daffi_status_t plain (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 1);
}

static void start (scene_t *self, const daffi_transfer_options_t *options)
{
    daffi_error_t error;
    snprintf (self->folder, sizeof self->folder, "/tmp/daffi-ship-XXXXXX");
    require (mkdtemp (self->folder) != NULL, "mkdtemp", NULL);
    self->taker = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "taker", .init_controller = true,
                       .unix_sock_path = self->folder, .transfer = options),
        &error);
    require (self->taker != NULL, "taker", &error);
    require (!daffi_global_register (self->taker, "plain", plain, NULL, &error),
             "plain", &error);
    self->caller = daffi_global_new (
        DAFFI_OPTIONS (.unix_sock_path = self->folder, .connect_timeout_ms = 10000),
        &error);
    require (self->caller != NULL, "caller", &error);
    require (!daffi_global_wait_function (self->caller, "plain", 10000, &error),
             "plain", &error);
}

static void stop (scene_t *self)
{
    daffi_global_destroy (&self->caller);
    daffi_global_destroy (&self->taker);
    char path[128];
    snprintf (path, sizeof path, "%s/.lock", self->folder);
    unlink (path);
    rmdir (self->folder);
}

static daffi_payload_t *payload_of (const char *name)
{
    char path[4096];
    daffi_error_t error;
    const char *build = getenv ("DAFFI_BUILD_DIR");
    snprintf (path, sizeof path, "%s/tests/payloads/%s.so", build ? build : ".", name);
    daffi_payload_t *payload = daffi_payload_open (path, &error);
    require (payload != NULL, path, &error);
    return payload;
}

//  --- time ---------------------------------------------------------------------------

static double now_us (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int by_size (const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

//  Of one call: a plain one to any process, to this one by its name, or a shipped one.
typedef enum { PLAIN, NAMED, SHIPPED, KINDS } kind_t;

static double timed (scene_t *at, kind_t kind, const daffi_payload_t *payload)
{
    daffi_error_t error;
    daffi_status_t status;
    double begin_us = now_us ();
    if (kind == SHIPPED)
        status = daffi_global_transfer_and_call (
            at->caller, "taker", payload, "nothing", DAFFI_ARGS (), NULL, &error);
    else
        status = daffi_call (at->caller, "plain", DAFFI_ARGS (),
                             kind == NAMED ? DAFFI_CALL (.process = "taker") : NULL,
                             NULL, &error);
    double time_us = now_us () - begin_us;
    require (!status, "a call", &error);
    return time_us;
}

static double *times_of (int count)
{
    double *times = calloc ((size_t)count, sizeof *times);
    require (times != NULL, "memory", NULL);
    return times;
}

static double part (const double *sorted, int count, int percent)
{
    return sorted[count * percent / 100];
}

//  Each kind in turn, so that all see the same machine.
static void time_calls (const char *title, const daffi_transfer_options_t *options,
                        int count)
{
    scene_t at;
    double *times[KINDS] = {times_of (count), times_of (count), times_of (count)};
    daffi_payload_t *payload = payload_of ("good");
    start (&at, options);
    for (int i = -count / 10; i < count; i++)
        for (kind_t kind = PLAIN; kind < KINDS; kind++) {
            double time_us = timed (&at, kind, payload);
            if (i >= 0)
                times[kind][i] = time_us;
        }
    for (kind_t kind = PLAIN; kind < KINDS; kind++)
        qsort (times[kind], (size_t)count, sizeof (double), by_size);
    double p50 = part (times[SHIPPED], count, 50);
    printf ("%-11s p50 %7.1f us, beyond plain %+7.1f, beyond plain by name %+7.1f; "
            "p90 %8.1f, plain %8.1f\n",
            title, p50, p50 - part (times[PLAIN], count, 50),
            p50 - part (times[NAMED], count, 50), part (times[SHIPPED], count, 90),
            part (times[PLAIN], count, 90));
    for (kind_t kind = PLAIN; kind < KINDS; kind++)
        free (times[kind]);
    daffi_payload_destroy (&payload);
    stop (&at);
}

static void time_shipment (const char *name, const char *function)
{
    enum { ROUNDS = 9 };
    double times[ROUNDS];
    daffi_error_t error;
    daffi_payload_t *payload = payload_of (name);
    for (int i = 0; i < ROUNDS; i++) {
        scene_t at;
        start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true));
        double begin_us = now_us ();
        require (!daffi_global_transfer_and_call (at.caller, "taker", payload, function,
                                                  DAFFI_ARGS (), NULL, &error),
                 function, &error);
        times[i] = now_us () - begin_us;
        stop (&at);
    }
    qsort (times, ROUNDS, sizeof *times, by_size);
    printf ("first shipment, %7llu B %9.2f ms\n",
            (unsigned long long)daffi_payload_info (payload)->size_bytes,
            times[ROUNDS / 2] / 1e3);
    daffi_payload_destroy (&payload);
}

static int measure (void)
{
    time_calls ("in the node",
                DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true), 3000);
    time_calls ("warm runner",
                DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true),
                3000);
    time_calls ("cold runner",
                DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true,
                                .fresh_child = true),
                100);
    time_shipment ("good", "nothing");
    time_shipment ("large", "nothing");
    return 0;
}

//  --- torture ------------------------------------------------------------------------

static int entries (const char *folder)
{
    DIR *dir = opendir (folder);
    int count = 0;
    require (dir != NULL, folder, NULL);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

//  Calls `tell` for each child of a process, with its name and its state.
static void
each_child (int pid, void (*tell) (void *arg, int child, const char *name, char state),
            void *arg)
{
    char path[300], name[64];
    snprintf (path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir (path);
    const struct dirent *entry;
    while (tasks && (entry = readdir (tasks))) {
        int child;
        snprintf (path, sizeof path, "/proc/%d/task/%s/children", pid, entry->d_name);
        FILE *list = entry->d_name[0] == '.' ? NULL : fopen (path, "r");
        while (list && fscanf (list, "%d", &child) == 1) {
            char state = '?';
            snprintf (path, sizeof path, "/proc/%d/stat", child);
            FILE *stat = fopen (path, "r");
            if (stat && fscanf (stat, "%*d (%63[^)]) %c", name, &state) == 2)
                tell (arg, child, name, state);
            if (stat)
                fclose (stat);
        }
        if (list)
            fclose (list);
    }
    if (tasks)
        closedir (tasks);
}

typedef struct {
    int runner;
    int children;
    int zombies;
    int files;         //  of this process, which is the node
    int runner_files;  //  of the runner
} remains_t;

static void find_runner (void *arg, int child, const char *name, char state)
{
    remains_t *self = arg;
    self->zombies += state == 'Z';
    if (strcmp (name, "daffi-runner") == 0)
        self->runner = child;
}

static void count_child (void *arg, int child, const char *name, char state)
{
    remains_t *self = arg;
    (void)child, (void)name;
    self->children++;
    self->zombies += state == 'Z';
}

static remains_t look (void)
{
    remains_t self = {.files = entries ("/proc/self/fd")};
    char path[64];
    each_child (getpid (), find_runner, &self);
    require (self.runner != 0, "the runner is gone", NULL);
    each_child (self.runner, count_child, &self);
    snprintf (path, sizeof path, "/proc/%d/fd", self.runner);
    self.runner_files = entries (path);
    return self;
}

//  Once the last child has gone and the runner has closed what it had of it;
//  `files_max` as many as the runner may keep.
static remains_t look_when_quiet (int files_max)
{
    remains_t self = look ();
    for (int i = 0;
         i < 200 && (self.children || self.zombies || self.runner_files > files_max);
         i++) {
        usleep (10000);
        self = look ();
    }
    return self;
}

static const struct {
    const char *function;
    daffi_status_t status;
} deeds[] = {{"segfault", DAFFI_CRASHED}, {"aborts", DAFFI_CRASHED},
             {"exits", DAFFI_CRASHED},    {"forks", DAFFI_FORBIDDEN},
             {"opens", DAFFI_FORBIDDEN},  {"connects", DAFFI_FORBIDDEN},
             {"recurses", DAFFI_CRASHED}, {"executes", DAFFI_FORBIDDEN},
             {"kills", DAFFI_FORBIDDEN},  {"fine", DAFFI_OK},
             {"eats", DAFFI_LIMIT},       {"loops", DAFFI_LIMIT}};

typedef struct {
    const scene_t *at;
    const daffi_payload_t *payload;
    int count;
    atomic_int next;
    atomic_int wrong;
} torture_t;

//  Each has time: on a busy machine a loop takes long to use up its second.
static daffi_status_t torment_one (const torture_t *self, const char *function,
                                   daffi_error_t *error)
{
    DAFFI_AUTO (daffi_future) *call = daffi_global_transfer_start (
        self->at->caller, self->payload, function, DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker", .timeout_ms = 600000), error);
    return call ? daffi_future_wait (call, DAFFI_FOREVER, error) : error->status;
}

static void *torment (void *arg)
{
    enum { DEEDS = sizeof deeds / sizeof deeds[0] };
    torture_t *self = arg;
    daffi_error_t error;
    for (int i; (i = atomic_fetch_add (&self->next, 1)) < self->count;) {
        //  a loop takes its second of CPU time: now and then only
        int deed = i % 1000 == 999 ? DEEDS - 1 : i % (DEEDS - 1);
        daffi_status_t status = torment_one (self, deeds[deed].function, &error);
        if (status != deeds[deed].status && atomic_fetch_add (&self->wrong, 1) < 10)
            fprintf (stderr, "%s: %s, %s\n", deeds[deed].function,
                     daffi_status_name (status), status ? error.text : "");
    }
    return NULL;
}

//  Several at once, so that no child dies alone.
static void torment_all (torture_t *self)
{
    enum { CALLERS = 4 };
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        require (!pthread_create (&callers[i], NULL, torment, self), "thread", NULL);
    for (int i = 0; i < CALLERS; i++)
        pthread_join (callers[i], NULL);
}

static int torture (int count)
{
    scene_t at;
    daffi_error_t error;
    daffi_payload_t *payload = payload_of ("bad");
    start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true,
                                .fresh_child = true, .child_memory_bytes = 64 << 20,
                                .child_cpu_ms = 1000));
    torture_t all = {.at = &at, .payload = payload, .count = count};
    require (!daffi_global_transfer_and_call (at.caller, "taker", payload, "fine",
                                              DAFFI_ARGS (), NULL, &error),
             "fine", &error);
    (void)look_when_quiet (INT_MAX);
    usleep (50000);
    remains_t before = look ();
    double begin_us = now_us ();
    torment_all (&all);
    double time_s = (now_us () - begin_us) / 1e6;
    remains_t after = look_when_quiet (before.runner_files);
    int wrong = atomic_load (&all.wrong);
    bool sound = after.runner == before.runner && !after.children && !after.zombies &&
                 after.files <= before.files &&
                 after.runner_files <= before.runner_files;
    printf ("%d calls in %.0f s, %d not as expected; the same runner: %s; children "
            "left: %d, zombies: %d; descriptors of the node: %d before, %d after; of "
            "the runner: %d before, %d after\n",
            count, time_s, wrong, after.runner == before.runner ? "yes" : "no",
            after.children, after.zombies, before.files, after.files,
            before.runner_files, after.runner_files);
    daffi_payload_destroy (&payload);
    stop (&at);
    return wrong || !sound;
}

int main (int argc, char **argv)
{
    if (argc == 2 && strcmp (argv[1], "time") == 0)
        return measure ();
    if (argc == 3 && strcmp (argv[1], "torture") == 0)
        return torture (atoi (argv[2]));
    fprintf (stderr, "usage: daffi-ship time | daffi-ship torture COUNT\n");
    return 2;
}
