//  SPDX-License-Identifier: MPL-2.0
//  daffi conformance: does a controller, or a client, keep to PROTOCOL.md?

#include "conformance.h"

#include <stdarg.h>
#include <unistd.h>
#include <zmq.h>

#include "commands.h"
#include "json.h"

enum { OPTION_CLIENT, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_CLIENT] = {.name = "client",
                       .kind = DAFFI_OPTION_FLAG,
                       .help =
                           "be the controller at ENDPOINT, and check the client that "
                           "connects within a minute"},
};

static const daffi_example_t examples[] = {
    {"daffi conformance tcp://127.0.0.1:8888", "checks the controller there"},
    {"daffi conformance --client tcp://127.0.0.1:9999",
     "listens there, and checks the first client that comes"},
    {NULL, NULL}};

bool daffi_conformance_fail (daffi_conformance_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->why, sizeof self->why, format, args);
    va_end (args);
    return false;
}

static void say (daffi_cli_t *cli, const daffi_rule_t *rule, bool kept, const char *why)
{
    const daffi_style_t *style = &cli->style;
    if (cli->json) {
        struct json_object *line = json_object_new_object ();
        json_object_object_add (line, "section",
                                json_object_new_string (rule->section));
        json_object_object_add (line, "rule", json_object_new_string (rule->sentence));
        json_object_object_add (line, "kept", json_object_new_boolean (kept));
        if (!kept)
            json_object_object_add (line, "why", json_object_new_string (why));
        daffi_json_print (line, false);
    } else {
        printf ("%s%-6s%s  %s (section %s)\n",
                daffi_ink (style, kept ? DAFFI_INK_GOOD : DAFFI_INK_BAD),
                kept ? "ok" : "BROKEN", daffi_ink_off (style), rule->sentence,
                rule->section);
        if (!kept)
            printf ("        %s\n", why);
    }
    fflush (stdout);
}

static daffi_exit_t check (daffi_cli_t *cli, daffi_conformance_t *self,
                           const daffi_rule_t *rules)
{
    size_t broken = 0, count = 0;
    for (; rules[count].check; count++) {
        self->why[0] = '\0';
        bool kept = rules[count].check (self);
        say (cli, &rules[count], kept, self->why);
        broken += !kept;
        //  the first rule is that there is somebody at all
        if (!kept && count == 0)
            return daffi_problem_set (&cli->problem, DAFFI_EXIT_ENDPOINT,
                                      "nobody at %s speaks this protocol",
                                      self->endpoint);
    }
    if (broken)
        return daffi_problem_set (&cli->problem, DAFFI_EXIT_FAILED,
                                  "%zu of %zu rules are broken\n"
                                  "  they stand in node/wire/PROTOCOL.md",
                                  broken, count);
    if (!cli->json)
        printf ("%zu rules are kept\n", count);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t run (daffi_cli_t *cli)
{
    daffi_conformance_t self = {.endpoint = cli->words[0]};
    for (int i = 0; i < 2; i++)
        snprintf (self.names[i], sizeof self.names[i], "conformance-%ld-%d",
                  (long)getpid (), i + 1);
    self.context = zmq_ctx_new ();
    if (!self.context)
        return DAFFI_EXIT_INTERNAL;
    daffi_exit_t code =
        check (cli, &self,
               daffi_cli_option (cli, OPTION_CLIENT)->number ? daffi_client_rules
                                                             : daffi_controller_rules);
    raw_done (&self.provider);
    raw_done (&self.caller);

    zmq_ctx_term (self.context);
    return code;
}

const daffi_command_t daffi_command_conformance = {
    .name = "conformance",
    .group = "Help",
    .summary = "check whether a controller or a client keeps to the protocol",
    .usage = "ENDPOINT",
    .text =
        "Speaks the protocol by hand, as two nodes against a controller or as a "
        "controller against a client, and tells of each rule of "
        "node/wire/PROTOCOL.md whether it is kept. ENDPOINT is as ZeroMQ writes it: "
        "tcp://127.0.0.1:8888 or ipc:///tmp/daffi/.sock. It makes mistakes on "
        "purpose: do not use it on a controller that people rely on. Exit code 1: a "
        "rule is broken; 3: nobody is there.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .least_words = 1,
    .most_words = 1,
    .json = true,
    .offline = true,
    .run = run,
};
