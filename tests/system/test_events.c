//  SPDX-License-Identifier: MPL-2.0
//  Who came, who left and why: lifecycle callbacks and events.

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "place.h"

//  --- lifecycle --------------------------------------------------------------------

static char story[64];
static size_t story_size;

static void tell (char letter)
{
    story[story_size++] = letter;
}

static void tell_init (daffi_global_t *global, void *arg)
{
    daffi_error_t error;
    CHECK (arg == story);
    tell ('i');
    CHECK (daffi_global_endpoint (global)[0]);
    CHECK_FINE (daffi_global_wait_process (global, "teller", 5000, &error), error);
}

static void tell_connect (daffi_global_t *global, void *arg)
{
    daffi_error_t error;
    CHECK (arg == story);
    tell ('c');
    //  it may call
    CHECK_FINE (daffi_global_wait_process (global, "teller", 5000, &error), error);
    board_add (BOARD_CONNECTED, 1);
}

static void tell_disconnect (daffi_global_t *global, void *arg)
{
    CHECK (global != NULL && arg == story);
    tell ('d');
    board_add (BOARD_DISCONNECTED, 1);
}

SYSTEM_TEST ("on_init comes once and first, then connect and disconnect in turn")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *node =
        START (at, .process_name = "teller", .on_init = tell_init,
               .on_node_connect = tell_connect, .on_node_disconnect = tell_disconnect,
               .lifecycle_arg = story);
    for (int i = 1; i <= 3; i++) {
        board_wait (BOARD_CONNECTED, i);
        process_kill (&broker);
        board_wait (BOARD_DISCONNECTED, i);
        broker = BROKER (at, "--settle", "0");
    }
    board_wait (BOARD_CONNECTED, 4);
    daffi_global_stop (node);
    CHECK_FINE (daffi_global_start (node, &error), error);
    board_wait (BOARD_CONNECTED, 5);
    daffi_global_destroy (&node);
    CHECK_EQ_STR (story, "icdcdcdcdcd");
    broker_stop (&broker);
}

//  --- events -----------------------------------------------------------------------

//  What was told, one line an event, until the test looks for the next.
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char lines[256][96];
    size_t count;
    size_t read;
} record_t;

static record_t heard = {.lock = PTHREAD_MUTEX_INITIALIZER,
                         .changed = PTHREAD_COND_INITIALIZER};

static void write_line (char *line, size_t capacity, const daffi_event_t *event)
{
    switch (event->type) {
    case DAFFI_EVENT_PROCESS_JOINED:
        snprintf (line, capacity, "joined %s", event->process);
        break;
    case DAFFI_EVENT_PROCESS_LEFT:
        snprintf (line, capacity, "left %s %s", event->process,
                  daffi_left_reason_name (event->reason));
        break;
    case DAFFI_EVENT_FUNCTION_ADDED:
        snprintf (line, capacity, "added %s %s '%s'", event->process, event->function,
                  event->signature);
        break;
    case DAFFI_EVENT_FUNCTION_REMOVED:
        snprintf (line, capacity, "removed %s %s", event->process, event->function);
        break;
    case DAFFI_EVENT_LOST:
        snprintf (line, capacity, "lost");
        break;
    }
}

static void on_event (daffi_global_t *global, const daffi_event_t *event, void *arg)
{
    (void)global;
    record_t *self = arg;
    pthread_mutex_lock (&self->lock);
    CHECK (self->count < sizeof self->lines / sizeof self->lines[0]);
    write_line (self->lines[self->count++], sizeof self->lines[0], event);
    pthread_cond_signal (&self->changed);
    pthread_mutex_unlock (&self->lock);
}

static void hear (const char *expected)
{
    pthread_mutex_lock (&heard.lock);
    while (heard.read == heard.count)
        pthread_cond_wait (&heard.changed, &heard.lock);
    CHECK_EQ_STR (heard.lines[heard.read], expected);
    heard.read++;
    pthread_mutex_unlock (&heard.lock);
}

//  So many, whatever they are.
static void hear_any (size_t count)
{
    pthread_mutex_lock (&heard.lock);
    while (heard.count < heard.read + count)
        pthread_cond_wait (&heard.changed, &heard.lock);
    heard.read += count;
    pthread_mutex_unlock (&heard.lock);
}

static void subscribe (daffi_global_t *global)
{
    daffi_error_t error;
    CHECK_FINE (daffi_global_subscribe (global, on_event, &heard, &error), error);
}

SYSTEM_TEST ("a subscriber is told of what is there, then of what comes and goes")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    const daffi_function_t first[] = {*serve_find ("add"), {.name = NULL}};
    daffi_global_t *server = START (at, .process_name = "server", .functions = first);
    daffi_global_t *watcher = START (at, .process_name = "watcher");
    subscribe (watcher);
    //  the order of processes is not promised, that within one is
    pthread_mutex_lock (&heard.lock);
    while (heard.count < 3)
        pthread_cond_wait (&heard.changed, &heard.lock);
    bool watcher_first = strcmp (heard.lines[0], "joined watcher") == 0;
    pthread_mutex_unlock (&heard.lock);
    if (watcher_first)
        hear ("joined watcher");
    hear ("joined server");
    hear ("added server add '(int, int) -> int'");
    if (!watcher_first)
        hear ("joined watcher");

    CHECK_OK (daffi_global_register_function (server, serve_find ("echo"), &error));
    hear ("added server echo '(any) -> any'");
    CHECK_OK (daffi_global_unregister (server, "add", &error));
    hear ("removed server add");
    daffi_global_destroy (&server);
    hear ("removed server echo");
    hear ("left server goodbye");

    server = START (at, .process_name = "server", .functions = first);
    hear ("joined server");
    hear ("added server add '(int, int) -> int'");
    //  nothing more once it has ended
    CHECK_OK (daffi_global_subscribe (watcher, NULL, NULL, &error));
    daffi_global_destroy (&server);
    CHECK_EQ_UINT (count_providers (watcher, "add"), 0);
    daffi_global_destroy (&watcher);
    CHECK_EQ_UINT (heard.read, heard.count);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("who left is told with the reason: lost, expired, superseded")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *watcher = START (at, .process_name = "watcher");
    subscribe (watcher);
    hear ("joined watcher");

    process_t killed = PROCESS (at, "worker", "name=killed", "only=add");
    hear ("joined killed");
    hear ("added killed add '(int, int) -> int'");
    process_kill (&killed);
    hear ("removed killed add");
    hear ("left killed lost");

    process_t stopped = PROCESS (at, "worker", "name=stopped", "only=add",
                                 "heartbeat=100", "timeout=400");
    hear ("joined stopped");
    hear ("added stopped add '(int, int) -> int'");
    process_freeze (&stopped);
    hear ("removed stopped add");
    hear ("left stopped expired");
    //  it finds out, and says HELLO again
    process_signal (&stopped, SIGCONT);
    hear ("joined stopped");
    hear ("added stopped add '(int, int) -> int'");

    process_t newer = PROCESS (at, "worker", "name=stopped", "only=add", "takeover=1");
    hear ("removed stopped add");
    hear ("left stopped superseded");
    hear ("joined stopped");
    hear ("added stopped add '(int, int) -> int'");
    process_kill (&stopped);
    process_stop (&newer);
    hear ("removed stopped add");
    hear ("left stopped goodbye");
    daffi_global_destroy (&watcher);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "after a restart of the controller a subscriber gets LOST and the new state")
{
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *watcher = START (at, .process_name = "watcher");
    subscribe (watcher);
    hear ("joined watcher");
    process_kill (&broker);
    broker = BROKER (at, "--settle", "0");
    hear ("lost");
    hear ("joined watcher");
    daffi_global_t *other = START (at, .process_name = "other");
    hear ("joined other");
    daffi_global_destroy (&other);
    hear ("left other goodbye");
    daffi_global_destroy (&watcher);
    broker_stop (&broker);
}

static void on_event_slowly (daffi_global_t *global, const daffi_event_t *event,
                             void *arg)
{
    (void)global, (void)event, (void)arg;
    board_add (BOARD_OTHER, 1);
    board_wait (BOARD_GATE, 1);
}

SYSTEM_TEST ("a subscriber that is slow delays nobody else")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *slow = START (at, .process_name = "slow");
    CHECK_OK (daffi_global_subscribe (slow, on_event_slowly, NULL, &error));
    board_wait (BOARD_OTHER, 1);
    daffi_global_t *watcher = START (at, .process_name = "watcher");
    subscribe (watcher);
    hear_any (2);
    for (int i = 0; i < 20; i++) {
        daffi_global_t *passing = START (at, .process_name = "passing");
        hear ("joined passing");
        daffi_global_destroy (&passing);
        hear ("left passing goodbye");
    }
    CHECK_EQ_INT (board_read (BOARD_OTHER), 1);
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_OTHER, 42);
    daffi_global_destroy (&watcher);
    daffi_global_destroy (&slow);
    daffi_global_destroy (&hub);
}
