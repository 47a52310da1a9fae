//  SPDX-License-Identifier: MPL-2.0
//  The controller as a program: `daffi-broker`, and `daffi up`, which is the same.

#include "broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daffi.h"
#include "exits.h"
#include "logging.h"
#include "notify.h"
#include "own_file.h"
#include "process.h"
#include "reach.h"
#include "serve.h"
#include "settings.h"
#include "store_place.h"

typedef struct {
    const char *program;
    daffi_settings_t settings;
    daffi_logging_t logging;
    daffi_problem_t problem;
    daffi_global_t *global;
    daffi_own_file_t endpoint_file;
    daffi_own_file_t socket;  //  the UNIX socket, if it is one
} broker_t;

//  --- where it may listen ---------------------------------------------------

static daffi_exit_t refuse_network (broker_t *self)
{
    const char *host = self->settings.global.host;
    char port[16] = "";
    if (self->settings.global.port)
        snprintf (port, sizeof port, " --port %u", self->settings.global.port);
    return daffi_problem_set (
        &self->problem, DAFFI_EXIT_CONFIGURATION,
        "not listening on %s: other machines may reach it, and there is no "
        "authentication yet, so anybody there could call and offer functions\n"
        "  for this machine only:       %s --host 127.0.0.1%s\n"
        "  for this user only:          %s\n"
        "  on a network that you trust: %s --host %s%s --insecure",
        host, self->program, port, self->program, self->program, host, port);
}

static daffi_exit_t check_reach (broker_t *self)
{
    const char *host = self->settings.global.host;
    if (!host)
        return DAFFI_EXIT_OK;
    const char *why;
    switch (daffi_reach_of (host, &why)) {
    case DAFFI_REACH_THIS_HOST:
        daffi_logging_say (&self->logging, DAFFI_LOG_INFO, "broker.open",
                           "host=%s meaning=\"anybody on this machine may connect\"",
                           host);
        return DAFFI_EXIT_OK;
    case DAFFI_REACH_NETWORK:
        if (!self->settings.insecure)
            return refuse_network (self);
        daffi_logging_say (&self->logging, DAFFI_LOG_WARNING, "broker.insecure",
                           "host=%s meaning=\"ANYBODY who reaches this address may "
                           "connect, call every function and offer functions: there "
                           "is no authentication\"",
                           host);
        return DAFFI_EXIT_OK;
    case DAFFI_REACH_UNKNOWN:
        break;
    }
    return daffi_problem_set (&self->problem, DAFFI_EXIT_ENDPOINT,
                              "cannot listen on \"%s\": %s\n"
                              "  for this machine only: %s --host 127.0.0.1",
                              host, why, self->program);
}

//  The store that nobody named is made with the first task: whoever starts the broker
//  is told before that where it cannot be.
static void check_store (broker_t *self)
{
    const daffi_options_t *options = &self->settings.global;
    if (options->store && options->store_when_used &&
        access (options->store, F_OK) != 0 &&
        !daffi_store_place_usable (options->store))
        daffi_logging_say (
            &self->logging, DAFFI_LOG_WARNING, "broker.no_store",
            "store=%s reason=\"%s\" meaning=\"tasks will be refused; name "
            "another file with --store, or keep them in memory with "
            "--no-store\"",
            options->store, strerror (errno));
}

//  --- ready and over --------------------------------------------------------

static void notify (broker_t *self, const char *state)
{
    if (!daffi_notify (state))
        daffi_logging_say (&self->logging, DAFFI_LOG_WARNING, "broker.notify_failed",
                           "state=%s reason=\"%s\"", state, strerror (errno));
}

static daffi_exit_t announce (broker_t *self)
{
    const char *endpoint = daffi_global_endpoint (self->global);
    const char *file = self->settings.endpoint_file;
    if (strncmp (endpoint, "ipc://", 6) == 0)
        daffi_own_file_adopt (&self->socket, endpoint + 6);
    if (file && !daffi_own_file_write (&self->endpoint_file, file, endpoint))
        return daffi_problem_set (&self->problem, DAFFI_EXIT_CONFIGURATION,
                                  "cannot write the endpoint file %s: %s\n"
                                  "  name a file in a folder that you may write to",
                                  file, strerror (errno));
    daffi_logging_say (&self->logging, DAFFI_LOG_INFO, "broker.ready",
                       "endpoint=%s name=%s version=%s pid=%ld", endpoint,
                       daffi_global_process_name (self->global), DAFFI_VERSION,
                       (long)getpid ());
    if (!self->settings.quiet) {
        printf ("%s %s ready at %s\n", self->program, DAFFI_VERSION, endpoint);
        fflush (stdout);
    }
    notify (self, "READY=1");
    return DAFFI_EXIT_OK;
}

//  Who looks for a broker now shall not find this one.
static void withdraw (void *arg)
{
    broker_t *self = arg;
    notify (self, "STOPPING=1");
    daffi_own_file_remove (&self->endpoint_file);
}

static daffi_exit_t serve (broker_t *self, int signal_fd)
{
    const daffi_serve_t options = {.global = self->global,
                                   .signal_fd = signal_fd,
                                   .logging = &self->logging,
                                   .on_drain = withdraw,
                                   .arg = self};
    switch (daffi_serve (&options)) {
    case DAFFI_SERVED_DRAINED:
        return DAFFI_EXIT_OK;
    case DAFFI_SERVED_AT_ONCE:
        daffi_logging_say (&self->logging, DAFFI_LOG_WARNING, "broker.at_once",
                           "meaning=\"second signal: calls in flight are lost\"");
        daffi_own_file_remove (&self->socket);
        //  Not exit (): the threads of the library still run.
        _exit (DAFFI_EXIT_OK);
    case DAFFI_SERVED_BROKEN:
        break;
    }
    return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL,
                              "the controller has stopped without being asked; the "
                              "log says why");
}

static daffi_exit_t not_started (broker_t *self, const daffi_error_t *error)
{
    const daffi_options_t *options = &self->settings.global;
    daffi_exit_t code = daffi_exit_of (error->status);
    if (error->status == DAFFI_SYSTEM && options->store)
        return daffi_problem_set (&self->problem, code,
                                  "%s\n  another file: %s --store FILE\n"
                                  "  tasks in memory alone: %s --no-store",
                                  error->text, self->program, self->program);
    return daffi_problem_set (&self->problem, code, "%s%s", error->text,
                              daffi_exit_advice (error->status, !options->host));
}

static daffi_exit_t run (broker_t *self)
{
    int signal_fd = daffi_process_prepare ();
    if (signal_fd < 0)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL, "signalfd: %s",
                                  strerror (errno));
    self->logging.level = self->settings.global.log_level;
    self->settings.global.log = daffi_logging_write;
    self->settings.global.log_arg = &self->logging;

    daffi_exit_t code = check_reach (self);
    if (code)
        return code;
    check_store (self);
    daffi_error_t error;
    self->global = daffi_global_new (&self->settings.global, &error);
    if (!self->global)
        return not_started (self, &error);
    code = announce (self);
    if (!code)
        code = serve (self, signal_fd);
    daffi_own_file_remove (&self->endpoint_file);
    daffi_global_destroy (&self->global);
    daffi_logging_say (&self->logging, DAFFI_LOG_INFO, "broker.stopped", "code=%d",
                       (int)code);
    close (signal_fd);
    return code;
}

//  What --help and --version printed must have arrived.
static daffi_exit_t flushed (void)
{
    return fflush (stdout) == 0 && !ferror (stdout) ? DAFFI_EXIT_OK
                                                    : DAFFI_EXIT_INTERNAL;
}

daffi_exit_t daffi_broker_main (const char *program, int argc, char *const *argv)
{
    //  Static: where the program leaves at once, threads may still log.
    static broker_t broker;
    broker.program = program;
    daffi_exit_t code =
        daffi_settings_read (&broker.settings, program, argc, argv, &broker.problem);
    if (!code && broker.settings.help) {
        daffi_settings_print_help (program);
        return flushed ();
    }
    if (!code && broker.settings.version) {
        printf ("%s %s (libdaffi %s)\n", program, DAFFI_VERSION, daffi_version ());
        return flushed ();
    }
    if (!code)
        code = run (&broker);
    if (code)
        fprintf (stderr, "%s: %s\n", program, broker.problem.text);
    return code;
}
