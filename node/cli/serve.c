//  SPDX-License-Identifier: MPL-2.0
//  daffi serve: any program becomes a function.

#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "logging.h"
#include "process.h"
#include "serve_run.h"

enum {
    OPTION_STREAM,
    OPTION_ARGS,
    OPTION_JOBS,
    OPTION_NAME,
    OPTION_TAKEOVER,
    OPTION_SIGNATURE,
    OPTION_DRAIN_TIMEOUT,
    OPTION_QUIET,
    OPTION_COUNT
};

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_STREAM] = {.name = "stream",
                       .kind = DAFFI_OPTION_FLAG,
                       .help = "by lines: each item that the caller sends is a line of "
                               "input, each line of output an item"},
    [OPTION_ARGS] = {.name = "args",
                     .kind = DAFFI_OPTION_FLAG,
                     .help = "the caller's arguments go behind the command, not into "
                             "its standard input. They may look like options: for "
                             "commands that bear it"},
    [OPTION_JOBS] = {.name = "jobs",
                     .value = "N",
                     .environment = "DAFFI_JOBS",
                     .standard = "4",
                     .example = "1",
                     .kind = DAFFI_OPTION_NUMBER,
                     .min = 1,
                     .max = 1024,
                     .help = "so many of it at once; further calls wait"},
    [OPTION_NAME] = {.name = "name",
                     .value = "NAME",
                     .environment = "DAFFI_NAME",
                     .example = "upper-1",
                     .kind = DAFFI_OPTION_TEXT,
                     .help = "name of this process; none: daffi-serve and a number"},
    [OPTION_TAKEOVER] = {.name = "takeover",
                         .kind = DAFFI_OPTION_FLAG,
                         .help = "replace a process of the same name"},
    [OPTION_SIGNATURE] = {.name = "signature",
                          .value = "TEXT",
                          .example = "'(text) -> text'",
                          .kind = DAFFI_OPTION_TEXT,
                          .help = "shown to others; none: the command"},
    [OPTION_DRAIN_TIMEOUT] = {.name = "drain-timeout",
                              .value = "TIME",
                              .environment = "DAFFI_DRAIN_TIMEOUT",
                              .standard = "5s",
                              .example = "5s",
                              .kind = DAFFI_OPTION_TIME,
                              .max = INT64_MAX,
                              .help = "at the end, what runs may take this long to "
                                      "finish"},
    [OPTION_QUIET] = {.name = "quiet",
                      .letter = 'q',
                      .environment = "DAFFI_QUIET",
                      .kind = DAFFI_OPTION_FLAG,
                      .help = "do not say when it is connected"},
};

static const daffi_example_t examples[] = {
    {"daffi serve upper -- tr a-z A-Z", "echo hello | daffi call upper - prints HELLO"},
    {"daffi serve thumbnail --jobs 2 -- convert - -resize 80x80 png:-",
     "two at once; the picture goes in and comes out as bytes"},
    {"daffi serve tail --args --stream -- tail -f",
     "daffi call tail /var/log/syslog --stream follows the file"},
    {"daffi serve sum -- jq add", "daffi call sum 1 2 3 prints 6"},
    {NULL, NULL}};

static void on_connect (daffi_global_t *global, void *arg)
{
    const daffi_cli_t *self = arg;
    if (!self->quiet) {
        printf ("%s offers %s at %s\n", daffi_global_process_name (global),
                self->words[0], daffi_global_endpoint (global));
        fflush (stdout);
    }
}

static void on_disconnect (daffi_global_t *global, void *arg)
{
    const daffi_cli_t *self = arg;
    daffi_state_t state = daffi_global_state (global, NULL);
    bool stops = state == DAFFI_STATE_STOPPING || state == DAFFI_STATE_STOPPED;
    if (!self->quiet && !stops) {
        printf ("%s has no controller, and waits for one\n",
                daffi_global_process_name (global));
        fflush (stdout);
    }
}

//  Else nothing at all would be said where nobody has started one.
static void note_alone (const daffi_cli_t *self)
{
    char endpoint[256];
    if (self->quiet || daffi_global_state (self->global, NULL) == DAFFI_STATE_CONNECTED)
        return;
    daffi_cli_endpoint (self, endpoint, sizeof endpoint);
    fprintf (stderr,
             "%s: no controller at %s yet; it waits for one\n  start one: daffi up\n",
             self->program, endpoint);
}

static void nothing (void *arg)
{
    (void)arg;
}

//  The command as it would be typed, cut to what a signature may be.
static const char *command_line (daffi_cli_t *self, const daffi_serve_run_t *run)
{
    char text[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < run->command_count && used < sizeof text - 1; i++) {
        int size = snprintf (text + used, sizeof text - used, "%s%s", i ? " " : "",
                             run->command[i]);
        used += size > 0 ? (size_t)size : 0;
    }
    return daffi_keep_text (&self->keep, text, strlen (text));
}

static daffi_exit_t start (daffi_cli_t *self, daffi_serve_run_t *run)
{
    const daffi_option_value_t *signature = daffi_cli_option (self, OPTION_SIGNATURE);
    uint32_t jobs = (uint32_t)daffi_cli_option (self, OPTION_JOBS)->number;
    int64_t drain_ms = daffi_cli_option (self, OPTION_DRAIN_TIMEOUT)->number;
    const daffi_function_t functions[] = {
        {.name = self->words[0],
         .callback = daffi_serve_run,
         .arg = run,
         .signature = signature->text ? signature->text : command_line (self, run),
         .max_running = jobs},
        {.name = NULL}};
    return daffi_cli_connect (
        self, &(daffi_options_t){
                  .process_name = daffi_cli_option (self, OPTION_NAME)->text,
                  .takeover = daffi_cli_option (self, OPTION_TAKEOVER)->number,
                  .functions = functions,
                  .workers = jobs + 1,  //  one for what is told of the connection
                  .drain_timeout_ms = drain_ms ? drain_ms : 1,
                  .on_node_connect = on_connect,
                  .on_node_disconnect = on_disconnect,
                  .lifecycle_arg = self});
}

//  As execvp (3) would find it.
static bool is_there (daffi_cli_t *self, const char *command)
{
    const char *path = getenv ("PATH");
    if (strchr (command, '/') || !path)
        return !path || access (command, X_OK) == 0;
    for (; *path; path += *path == ':') {
        int size = (int)strcspn (path, ":");
        if (access (daffi_keep_format (&self->keep, "%.*s%s%s", size, path,
                                       size ? "/" : "", command),
                    X_OK) == 0)
            return true;
        path += size;
    }
    return false;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    static daffi_logging_t logging = {.level = DAFFI_LOG_ERROR};
    //  Static: the program may leave at once, while threads still look at it.
    static daffi_serve_run_t how;
    if (self->set.rest != 1 || self->set.word_count < 2)
        return daffi_cli_usage (self, "usage: daffi serve FUNCTION -- COMMAND…");
    if (!is_there (self, self->words[1]))
        return daffi_problem_set (&self->problem, DAFFI_EXIT_USAGE,
                                  "no such program: %s\n"
                                  "  for a line of the shell: daffi serve %s -- sh -c "
                                  "'COMMAND…'",
                                  self->words[1], self->words[0]);
    how = (daffi_serve_run_t){
        .command_count = self->set.word_count - 1,
        .command = daffi_keep (&self->keep, self->set.word_count * sizeof (char *)),
        .stream = daffi_cli_option (self, OPTION_STREAM)->number,
        .args = daffi_cli_option (self, OPTION_ARGS)->number};
    memcpy ((void *)how.command, &self->words[1], how.command_count * sizeof (char *));
    self->quiet = daffi_cli_option (self, OPTION_QUIET)->number;

    int signal_fd = daffi_process_prepare ();
    if (signal_fd < 0)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL, "signalfd: %s",
                                  strerror (errno));
    daffi_exit_t code = start (self, &how);
    if (!code)
        note_alone (self);
    if (!code) {
        const daffi_serve_t until = {.global = self->global,
                                     .signal_fd = signal_fd,
                                     .logging = &logging,
                                     .on_drain = nothing};
        if (daffi_serve (&until) == DAFFI_SERVED_AT_ONCE)
            _exit (DAFFI_EXIT_OK);
    }
    close (signal_fd);
    return code;
}

const daffi_command_t daffi_command_serve = {
    .name = "serve",
    .group = "Start",
    .summary = "offer a program as a function",
    .usage = "FUNCTION -- COMMAND [ARGUMENT…]",
    .text = "Offers FUNCTION until it is interrupted, and waits for a controller where "
            "there is none; each call runs COMMAND. A string or bytes as the one "
            "argument are its standard input as they are, anything else is JSON: one "
            "value, or an array of all arguments. What it prints is the result, a "
            "string where it is UTF-8, else bytes. An exit status other than 0 is an "
            "error, with the last line of its standard error as the text. "
            "$DAFFI_FUNCTION and $DAFFI_CALLER say what was called and by whom.\n"
            "A call that is cancelled or late is sent SIGTERM, and after 2 s SIGKILL, "
            "with all that it started in its process group.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .least_words = 2,
    .most_words = DAFFI_WORDS_MAX,
    .patient = true,
    .run = run,
};
