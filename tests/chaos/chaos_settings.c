//  SPDX-License-Identifier: MPL-2.0
//  Options by table: one line each, in the order of --help.
#include "chaos_settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { FLAG, NUMBER, SEED, TEXT, TRANSPORT } type_t;

typedef struct {
    const char *name;
    const char *value;  //  what --help calls it
    type_t type;
    size_t offset;
    const char *help;
} option_t;

#define AT(member) offsetof (chaos_settings_t, member)

static const option_t options[] = {
    {"transport", "KIND", TRANSPORT, AT (transport),
     "tcp, unix or proxy (default tcp)"},
    {"seed", "N", SEED, AT (seed), "replay that schedule (default: a new one)"},
    {"duration", "S", NUMBER, AT (duration_s), "run: seconds of faults (default 15)"},
    {"calls", "N", NUMBER, AT (calls), "run: go on until so many were made"},
    {"workers", "N", NUMBER, AT (workers), "run: worker processes (default 3, most 8)"},
    {"callers", "N", NUMBER, AT (callers), "run: caller processes (default 3, most 8)"},
    {"rate", "N", NUMBER, AT (rate), "run: calls a second (default 3000)"},
    {"slack", "MS", NUMBER, AT (slack_ms),
     "run: how late an outcome may come, and a run begin (default 100)"},
    {"kills", "N", NUMBER, AT (kills), "kill: how many (default 300)"},
    {"nodes", "N", NUMBER, AT (nodes), "recover: how many (default 100, most 4096)"},
    {"processes", "N", NUMBER, AT (processes), "recover: that run them (default 4)"},
    {"rounds", "N", NUMBER, AT (rounds), "recover: restarts of the broker (default 5)"},
    {"broker", "PATH", TEXT, AT (broker), "the daffi-broker program"},
    {"strict", NULL, FLAG, AT (strict), "kill, recover: a missed target is a failure"},
    {"keep", NULL, FLAG, AT (keep), "do not remove the folder with board and logs"},
    {"verbose", NULL, FLAG, AT (verbose), "tell each fault as it is done"},
};

static void print_help (void)
{
    printf (
        "usage: daffi-chaos [run | kill | recover] [option...]\n\n"
        "  run      callers and workers under a seeded schedule of faults; every call\n"
        "           is judged at the end\n"
        "  kill     how long it takes from kill -9 of a provider to PROCESS_LOST\n"
        "  recover  how long it takes from the broker's restart until all nodes are\n"
        "           back\n\n");
    for (size_t i = 0; i < CHAOS_COUNT (options); i++) {
        char head[40];
        snprintf (head, sizeof head, "--%s%s%s", options[i].name,
                  options[i].value ? " " : "",
                  options[i].value ? options[i].value : "");
        printf ("  %-20s %s\n", head, options[i].help);
    }
    printf (
        "\nExit codes: 0 all kept, 1 violations or a missed target, 2 usage, 3 the\n"
        "run itself could not be done.\n");
}

static bool read_number (const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull (text, &end, 0);
    if (errno || end == text || *end || text[0] == '-' || number > most)
        return false;
    *out = number;
    return true;
}

static bool read_transport (const char *text, chaos_transport_t *out)
{
    for (int i = CHAOS_TCP; i <= CHAOS_PROXIED; i++)
        if (strcmp (text, chaos_transport_name ((chaos_transport_t)i)) == 0) {
            *out = (chaos_transport_t)i;
            return true;
        }
    return false;
}

static bool read_value (chaos_settings_t *self, const option_t *option,
                        const char *text)
{
    uint64_t number;
    void *member = (char *)self + option->offset;
    switch (option->type) {
    case FLAG:
        *(bool *)member = true;
        return true;
    case NUMBER:
        if (!read_number (text, 100000000, &number))
            return false;
        *(uint32_t *)member = (uint32_t)number;
        return true;
    case SEED:
        return read_number (text, UINT64_MAX, member);
    case TEXT:
        *(const char **)member = text;
        return true;
    case TRANSPORT:
        return read_transport (text, member);
    }
    return false;
}

static bool complain (const char *what, const char *about, int *code)
{
    fprintf (stderr, "daffi-chaos: %s: %s; see --help\n", what, about);
    *code = 2;
    return false;
}

static const option_t *find (const char *name)
{
    for (size_t i = 0; i < CHAOS_COUNT (options); i++)
        if (strcmp (name, options[i].name) == 0)
            return &options[i];
    return NULL;
}

static bool read_options (chaos_settings_t *self, int argc, char **argv, int *code)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--help") == 0) {
            print_help ();
            *code = 0;
            return false;
        }
        const option_t *option = strncmp (argv[i], "--", 2) ? NULL : find (argv[i] + 2);
        if (!option)
            return complain ("no such option", argv[i], code);
        if (option->type != FLAG && i + 1 == argc)
            return complain ("a value is missing", argv[i], code);
        if (!read_value (self, option, option->type == FLAG ? "" : argv[i + 1]))
            return complain ("a bad value", argv[i + 1], code);
        i += option->type != FLAG;
    }
    return true;
}

static bool read_mode (chaos_settings_t *self, const char *word)
{
    static const char *const names[] = {"run", "kill", "recover"};
    for (int i = 0; i < 3; i++)
        if (strcmp (word, names[i]) == 0) {
            self->mode = (chaos_mode_t)i;
            return true;
        }
    return false;
}

//  $DAFFI_BROKER, or ../bin beside this program, where the build puts it.
static const char *find_broker (const char *program)
{
    static char path[4096];
    const char *told = getenv ("DAFFI_BROKER");
    if (told && *told)
        return told;
    const char *slash = strrchr (program, '/');
    int size = slash ? (int)(slash - program) + 1 : 0;
    snprintf (path, sizeof path, "%.*s../bin/daffi-broker", size, program);
    return path;
}

bool chaos_settings_read (chaos_settings_t *self, int argc, char **argv, int *code)
{
    static char program[4096];
    ssize_t size = readlink ("/proc/self/exe", program, sizeof program - 1);
    program[size > 0 ? size : 0] = '\0';
    *self = (chaos_settings_t){.program = program,
                               .seed = chaos_mix ((uint64_t)chaos_now ()),
                               .duration_s = 15,
                               .workers = 3,
                               .callers = 3,
                               .rate = 3000,
                               .slack_ms = 100,
                               .kills = 300,
                               .nodes = 100,
                               .processes = 4,
                               .rounds = 5};
    if (argc > 1 && argv[1][0] != '-') {
        if (!read_mode (self, argv[1]))
            return complain ("no such mode", argv[1], code);
        argc--;
        argv++;
    }
    if (!read_options (self, argc, argv, code))
        return false;
    if (self->workers == 0 || self->workers > 8 || self->callers == 0 ||
        self->callers > 8 || self->nodes == 0 || self->nodes > 4096 ||
        self->processes == 0 || self->processes > self->nodes || self->rounds == 0 ||
        self->rounds > 1000 || self->kills == 0)
        return complain ("out of range", "a number", code);
    if (!self->broker)
        self->broker = find_broker (program);
    if (access (self->broker, X_OK))
        return complain ("no daffi-broker; give --broker PATH", self->broker, code);
    return true;
}

const char *chaos_transport_name (chaos_transport_t transport)
{
    static const char *const names[] = {"tcp", "unix", "proxy"};
    return names[transport];
}
