//  SPDX-License-Identifier: MPL-2.0
//  daffi conformance: does a controller, or a client, keep to PROTOCOL.md?

#include "conformance.h"

#include <stdarg.h>
#include <unistd.h>
#include <zmq.h>

#include "commands.h"
#include "json.h"

enum { OPTION_CLIENT, OPTION_PATIENCE, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_CLIENT] = {.name = "client",
                       .kind = DAFFI_OPTION_FLAG,
                       .help =
                           "be the controller at ENDPOINT, and check the client that "
                           "connects within a minute"},
    [OPTION_PATIENCE] = {.name = "patience",
                         .value = "TIME",
                         .standard = "3s",
                         .example = "500ms",
                         .kind = DAFFI_OPTION_TIME,
                         .min = 1,
                         .max = 60000,
                         .help = "how long to wait for each answer"},
};

static const daffi_rule_t *const of_controllers[] = {daffi_rules_of_greeting,
                                                     daffi_rules_of_calls,
                                                     daffi_rules_of_more,
                                                     daffi_rules_of_mistakes,
                                                     daffi_rules_of_presence,
                                                     daffi_rules_of_parting,
                                                     NULL};
static const daffi_rule_t *const of_clients[] = {
    daffi_rules_of_clients, daffi_rules_of_providers, daffi_rules_of_bearing, NULL};

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

bool daffi_conformance_skip (daffi_conformance_t *self, const char *why)
{
    self->skipped = true;
    snprintf (self->why, sizeof self->why, "%s", why);
    return true;
}

static void say_json (const daffi_rule_t *rule, const char *verdict, const char *why)
{
    struct json_object *line = json_object_new_object ();
    json_object_object_add (line, "section", json_object_new_string (rule->section));
    json_object_object_add (line, "rule", json_object_new_string (rule->sentence));
    json_object_object_add (line, "verdict", json_object_new_string (verdict));
    if (why[0])
        json_object_object_add (line, "why", json_object_new_string (why));
    daffi_json_print (line, false);
}

static void say (daffi_cli_t *cli, const daffi_rule_t *rule, const char *verdict,
                 const char *why)
{
    const daffi_style_t *style = &cli->style;
    daffi_ink_t ink = verdict[0] == 'o'   ? DAFFI_INK_GOOD
                      : verdict[0] == 's' ? DAFFI_INK_WARN
                                          : DAFFI_INK_BAD;
    if (cli->json) {
        say_json (rule, verdict, why);
    } else {
        printf ("%s%-6s%s  %s (section %s)\n", daffi_ink (style, ink), verdict,
                daffi_ink_off (style), rule->sentence, rule->section);
        if (why[0])
            printf ("        %s\n", why);
    }
    fflush (stdout);
}

typedef struct {
    size_t kept;
    size_t broken;
    size_t skipped;
} tally_t;

static bool check_one (daffi_cli_t *cli, daffi_conformance_t *self,
                       const daffi_rule_t *rule, tally_t *tally)
{
    self->why[0] = '\0';
    self->skipped = false;
    bool kept = rule->check (self);
    if (kept && !self->skipped)
        self->why[0] = '\0';
    say (cli, rule, self->skipped ? "skip" : kept ? "ok" : "BROKEN", self->why);
    tally->skipped += self->skipped;
    tally->kept += kept && !self->skipped;
    tally->broken += !kept;
    return kept;
}

static daffi_exit_t check (daffi_cli_t *cli, daffi_conformance_t *self,
                           const daffi_rule_t *const *tables)
{
    tally_t tally = {0, 0, 0};
    for (size_t i = 0; tables[i]; i++)
        for (const daffi_rule_t *rule = tables[i]; rule->check; rule++)
            //  the first rule is that there is somebody at all
            if (!check_one (cli, self, rule, &tally) && tally.kept == 0)
                return daffi_problem_set (&cli->problem, DAFFI_EXIT_ENDPOINT,
                                          "nobody at %s speaks this protocol",
                                          self->endpoint);
    if (tally.broken)
        return daffi_problem_set (&cli->problem, DAFFI_EXIT_FAILED,
                                  "%zu of %zu rules are broken\n"
                                  "  they stand in node/wire/PROTOCOL.md",
                                  tally.broken, tally.kept + tally.broken);
    if (!cli->json && tally.skipped)
        printf ("%zu rules are kept, %zu were not tried\n", tally.kept, tally.skipped);
    else if (!cli->json)
        printf ("%zu rules are kept\n", tally.kept);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t run (daffi_cli_t *cli)
{
    const char *endpoint = cli->words[0];
    const char *rest = strncmp (endpoint, "tcp://", 6) == 0
                           ? strrchr (endpoint + 6, ':')
                       : strncmp (endpoint, "ipc://", 6) == 0 ? endpoint + 5
                                                              : NULL;
    if (!rest || !rest[1] || rest == endpoint + 6)
        return daffi_cli_usage (
            cli, "\"%.200s\" is no endpoint: tcp://HOST:PORT, or ipc://FOLDER/.sock",
            endpoint);
    daffi_conformance_t self = {.endpoint = endpoint,
                                .patience_ms =
                                    daffi_cli_option (cli, OPTION_PATIENCE)->number};
    for (int i = 0; i < 2; i++)
        snprintf (self.names[i], sizeof self.names[i], "conformance-%ld-%d",
                  (long)getpid (), i + 1);
    self.context = zmq_ctx_new ();
    if (!self.context)
        return DAFFI_EXIT_INTERNAL;
    daffi_exit_t code = check (
        cli, &self,
        daffi_cli_option (cli, OPTION_CLIENT)->number ? of_clients : of_controllers);
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
        "tcp://127.0.0.1:8888 or ipc:///tmp/daffi/.sock. A client that offers `echo` "
        "(answers with its argument) and `count` (yields so many numbers, from 0) is "
        "checked with these as well. It makes mistakes on "
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
