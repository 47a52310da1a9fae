//  SPDX-License-Identifier: MPL-2.0
//  The options of the program.
//
//  The broker is looked for where a build or an installation puts it beside this
//  program, so that the plain command needs no option.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_settings.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: daffi-bench [OPTION ...]\n"
    "\n"
    "Measures caller process -> broker process -> worker process through the public\n"
    "API, beside a raw libzmq ROUTER of the same shape and, where they are installed,\n"
    "NATS and Gearman, by turns in one run.\n"
    "\n"
    "  --quick         the whole table in about a minute: 3 short rounds\n"
    "  --rounds N      rounds of each cell (default 5)\n"
    "  --seconds S     of each round of each side (default 1; serial cells take twice\n"
    "                  as long, for the sake of their percentiles)\n"
    "  --filter TEXT   only cells whose name holds TEXT, or one of TEXT,TEXT;\n"
    "                  =TEXT: whose name it is; see --list\n"
    "  --cpu one|all   all processes on one core, or placed freely (default all)\n"
    "  --only SIDE     daffi, raw, nats or gearman: leave the others out\n"
    "  --without SIDE  leave that one out\n"
    "  --capacity N    capacity of daffi's workers (default: the library's)\n"
    "  --spin HOW      daffi's callers: off, auto, or microseconds (default off)\n"
    "  --broker PATH   daffi-broker (default: next to this program or in its build)\n"
    "  --json FILE     write all figures of all rounds\n"
    "  --scale         instead of the table: start, functions, idle, broadcast, "
    "hanging (what\n"
    "                  many functions, nodes, calls in flight cost); --filter chooses\n"
    "  --list          print the names of the cells and end\n"
    "  --help          print this and end\n"
    "\n"
    "A cell's name is callers x workers / payload / calls outstanding of each caller, "
    "or\n"
    "the direction of a stream / transport / where callbacks run; /spin and /auto: how "
    "the\n"
    "caller waits. MiB/s count the payload once, one way. A ratio is daffi over the "
    "other:\n"
    "the median over the rounds, and, over raw, the least and the greatest.\n"
    "\n"
    "Exit code: 0 measured (targets met or not), 1 a cell failed, 2 a bad option.\n";

enum {
    QUICK = 256,
    ROUNDS,
    SECONDS,
    FILTER,
    CPU,
    ONLY,
    WITHOUT,
    CAPACITY,
    SPIN,
    BROKER,
    JSON,
    SCALE,
    LIST
};

static const struct option options[] = {
    {"quick", no_argument, NULL, QUICK},
    {"rounds", required_argument, NULL, ROUNDS},
    {"seconds", required_argument, NULL, SECONDS},
    {"filter", required_argument, NULL, FILTER},
    {"cpu", required_argument, NULL, CPU},
    {"only", required_argument, NULL, ONLY},
    {"without", required_argument, NULL, WITHOUT},
    {"capacity", required_argument, NULL, CAPACITY},
    {"spin", required_argument, NULL, SPIN},
    {"broker", required_argument, NULL, BROKER},
    {"json", required_argument, NULL, JSON},
    {"scale", no_argument, NULL, SCALE},
    {"list", no_argument, NULL, LIST},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool parse_count (const char *text, uint32_t max, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul (text, &end, 10);
    if (end == text || *end || text[0] == '-' || value < 1 || value > max)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_seconds (const char *text, double *out)
{
    char *end;
    double value = strtod (text, &end);
    if (end == text || *end || !(value >= 0.01 && value <= 3600))
        return false;
    *out = value;
    return true;
}

//  One of two words: *second tells which.
static bool parse_word (const char *text, const char *a, const char *b, bool *second)
{
    *second = strcmp (text, b) == 0;
    return *second || strcmp (text, a) == 0;
}

//  Takes out the one that is named, or all others.
static bool parse_subject (bench_settings_t *self, const char *text, bool others)
{
    bool found = false;
    for (bench_subject_t i = 0; i < BENCH_SUBJECTS; i++) {
        bool named = strcmp (text, bench_subject_name (i)) == 0;
        found |= named;
        if (named != others)
            self->measures[i] = false;
    }
    return found;
}

static bool parse_spin (bench_settings_t *self, const char *text)
{
    bool automatic;
    uint32_t us;
    if (parse_word (text, "off", "auto", &automatic))
        self->spin_us = automatic ? DAFFI_SPIN_AUTO : 0;
    else if (parse_count (text, 1000000, &us))
        self->spin_us = (int32_t)us;
    else
        return false;
    return true;
}

static bool apply (bench_settings_t *self, int option, const char *value)
{
    bool all_cpus;
    switch (option) {
    case QUICK:
        self->rounds = 3;
        self->seconds = 0.11;
        return true;
    case ROUNDS:
        return parse_count (value, BENCH_ROUNDS_MAX, &self->rounds);
    case SECONDS:
        return parse_seconds (value, &self->seconds);
    case FILTER:
        self->filter = value;
        return true;
    case CPU:
        if (!parse_word (value, "one", "all", &all_cpus))
            return false;
        self->one_cpu = !all_cpus;
        return true;
    case ONLY:
        return parse_subject (self, value, true);
    case WITHOUT:
        return parse_subject (self, value, false);
    case CAPACITY:
        return parse_count (value, UINT32_MAX, &self->capacity);
    case SPIN:
        return parse_spin (self, value);
    case BROKER:
        snprintf (self->broker, sizeof self->broker, "%s", value);
        return true;
    case JSON:
        self->json = value;
        return true;
    case SCALE:
        self->scale = true;
        return true;
    case LIST:
        self->list = true;
        return true;
    default:
        return false;
    }
}

static void find_program (bench_settings_t *self)
{
    ssize_t size = readlink ("/proc/self/exe", self->program, sizeof self->program - 1);
    self->program[size > 0 ? size : 0] = 0;
}

static void find_broker (bench_settings_t *self)
{
    static const char *const places[] = {"daffi-broker", "../bin/daffi-broker",
                                         "../../bin/daffi-broker",
                                         "../broker/daffi-broker"};
    const char *slash = strrchr (self->program, '/');
    if (!slash)
        return;
    int folder_size = (int)(slash - self->program);
    for (size_t i = 0; i < BENCH_COUNT (places); i++) {
        int needed = snprintf (self->broker, sizeof self->broker, "%.*s/%s",
                               folder_size, self->program, places[i]);
        if (needed < (int)sizeof self->broker && access (self->broker, X_OK) == 0)
            return;
    }
    self->broker[0] = 0;
}

//  Debian keeps servers where the PATH of a user may not lead.
static void find_server (const char *name, char file[512])
{
    char folders[4096];
    const char *path = getenv ("PATH");
    snprintf (folders, sizeof folders, "%s:/usr/sbin:/usr/local/sbin",
              path ? path : "/usr/bin");
    char *rest = folders, *folder;
    while ((folder = strsep (&rest, ":")))
        if (snprintf (file, 512, "%s/%s", folder, name) < 512 &&
            access (file, X_OK) == 0)
            return;
    file[0] = 0;
}

static void find_servers (bench_settings_t *self)
{
#ifdef BENCH_HAVE_NATS
    find_server ("nats-server", self->servers[BENCH_NATS]);
#endif
#ifdef BENCH_HAVE_GEARMAN
    find_server ("gearmand", self->servers[BENCH_GEARMAN]);
#endif
    (void)find_server;  //  where neither library is there
    self->measures[BENCH_NATS] = self->servers[BENCH_NATS][0] != 0;
    self->measures[BENCH_GEARMAN] = self->servers[BENCH_GEARMAN][0] != 0;
}

static bool refuse (const char *what, int *exit_code)
{
    fprintf (stderr, "daffi-bench: %s; see daffi-bench --help\n", what);
    *exit_code = 2;
    return false;
}

bool bench_settings_parse (bench_settings_t *self, int argc, char **argv,
                           int *exit_code)
{
    *self = (bench_settings_t){.rounds = 5, .seconds = 1, .measures = {true, true}};
    find_program (self);
    find_servers (self);
    int option, index = 0;
    while ((option = getopt_long (argc, argv, "", options, &index)) != -1) {
        if (option == 'h') {
            fputs (help, stdout);
            *exit_code = 0;
            return false;
        }
        if (option == '?')
            return refuse ("an unknown option, or one without its value", exit_code);
        if (!apply (self, option, optarg)) {
            char text[200];
            snprintf (text, sizeof text, "--%s does not take \"%s\"",
                      options[index].name, optarg);
            return refuse (text, exit_code);
        }
    }
    if (optind < argc)
        return refuse ("it takes options only", exit_code);
    if (self->broker[0] == 0)
        find_broker (self);
    return true;
}

bool bench_settings_measures (const bench_settings_t *self, bench_subject_t subject,
                              const bench_cell_t *cell)
{
    return self->measures[subject] && bench_cell_fits (cell, subject);
}

bool bench_settings_match (const bench_settings_t *self, const char *name)
{
    const char *filter = self->filter;
    if (!filter)
        return true;
    for (size_t size; *filter; filter += size + (filter[size] == ',')) {
        char part[BENCH_CELL_NAME_MAX];
        size = strcspn (filter, ",");
        snprintf (part, sizeof part, "%.*s", (int)size, filter);
        bool exact = part[0] == '=';
        if (size > 0 && (exact ? !strcmp (name, part + 1) : !!strstr (name, part)))
            return true;
    }
    return false;
}

bool bench_settings_wants (const bench_settings_t *self, const bench_cell_t *cell)
{
    char name[BENCH_CELL_NAME_MAX];
    bench_cell_name (cell, name);
    return bench_settings_match (self, name);
}
