//  SPDX-License-Identifier: MPL-2.0
//  daffi ping: how long the way to a process and back takes.

#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "json.h"
#include "rows.h"
#include "shared_options.h"

enum { OPTION_NUMBER, OPTION_INTERVAL, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_NUMBER] = {.name = "count",
                       .letter = 'n',
                       .value = "N",
                       .standard = "4",
                       .example = "10",
                       .kind = DAFFI_OPTION_NUMBER,
                       .max = INT32_MAX,
                       .help = "so many times; 0: until it is interrupted"},
    [OPTION_INTERVAL] = DAFFI_OPTION_OF_INTERVAL (0, "between two of them"),
};

static const daffi_example_t examples[] = {
    {"daffi ping", "the controller"},
    {"daffi ping worker -n 1", "one process, once"},
    {NULL, NULL}};

static double now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void say (daffi_cli_t *self, const char *process, double took_us)
{
    if (self->json) {
        struct json_object *line = json_object_new_object ();
        json_object_object_add (line, "process", json_object_new_string (process));
        json_object_object_add (line, "time_us", json_object_new_double (took_us));
        daffi_json_print (line, false);
    } else
        printf ("%s%s%s\t%s\n", daffi_ink (&self->style, DAFFI_INK_NAME), process,
                daffi_ink_off (&self->style),
                daffi_microseconds (&self->keep, took_us));
    fflush (stdout);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *process = self->set.word_count ? self->words[0] : NULL;
    int64_t count = daffi_cli_option (self, OPTION_NUMBER)->number;
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    for (int64_t i = 0; !code && (!count || i < count); i++) {
        daffi_result_t *result;
        if (i)
            usleep ((useconds_t)daffi_cli_option (self, OPTION_INTERVAL)->number *
                    1000);
        double began_us = now_us ();
        code = daffi_ask (self, process, process ? "$node.ping" : "$sys.info",
                          DAFFI_ARGS (), &result);
        if (code)
            break;
        say (self, process ? process : "controller", now_us () - began_us);
        daffi_result_destroy (&result);
    }
    return code;
}

const daffi_command_t daffi_command_ping = {
    .name = "ping",
    .group = "Look",
    .summary = "measure the way to a process and back",
    .usage = "[PROCESS]",
    .text =
        "Calls a process, or the controller, by way of the controller, and tells how "
        "long it took to be answered.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .most_words = 1,
    .first_word = DAFFI_WORD_PROCESS,
    .json = true,
    .run = run,
};
