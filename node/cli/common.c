//  SPDX-License-Identifier: MPL-2.0
//  What all commands do alike: their common options, and the way to the controller.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "help.h"
#include "logging.h"

static const char *const colours[] = {"auto", "always", "never", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

enum {
    COMMON_HOST,
    COMMON_PORT,
    COMMON_UNIX_SOCK_PATH,
    COMMON_CONNECT_TIMEOUT,
    COMMON_LOG_LEVEL,
    COMMON_JSON,
    COMMON_COLOR,
    COMMON_CONFIG,
    COMMON_HELP,
    COMMON_COUNT
};

static const daffi_option_t common[COMMON_COUNT] = {
    [COMMON_HOST] = {.section = "Where the controller is (else the UNIX socket "
                                "daffi/.sock in $TMPDIR or /tmp)",
                     .name = "host",
                     .value = "ADDR",
                     .environment = "DAFFI_HOST",
                     .example = "127.0.0.1",
                     .kind = DAFFI_OPTION_TEXT,
                     .help = "its TCP address"},
    [COMMON_PORT] = {.name = "port",
                     .value = "N",
                     .environment = "DAFFI_PORT",
                     .example = "8888",
                     .kind = DAFFI_OPTION_NUMBER,
                     .min = 1,
                     .max = 65535,
                     .help = "its TCP port, with --host"},
    [COMMON_UNIX_SOCK_PATH] = {.name = "unix-sock-path",
                               .value = "DIR",
                               .environment = "DAFFI_UNIX_SOCK_PATH",
                               .example = "/run/daffi",
                               .kind = DAFFI_OPTION_TEXT,
                               .help = "the folder of its UNIX socket .sock"},
    [COMMON_CONNECT_TIMEOUT] = {.name = "connect-timeout",
                                .value = "TIME",
                                .environment = "DAFFI_CONNECT_TIMEOUT",
                                .standard = "2s",
                                .example = "2s",
                                .kind = DAFFI_OPTION_TIME,
                                .min = 1,
                                .max = INT64_MAX,
                                .help = "how long to wait for it: milliseconds, or 5s, "
                                        "2m, forever"},
    [COMMON_LOG_LEVEL] = {.name = "log-level",
                          .value = "LEVEL",
                          .environment = "DAFFI_LOG_LEVEL",
                          .example = "debug",
                          .kind = DAFFI_OPTION_CHOICE,
                          .choices = log_levels,
                          .help =
                              "tell on standard error what the library does: error, "
                              "warning, info or debug; none: silence"},
    [COMMON_JSON] = {.section = "Output",
                     .name = "json",
                     .letter = 'j',
                     .environment = "DAFFI_JSON",
                     .kind = DAFFI_OPTION_FLAG,
                     .help = "JSON, for programs"},
    [COMMON_COLOR] = {.section = NULL,
                      .name = "color",
                      .value = "WHEN",
                      .environment = "DAFFI_COLOR",
                      .standard = "auto",
                      .example = "never",
                      .kind = DAFFI_OPTION_CHOICE,
                      .choices = colours,
                      .help = "auto, always or never; auto: on a terminal, unless "
                              "NO_COLOR is set"},
    [COMMON_CONFIG] = {.section = "Other",
                       .name = "config",
                       .value = "FILE",
                       .environment = "DAFFI_CONFIG",
                       .example = "/etc/daffi/daffi.cfg",
                       .kind = DAFFI_OPTION_TEXT,
                       .help = DAFFI_CONFIG_HELP},
    [COMMON_HELP] = {.name = "help",
                     .letter = 'h',
                     .kind = DAFFI_OPTION_FLAG,
                     .help = "this text"},
};

static bool has (const daffi_command_t *command, size_t index)
{
    if (index <= COMMON_LOG_LEVEL)
        return !command->offline;
    return index != COMMON_JSON || command->json;
}

size_t daffi_command_options (const daffi_command_t *command, daffi_option_t *table)
{
    size_t count = 0;
    for (; count < command->option_count; count++)
        table[count] = command->options[count];
    if (count)
        table[0].section = "Options";
    for (size_t i = 0; i < COMMON_COUNT; i++)
        if (has (command, i))
            table[count++] = common[i];
    if (!command->json)
        for (size_t i = command->option_count; i < count; i++)
            if (strcmp (table[i].name, "color") == 0)
                table[i].section = "Output";
    return count;
}

//  The value of an option that all commands have, or one that is unset.
static daffi_option_value_t *value_of (daffi_cli_t *self, size_t index)
{
    static daffi_option_value_t none;
    for (size_t i = self->common; i < self->set.count; i++)
        if (strcmp (self->table[i].name, common[index].name) == 0)
            return &self->values[i];
    none = (daffi_option_value_t){DAFFI_SOURCE_NONE, NULL, 0};
    return &none;
}

//  --- reading the command line -----------------------------------------------------

static daffi_exit_t check_endpoint (daffi_cli_t *self)
{
    const char *host = value_of (self, COMMON_HOST)->text;
    const char *port = value_of (self, COMMON_PORT)->text;
    const char *folder = value_of (self, COMMON_UNIX_SOCK_PATH)->text;
    if (folder && (host || port))
        return daffi_cli_usage (self,
                                "--unix-sock-path and --host or --port exclude each "
                                "other\n  leave one of them out");
    if (port && !host)
        return daffi_cli_usage (self,
                                "--port %s says no address\n"
                                "  on this machine: --host 127.0.0.1 --port %s",
                                port, port);
    if (host && !port)
        return daffi_cli_usage (self,
                                "--host %s says no port\n"
                                "  for example: --host %s --port 8888",
                                host, host);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t check_words (daffi_cli_t *self)
{
    const daffi_command_t *command = self->command;
    if (self->set.word_count < command->least_words)
        return daffi_cli_usage (self, "usage: %s %s", self->program, command->usage);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t read_values (daffi_cli_t *self)
{
    const daffi_config_others_t others = daffi_commands_others (&self->keep);
    daffi_exit_t code = daffi_option_set_environment (&self->set, &self->problem);
    if (!code) {
        size_t config = (size_t)(value_of (self, COMMON_CONFIG) - self->values);
        code = daffi_config_apply (&self->config, &self->set, config,
                                   self->command->name, &others, &self->problem);
    }
    if (code)
        return code;
    daffi_option_set_standard (&self->set);
    daffi_option_settle_endpoint (value_of (self, COMMON_HOST),
                                  value_of (self, COMMON_PORT),
                                  value_of (self, COMMON_UNIX_SOCK_PATH));
    self->json = value_of (self, COMMON_JSON)->number;
    daffi_style_init (&self->style,
                      (daffi_colour_t)value_of (self, COMMON_COLOR)->number);
    return self->command->offline ? DAFFI_EXIT_OK : check_endpoint (self);
}

daffi_exit_t daffi_cli_read (daffi_cli_t *self, int argc, char *const *argv)
{
    self->common = self->command->option_count;
    self->set = (daffi_option_set_t){
        .program = self->program,
        .table = self->table,
        .count = daffi_command_options (self->command, self->table),
        .values = self->values,
        .words = self->command->most_words ? self->words : NULL,
        .word_limit = self->command->most_words < DAFFI_WORDS_MAX
                          ? self->command->most_words
                          : DAFFI_WORDS_MAX};
    daffi_style_init (&self->style, DAFFI_COLOUR_AUTO);
    daffi_exit_t code =
        daffi_option_set_arguments (&self->set, argc, argv, &self->problem);
    if (value_of (self, COMMON_HELP)->number) {
        daffi_help_command (self->command, self->program);
        self->problem.text[0] = '\0';
        self->command = NULL;  //  nothing is left to do
        return DAFFI_EXIT_OK;
    }
    if (!code)
        code = read_values (self);
    return code ? code : check_words (self);
}

//  --- the way to the controller ----------------------------------------------------

void daffi_cli_endpoint (const daffi_cli_t *const_self, char *text, size_t size)
{
    daffi_cli_t *self = (daffi_cli_t *)const_self;
    const char *host = value_of (self, COMMON_HOST)->text;
    const char *folder = value_of (self, COMMON_UNIX_SOCK_PATH)->text;
    const char *temporary = getenv ("TMPDIR");
    if (host)
        snprintf (text, size, "tcp://%s:%s", host, value_of (self, COMMON_PORT)->text);
    else if (folder)
        snprintf (text, size, "ipc://%s/.sock", folder);
    else
        snprintf (text, size, "ipc://%s/daffi/.sock",
                  temporary && temporary[0] ? temporary : "/tmp");
}

//  A patient command goes on where nobody is there, but not where it is refused.
static daffi_exit_t check_refused (daffi_cli_t *self)
{
    enum { STEP_MS = 5, STEPS = 60 };
    for (int i = 0; i < STEPS; i++) {
        daffi_error_t why;
        daffi_state_t state = daffi_global_state (self->global, &why);
        if (state == DAFFI_STATE_REFUSED)
            return daffi_cli_failed (self, &why);
        if (state == DAFFI_STATE_CONNECTED)
            break;
        usleep (STEP_MS * 1000);
    }
    return DAFFI_EXIT_OK;
}

daffi_exit_t daffi_cli_connect (daffi_cli_t *self, const daffi_options_t *more)
{
    static daffi_logging_t logging;
    daffi_error_t error;
    char name[DAFFI_NAME_MAX + 1];
    daffi_options_t options = more ? *more : (daffi_options_t){.workers = 1};
    const daffi_option_value_t *timeout = value_of (self, COMMON_CONNECT_TIMEOUT);
    const daffi_option_value_t *level = value_of (self, COMMON_LOG_LEVEL);
    options.host = value_of (self, COMMON_HOST)->text;
    options.port = (uint16_t)value_of (self, COMMON_PORT)->number;
    options.unix_sock_path = value_of (self, COMMON_UNIX_SOCK_PATH)->text;
    if (!self->command->patient || timeout->source > DAFFI_SOURCE_STANDARD)
        options.connect_timeout_ms = timeout->number;
    if (!options.process_name) {
        snprintf (name, sizeof name, "daffi-%s-%ld", self->command->name,
                  (long)getpid ());
        options.process_name = name;
    }
    if (level->number) {
        logging.level = (daffi_log_level_t)level->number;
        options.log = daffi_logging_write;
        options.log_arg = &logging;
        options.log_level = logging.level;
    }
    self->global = daffi_global_new (&options, &error);
    if (self->global)
        return self->command->patient ? check_refused (self) : DAFFI_EXIT_OK;
    //  there was enough time, so that what was in the way is that nobody is there
    if (error.status == DAFFI_TIMEOUT)
        error.status = DAFFI_NOT_CONNECTED;
    return daffi_cli_failed (self, &error);
}

void daffi_cli_done (daffi_cli_t *self)
{
    daffi_global_destroy (&self->global);
    daffi_config_done (&self->config);
    daffi_keep_done (&self->keep);
}
