//  SPDX-License-Identifier: MPL-2.0
//  daffi monitor: who comes and goes and what is called, live, a line each.

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "commands.h"
#include "follow.h"
#include "json.h"
#include "rows.h"

enum { OPTION_CALLS, OPTION_EVENTS, OPTION_FUNCTION, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_CALLS] = {.name = "calls",
                      .kind = DAFFI_OPTION_FLAG,
                      .help = "calls only, not who comes and goes"},
    [OPTION_EVENTS] = {.name = "events",
                       .kind = DAFFI_OPTION_FLAG,
                       .help = "only who comes and goes, not calls"},
    [OPTION_FUNCTION] = {.name = "function",
                         .value = "NAME",
                         .example = "add",
                         .kind = DAFFI_OPTION_TEXT,
                         .help = "of calls, those of this function"},
};

static const daffi_example_t examples[] = {
    {"daffi monitor", "everything"},
    {"daffi monitor --calls --function add --json", "one function, for programs"},
    {NULL, NULL}};

//  Events come in a thread of their own.
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

typedef struct {
    const char *what;
    daffi_ink_t ink;
    const char *text;
    struct json_object *object;  //  taken
} line_t;

static void print_line (daffi_cli_t *self, const line_t *line)
{
    char when[32];
    struct timespec now;
    struct tm local;
    const daffi_style_t *style = &self->style;
    pthread_mutex_lock (&output);
    if (self->json) {
        daffi_json_print (line->object, false);
    } else {
        clock_gettime (CLOCK_REALTIME, &now);
        localtime_r (&now.tv_sec, &local);
        strftime (when, sizeof when, "%H:%M:%S", &local);
        printf ("%s%s.%03ld%s%s%s%-8s%s%s", daffi_ink (style, DAFFI_INK_FAINT), when,
                now.tv_nsec / 1000000, daffi_ink_off (style),
                style->terminal ? "  " : "\t", daffi_ink (style, line->ink), line->what,
                daffi_ink_off (style), style->terminal ? "  " : "\t");
        daffi_print_safe (style, stdout, line->text, strlen (line->text), false);
        putchar ('\n');
        json_object_put (line->object);
    }
    if (fflush (stdout) || ferror (stdout))
        daffi_follow_end ();
    pthread_mutex_unlock (&output);
}

//  --- events -----------------------------------------------------------------------

static void describe (const daffi_event_t *event, line_t *line, char *text, size_t size)
{
    switch (event->type) {
    case DAFFI_EVENT_PROCESS_JOINED:
        *line = (line_t){"joined", DAFFI_INK_GOOD, text, NULL};
        snprintf (text, size, "%s", event->process);
        return;
    case DAFFI_EVENT_PROCESS_LEFT:
        *line = (line_t){"left", DAFFI_INK_WARN, text, NULL};
        snprintf (text, size, "%s (%s)", event->process,
                  daffi_left_reason_name (event->reason));
        return;
    case DAFFI_EVENT_FUNCTION_ADDED:
        *line = (line_t){"offers", DAFFI_INK_GOOD, text, NULL};
        snprintf (text, size, "%s at %s  %s", event->function, event->process,
                  event->signature);
        return;
    case DAFFI_EVENT_FUNCTION_REMOVED:
        *line = (line_t){"removes", DAFFI_INK_WARN, text, NULL};
        snprintf (text, size, "%s at %s", event->function, event->process);
        return;
    case DAFFI_EVENT_LOST:
        break;
    }
    *line = (line_t){"lost", DAFFI_INK_BAD, text, NULL};
    snprintf (text, size, "some events were not told; what is there follows");
}

static void add_text (struct json_object *object, const char *key, const char *text)
{
    if (text)
        json_object_object_add (object, key, json_object_new_string (text));
}

static void on_event (daffi_global_t *global, const daffi_event_t *event, void *arg)
{
    daffi_cli_t *self = arg;
    char text[1024];
    line_t line;
    if (event->process &&
        strcmp (event->process, daffi_global_process_name (global)) == 0)
        return;
    describe (event, &line, text, sizeof text);
    line.object = json_object_new_object ();
    add_text (line.object, "event", line.what);
    add_text (line.object, "process", event->process);
    add_text (line.object, "function", event->function);
    add_text (line.object, "signature", event->signature);
    if (event->type == DAFFI_EVENT_PROCESS_LEFT)
        add_text (line.object, "reason", daffi_left_reason_name (event->reason));
    print_line (self, &line);
}

//  --- calls ------------------------------------------------------------------------

static void print_call (daffi_cli_t *self, const daffi_value_t *map)
{
    daffi_keep_t before = self->keep;
    const char *only = daffi_cli_option (self, OPTION_FUNCTION)->text;
    const char *event = daffi_map_text (self, map, "event");
    const char *function = daffi_map_text (self, map, "function");
    bool ended = strcmp (event, "ended") == 0;
    uint64_t status = daffi_map_number (map, "status");
    uint64_t missed = daffi_map_number (map, "missed");
    if (!only || strcmp (only, function) == 0) {
        line_t line = {.what = !ended   ? "call"
                               : status ? "failed"
                                        : "done",
                       .ink = !ended   ? DAFFI_INK_NONE
                              : status ? DAFFI_INK_BAD
                                       : DAFFI_INK_GOOD,
                       .object = daffi_json_of (map)};
        line.text = daffi_keep_format (
            &self->keep, "%s  %s/%llu -> %s  %s%s%s%s", function,
            daffi_map_text (self, map, "caller"),
            (unsigned long long)daffi_map_number (map, "id"),
            daffi_map_text (self, map, "process"),
            daffi_duration (&self->keep, (int64_t)daffi_map_number (map, "time_ms")),
            status ? "  " : "",
            status ? daffi_status_name ((daffi_status_t)status) : "",
            missed ? "  (and some that were not told)" : "");
        print_line (self, &line);
    }
    //  it may run for days
    daffi_keep_back (&self->keep, before);
}

//  Until the stream ends, with why it did; OK: the end was asked for.
static daffi_exit_t read_calls (daffi_cli_t *self, daffi_stream_t *stream)
{
    daffi_error_t error;
    daffi_result_t *item;
    for (;;) {
        daffi_status_t status = daffi_stream_receive (stream, 0, &item, &error);
        if (!status) {
            print_call (self, daffi_result_value (item));
            daffi_result_destroy (&item);
        } else if (status != DAFFI_PENDING)
            return daffi_cli_failed (self, &error);
        if (!daffi_follow_until (daffi_stream_receive_fd (stream)))
            return DAFFI_EXIT_OK;
    }
}

static daffi_exit_t follow_calls (daffi_cli_t *self)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (self->global, "$sys.monitor", DAFFI_ARGS (),
                           DAFFI_CALL (.timeout_ms = DAFFI_FOREVER), &error);
    if (!stream)
        return daffi_cli_failed (self, &error);
    daffi_stream_send_end (stream);
    return read_calls (self, stream);
}

//  --- the controller ---------------------------------------------------------------

static void tell (daffi_cli_t *self, const char *what, daffi_ink_t ink,
                  const char *text)
{
    char endpoint[256], whole[320];
    daffi_cli_endpoint (self, endpoint, sizeof endpoint);
    snprintf (whole, sizeof whole, "the controller at %s%s", endpoint, text);
    const line_t line = {what, ink, whole, json_object_new_object ()};
    add_text (line.object, "event", what);
    add_text (line.object, "controller", endpoint);
    print_line (self, &line);
}

static bool away;  //  lifecycle callbacks come one after the other

static void on_disconnect (daffi_global_t *global, void *arg)
{
    if (daffi_global_state (global, NULL) >= DAFFI_STATE_STOPPING)
        return;
    away = true;
    tell (arg, "away", DAFFI_INK_BAD, "; waiting until it is back");
}

static void on_connect (daffi_global_t *global, void *arg)
{
    (void)global;
    if (away)
        tell (arg, "back", DAFFI_INK_GOOD, "");
    away = false;
}

//  --- all of it --------------------------------------------------------------------

static daffi_exit_t follow (daffi_cli_t *self, bool calls, bool events)
{
    daffi_error_t error;
    daffi_exit_t code;
    if (!calls && daffi_global_subscribe (self->global, on_event, self, &error))
        return daffi_cli_failed (self, &error);
    if (events) {
        daffi_follow_until (-1);
        return DAFFI_EXIT_OK;
    }
    while ((code = follow_calls (self)) && daffi_follow_away (self, code))
        if ((code = daffi_follow_return (self)) || !daffi_follow_pause (0))
            break;
    return code;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    bool calls = daffi_cli_option (self, OPTION_CALLS)->number;
    bool events = daffi_cli_option (self, OPTION_EVENTS)->number;
    if (calls && events)
        return daffi_cli_usage (self, "--calls and --events exclude each other");
    daffi_exit_t code = daffi_follow_begin (
        self, &(daffi_options_t){.workers = 1,
                                 .on_node_connect = on_connect,
                                 .on_node_disconnect = on_disconnect,
                                 .lifecycle_arg = self});
    if (!code)
        code = follow (self, calls, events);
    daffi_global_destroy (&self->global);
    return code;
}

const daffi_command_t daffi_command_monitor = {
    .name = "monitor",
    .group = "Look",
    .summary = "watch calls, and who comes and goes, live",
    .usage = "",
    .text =
        "Prints a line for each process that comes or goes, for each function that "
        "is offered or withdrawn, and for each call as it is given to a process and "
        "as it ends, until it is interrupted (Ctrl-C: exit code 0). What it prints too "
        "slowly it is not told; nobody waits for it.\n"
        "Where the controller goes it prints a line that begins with away, waits, and "
        "goes on with a line that begins with back; with --json these are the events "
        "away and back.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .json = true,
    .run = run,
};
