//  SPDX-License-Identifier: MPL-2.0
//  What daffi-broker was asked to do: its table of options, and what follows from it.
//
//  Options that contradict each other are refused here and not only by the library,
//  because here they can be called by the names under which they were given.

#include "settings.h"

#include <stdio.h>

#include "config.h"
#include "store_place.h"

enum {
    OPTION_HOST,
    OPTION_PORT,
    OPTION_UNIX_SOCK_PATH,
    OPTION_INSECURE,
    OPTION_NAME,
    OPTION_ENDPOINT_FILE,
    OPTION_STORE,
    OPTION_NO_STORE,
    OPTION_QUIET,
    OPTION_LOG_LEVEL,
    OPTION_HEARTBEAT,
    OPTION_HEARTBEAT_TIMEOUT,
    OPTION_SETTLE,
    OPTION_DRAIN_TIMEOUT,
    OPTION_CONFIG,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

//  In the order of daffi_log_level_t.
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

static const daffi_option_t table[OPTION_COUNT] = {
    [OPTION_HOST] = {.section = "Where it listens (else the UNIX socket daffi/.sock "
                                "in $TMPDIR or /tmp)",
                     .name = "host",
                     .value = "ADDR",
                     .environment = "DAFFI_HOST",
                     .example = "127.0.0.1",
                     .kind = DAFFI_OPTION_TEXT,
                     .help = "listen on TCP, on exactly this address"},
    [OPTION_PORT] = {.name = "port",
                     .value = "N",
                     .environment = "DAFFI_PORT",
                     .example = "8888",
                     .kind = DAFFI_OPTION_NUMBER,
                     .max = 65535,
                     .help = "TCP port at --host; 0 or none: a free one, which the "
                             "ready line tells"},
    [OPTION_UNIX_SOCK_PATH] = {.name = "unix-sock-path",
                               .value = "DIR",
                               .environment = "DAFFI_UNIX_SOCK_PATH",
                               .example = "/run/daffi",
                               .kind = DAFFI_OPTION_TEXT,
                               .help = "listen on the UNIX socket .sock in this "
                                       "folder, which only this user may enter"},
    [OPTION_INSECURE] = {.name = "insecure",
                         .environment = "DAFFI_INSECURE",
                         .kind = DAFFI_OPTION_FLAG,
                         .help = "listen on an address that other machines reach, "
                                 "although nobody has to prove who they are"},
    [OPTION_NAME] = {.section = "How it appears",
                     .name = "name",
                     .value = "NAME",
                     .environment = "DAFFI_NAME",
                     .example = "broker-1",
                     .kind = DAFFI_OPTION_TEXT,
                     .help = "process name of the controller; none: a random one"},
    [OPTION_ENDPOINT_FILE] = {.name = "endpoint-file",
                              .value = "FILE",
                              .environment = "DAFFI_ENDPOINT_FILE",
                              .example = "/run/daffi/endpoint",
                              .kind = DAFFI_OPTION_TEXT,
                              .help = "write the real endpoint to this file once nodes "
                                      "can connect; removed at the end"},
    [OPTION_STORE] = {.section = "Scheduled tasks",
                      .name = "store",
                      .value = "FILE",
                      .environment = "DAFFI_STORE",
                      .example = "/var/lib/daffi/tasks.db",
                      .kind = DAFFI_OPTION_TEXT,
                      .help = "keep them in this SQLite file, so that they survive; "
                              "none: a file for this endpoint in $STATE_DIRECTORY or "
                              "~/.local/state/daffi, made with the first task; with "
                              "a free port none"},
    [OPTION_NO_STORE] = {.name = "no-store",
                         .environment = "DAFFI_NO_STORE",
                         .kind = DAFFI_OPTION_FLAG,
                         .help = "keep them in memory alone"},
    [OPTION_QUIET] = {.section = "What it says",
                      .name = "quiet",
                      .environment = "DAFFI_QUIET",
                      .kind = DAFFI_OPTION_FLAG,
                      .help = "no ready line; log from warning up, unless --log-level "
                              "says otherwise"},
    [OPTION_LOG_LEVEL] = {.name = "log-level",
                          .value = "LEVEL",
                          .environment = "DAFFI_LOG_LEVEL",
                          .standard = "info",
                          .kind = DAFFI_OPTION_CHOICE,
                          .choices = log_levels,
                          .help = "error, warning, info or debug; to standard error"},
    [OPTION_HEARTBEAT] = {.section = "Times, in milliseconds",
                          .name = "heartbeat",
                          .value = "MS",
                          .environment = "DAFFI_HEARTBEAT",
                          .standard = "1000",
                          .example = "1000",
                          .kind = DAFFI_OPTION_TIME,
                          .min = 10,
                          .max = 300000,
                          .help = "nodes give a sign of life at least this often"},
    [OPTION_HEARTBEAT_TIMEOUT] = {.name = "heartbeat-timeout",
                                  .value = "MS",
                                  .environment = "DAFFI_HEARTBEAT_TIMEOUT",
                                  .standard = "3000",
                                  .example = "3000",
                                  .kind = DAFFI_OPTION_TIME,
                                  .min = 100,
                                  .max = 600000,
                                  .help = "a node that is silent for longer counts as "
                                          "dead"},
    [OPTION_SETTLE] = {.name = "settle",
                       .value = "MS",
                       .environment = "DAFFI_SETTLE",
                       .standard = "1000",
                       .example = "1000",
                       .kind = DAFFI_OPTION_TIME,
                       .max = 3600000,
                       .help = "for so long after the start, calls to functions that "
                               "nobody offers yet are held"},
    [OPTION_DRAIN_TIMEOUT] = {.name = "drain-timeout",
                              .value = "MS|forever",
                              .environment = "DAFFI_DRAIN_TIMEOUT",
                              .standard = "5000",
                              .example = "5000",
                              .kind = DAFFI_OPTION_TIME,
                              .max = INT64_MAX,
                              .help = "at the end, calls in flight may take this long "
                                      "to finish"},
    [OPTION_CONFIG] = {.section = "Other",
                       .name = "config",
                       .value = "FILE",
                       .environment = "DAFFI_CONFIG",
                       .example = "/etc/daffi/daffi.cfg",
                       .kind = DAFFI_OPTION_TEXT,
                       .help = DAFFI_CONFIG_HELP},
    [OPTION_HELP] = {.name = "help",
                     .letter = 'h',
                     .kind = DAFFI_OPTION_FLAG,
                     .help = "this text"},
    [OPTION_VERSION] = {.name = "version",
                        .kind = DAFFI_OPTION_FLAG,
                        .help = "the version of the program and of libdaffi"},
};

//  The name under which the option was given.
static const char *given_as (const daffi_option_value_t *values, int index, char *out,
                             size_t size)
{
    return daffi_option_given_as (&table[index], values[index].source, out, size);
}

static daffi_exit_t check_endpoint (const daffi_option_value_t *values,
                                    const char *program, daffi_problem_t *problem)
{
    const char *host = values[OPTION_HOST].text;
    const char *port = values[OPTION_PORT].text;
    const char *folder = values[OPTION_UNIX_SOCK_PATH].text;
    char a[64];
    char b[64];
    if (folder && (host || port))
        return daffi_problem_set (
            problem, DAFFI_EXIT_USAGE,
            "%s and %s exclude each other: it listens either on TCP or on a UNIX "
            "socket\n  leave one of them out",
            given_as (values, host ? OPTION_HOST : OPTION_PORT, a, sizeof a),
            given_as (values, OPTION_UNIX_SOCK_PATH, b, sizeof b));
    if (port && !host)
        return daffi_problem_set (
            problem, DAFFI_EXIT_USAGE,
            "%s %s says no address to listen on\n"
            "  for this machine only: %s --host 127.0.0.1 --port %s",
            given_as (values, OPTION_PORT, a, sizeof a), port, program, port);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t check_store (const daffi_option_value_t *values,
                                 daffi_problem_t *problem)
{
    const daffi_option_value_t *file = &values[OPTION_STORE];
    const daffi_option_value_t *none = &values[OPTION_NO_STORE];
    char a[64], b[64];
    if (!file->text || !none->number || file->source != none->source)
        return DAFFI_EXIT_OK;
    return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                              "%s and %s exclude each other\n  leave one of them out",
                              given_as (values, OPTION_STORE, a, sizeof a),
                              given_as (values, OPTION_NO_STORE, b, sizeof b));
}

static daffi_exit_t check_heartbeat (const daffi_option_value_t *values,
                                     daffi_problem_t *problem)
{
    const daffi_option_value_t *every = &values[OPTION_HEARTBEAT];
    const daffi_option_value_t *timeout = &values[OPTION_HEARTBEAT_TIMEOUT];
    //  With less than two in a timeout, one that is late kills a healthy node.
    if (timeout->number >= 2 * every->number)
        return DAFFI_EXIT_OK;
    return daffi_problem_set (
        problem, DAFFI_EXIT_USAGE,
        "a heartbeat timeout of %s ms is less than two heartbeats "
        "of %s ms: healthy nodes would count as dead\n"
        "  for example: --heartbeat %s --heartbeat-timeout %lld",
        timeout->text, every->text, every->text, 3 * (long long)every->number);
}

//  In the library's options 0 means the default; here it means what it says.
static int64_t time_or (int64_t time_ms, int64_t zero_ms)
{
    return time_ms ? time_ms : zero_ms;
}

static void apply (daffi_settings_t *self, const daffi_option_value_t *values)
{
    self->insecure = values[OPTION_INSECURE].number;
    self->quiet = values[OPTION_QUIET].number;
    self->endpoint_file = values[OPTION_ENDPOINT_FILE].text;
    daffi_log_level_t level = (daffi_log_level_t)values[OPTION_LOG_LEVEL].number;
    if (self->quiet && values[OPTION_LOG_LEVEL].source == DAFFI_SOURCE_STANDARD)
        level = DAFFI_LOG_WARNING;
    self->global = (daffi_options_t){
        .process_name = values[OPTION_NAME].text,
        .init_controller = true,
        .without_node = true,
        .host = values[OPTION_HOST].text,
        .port = (uint16_t)values[OPTION_PORT].number,
        .unix_sock_path = values[OPTION_UNIX_SOCK_PATH].text,
        .heartbeat_ms = values[OPTION_HEARTBEAT].number,
        .heartbeat_timeout_ms = values[OPTION_HEARTBEAT_TIMEOUT].number,
        .settle_ms = time_or (values[OPTION_SETTLE].number, -1),
        .drain_timeout_ms = time_or (values[OPTION_DRAIN_TIMEOUT].number, 1),
        .log_level = level,
    };
}

static void apply_store (daffi_settings_t *self, const daffi_option_value_t *values)
{
    const daffi_option_value_t *file = &values[OPTION_STORE];
    const daffi_option_value_t *none = &values[OPTION_NO_STORE];
    //  what was said more closely counts
    bool in_memory = none->number && none->source >= file->source;
    if (file->text && !in_memory) {
        self->global.store = file->text;
    } else if (!in_memory &&
               daffi_store_place (&self->global, self->store, sizeof self->store)) {
        self->global.store = self->store;
        self->global.store_when_used = true;
    }
}

const daffi_option_t *daffi_settings_options (size_t *count)
{
    *count = OPTION_COUNT;
    return table;
}

static daffi_exit_t read_values (daffi_settings_t *self, daffi_option_set_t *set,
                                 daffi_problem_t *problem)
{
    daffi_exit_t code = daffi_option_set_environment (set, problem);
    if (!code)
        code = daffi_config_apply (&self->config, set, OPTION_CONFIG, "broker", NULL,
                                   problem);
    if (code)
        return code;
    daffi_option_set_standard (set);
    daffi_option_settle_endpoint (&set->values[OPTION_HOST], &set->values[OPTION_PORT],
                                  &set->values[OPTION_UNIX_SOCK_PATH]);
    code = check_store (set->values, problem);
    if (!code)
        code = check_endpoint (set->values, set->program, problem);
    return code ? code : check_heartbeat (set->values, problem);
}

daffi_exit_t daffi_settings_read (daffi_settings_t *self, const char *program, int argc,
                                  char *const *argv, daffi_problem_t *problem)
{
    daffi_option_value_t values[OPTION_COUNT] = {0};
    daffi_option_set_t set = {
        .program = program, .table = table, .count = OPTION_COUNT, .values = values};
    *self = (daffi_settings_t){0};

    daffi_exit_t code = daffi_option_set_arguments (&set, argc, argv, problem);
    self->help = values[OPTION_HELP].number;
    self->version = values[OPTION_VERSION].number;
    //  Help must not fail because of what the environment holds.
    if (code || self->help || self->version)
        return code;
    code = read_values (self, &set, problem);
    if (!code) {
        apply (self, values);
        apply_store (self, values);
    }
    return code;
}

void daffi_settings_print_help (const char *program)
{
    printf (
        "usage: %s [option…]\n\n"
        "The controller of daffi: processes connect to it, offer functions and call\n"
        "those of others. Runs until SIGTERM or SIGINT, then lets calls in flight\n"
        "finish; a second signal ends it at once.\n",
        program);
    daffi_option_table_print (table, OPTION_COUNT, stdout);
    puts (
        "\nWhat stands in brackets is an environment variable that says the same; the\n"
        "command line wins, then the environment, then the configuration file. Both\n"
        "--port 8888 and --port=8888 are understood.\n\n"
        "Exit codes");
    daffi_exits_print (stdout);
}
