//  SPDX-License-Identifier: MPL-2.0
//  07_presence: who is there, who left and why, and what becomes of their calls.
//
//  The watcher runs the controller and starts workers, processes of their own (this
//  program once more, with arguments). It waits for a function that nobody offers yet,
//  is told who comes and goes, and has a worker killed in the midst of a call: that
//  call fails at once, long before its deadline. The second time the call is marked
//  idempotent, which means it may run twice: another worker does it.
//
//  RUN: ./07_presence
//  OUTPUT:
//  | connected
//  | watcher joined
//  | watcher offers watcher.begin
//  | twice is PENDING
//  | worker-1 joined
//  | worker-1 offers twice
//  | twice is there, at worker-1
//  | worker-1 begins, and is killed
//  | worker-1 no longer offers twice
//  | worker-1 left: lost
//  | twice (21): PROCESS_LOST at worker-1, executed: maybe
//  | worker-2 joined
//  | worker-2 offers twice
//  | worker-3 joined
//  | worker-3 offers twice
//  | worker-<...> begins, and is killed
//  | worker-<...> no longer offers twice
//  | worker-<...> left: lost
//  | twice (21): 42 from worker-<...>, attempt 2
//  | worker-<...> no longer offers twice
//  | worker-<...> left: goodbye
//  END

#include <daffi.h>
#include <inttypes.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int failed (const daffi_error_t *error)
{
    fprintf (stderr, "%s\n", error->text);
    return EXIT_FAILURE;
}

//  --- the worker ---------------------------------------------------------------------

//  twice (n): 2 * n, once the watcher knows that it has begun.
static daffi_status_t twice (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t n;
    daffi_error_t error;
    if (daffi_request_int (request, 0, &n))
        return daffi_request_fail (request, "twice wants an integer");
    if (daffi_call_void (daffi_request_global (request), "watcher.begin", DAFFI_ARGS (),
                         &error))
        return daffi_request_fail_with (request, error.status, "%s", error.text);
    return daffi_request_reply (request, 2 * n);
}

//  Until SIGTERM; the end of the block stops the Global, which says goodbye.
static int work (const char *folder, const char *name)
{
    static const daffi_function_t functions[] = {
        {.name = "twice", .callback = twice, .signature = "(int) -> int"}, {0}};
    sigset_t terminate;
    sigemptyset (&terminate);
    sigaddset (&terminate, SIGTERM);
    pthread_sigmask (SIG_BLOCK, &terminate, NULL);

    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global =
        daffi_global_new (DAFFI_OPTIONS (.process_name = name, .unix_sock_path = folder,
                                         .functions = functions),
                          &error);
    if (!global)
        return failed (&error);
    int signal_number;
    sigwait (&terminate, &signal_number);
    return EXIT_SUCCESS;
}

//  --- the watcher --------------------------------------------------------------------

static struct {
    char name[16];
    pid_t pid;
} workers[3];
static const size_t worker_count = sizeof workers / sizeof *workers;

static atomic_bool deadly;  //  the next worker that begins is killed
static sem_t told;          //  posted for each line that these two print:

//  Lifecycle callbacks and events come one after the other, in a thread of the library.
static void on_connect (daffi_global_t *global, void *arg)
{
    (void)global, (void)arg;
    printf ("connected\n");
    sem_post (&told);
}

static void on_event (daffi_global_t *global, const daffi_event_t *event, void *arg)
{
    (void)global, (void)arg;
    switch (event->type) {
    case DAFFI_EVENT_PROCESS_JOINED:
        printf ("%s joined\n", event->process);
        break;
    case DAFFI_EVENT_PROCESS_LEFT:
        printf ("%s left: %s\n", event->process,
                daffi_left_reason_name (event->reason));
        break;
    case DAFFI_EVENT_FUNCTION_ADDED:
        printf ("%s offers %s\n", event->process, event->function);
        break;
    case DAFFI_EVENT_FUNCTION_REMOVED:
        printf ("%s no longer offers %s\n", event->process, event->function);
        break;
    case DAFFI_EVENT_LOST:
        printf ("events were lost; what is there now follows\n");
        break;
    }
    sem_post (&told);
}

//  Until so many more lines have been printed.
static void be_told (int lines)
{
    while (lines-- > 0)
        sem_wait (&told);
}

//  fork () alone is not enough where a Global runs: the child must exec too.
static bool start_worker (size_t i, const char *folder)
{
    snprintf (workers[i].name, sizeof workers[i].name, "worker-%zu", i + 1);
    char *argv[] = {"07_presence", (char *)folder, workers[i].name, NULL};
    if (posix_spawn (&workers[i].pid, "/proc/self/exe", NULL, NULL, argv, environ))
        return false;
    be_told (2);  //  it joined, it offers a function
    return true;
}

static void end_workers (void)
{
    for (size_t i = 0; i < worker_count; i++)
        if (workers[i].pid) {
            kill (workers[i].pid, SIGTERM);
            waitpid (workers[i].pid, NULL, 0);
            workers[i].pid = 0;
        }
}

//  The worker waits for this answer, so it is certainly in the midst of its call.
static daffi_status_t begin (daffi_request_t *request, void *arg)
{
    (void)arg;
    const char *name = daffi_request_caller (request);
    if (!atomic_exchange (&deadly, false))
        return DAFFI_OK;
    printf ("%s begins, and is killed\n", name);
    for (size_t i = 0; i < worker_count; i++)
        if (!strcmp (workers[i].name, name))
            kill (workers[i].pid, SIGKILL);
    return DAFFI_OK;
}

//  Driven by the controller's knowledge, not by asking again and again.
static int wait_for_twice (daffi_global_t *watcher, const char *folder)
{
    daffi_error_t error;
    const void *name;
    size_t size;
    DAFFI_AUTO (daffi_future) *there =
        daffi_global_wait_function_start (watcher, "twice", 10000, &error);
    if (!there)
        return failed (&error);
    printf ("twice is %s\n", daffi_status_name (daffi_future_wait (there, 10, NULL)));
    if (!start_worker (0, folder))
        return perror ("posix_spawn"), EXIT_FAILURE;
    if (daffi_future_wait (there, DAFFI_FOREVER, &error))
        return failed (&error);
    if (daffi_value_get_bytes (daffi_future_value (there), &name, &size))
        return EXIT_FAILURE;
    printf ("twice is there, at %.*s\n", (int)size, (const char *)name);
    return EXIT_SUCCESS;
}

static int call_twice (daffi_global_t *watcher, const daffi_call_options_t *options)
{
    static const char *const executed[] = {"no", "maybe", "yes"};
    int64_t result = -1;
    daffi_error_t error;
    deadly = true;
    DAFFI_AUTO (daffi_future) *call =
        daffi_call_start (watcher, "twice", DAFFI_ARGS (21), options, &error);
    if (!call)
        return failed (&error);
    daffi_status_t status = daffi_future_wait (call, DAFFI_FOREVER, &error);
    be_told (2);  //  its function is gone, the worker is gone
    if (status)
        printf ("twice (21): %s at %s, executed: %s\n", daffi_status_name (status),
                error.process, executed[error.executed]);
    else if (!daffi_value_get_int (daffi_future_value (call), &result))
        printf ("twice (21): %" PRId64 " from %s, attempt %" PRIu32 "\n", result,
                daffi_future_process (call), daffi_future_attempts (call));
    return EXIT_SUCCESS;
}

static int watch (const char *folder)
{
    static const daffi_function_t functions[] = {
        {.name = "watcher.begin", .callback = begin}, {0}};
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *watcher = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "watcher", .init_controller = true,
                       .unix_sock_path = folder, .functions = functions,
                       .on_node_connect = on_connect),
        &error);
    if (!watcher || daffi_global_subscribe (watcher, on_event, NULL, &error))
        return failed (&error);
    be_told (3);  //  connected, and what is there already

    if (wait_for_twice (watcher, folder) || call_twice (watcher, NULL))
        return EXIT_FAILURE;
    if (!start_worker (1, folder) || !start_worker (2, folder))
        return perror ("posix_spawn"), EXIT_FAILURE;
    if (call_twice (watcher, DAFFI_CALL (.idempotent = true)))
        return EXIT_FAILURE;
    end_workers ();
    be_told (2);  //  of the one that was left
    return daffi_global_subscribe (watcher, NULL, NULL, &error) ? failed (&error)
                                                                : EXIT_SUCCESS;
}

int main (int argc, char **argv)
{
    if (argc == 3)
        return work (argv[1], argv[2]);
    char folder[] = "/tmp/daffi-presence-XXXXXX";
    if (!mkdtemp (folder))
        return perror ("mkdtemp"), EXIT_FAILURE;
    sem_init (&told, 0, 0);
    int status = watch (folder);
    end_workers ();
    rmdir (folder);
    return status;
}
