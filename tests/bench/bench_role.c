//  SPDX-License-Identifier: MPL-2.0
//  Roles: what a child process of the benchmark does.
//
//  Parent and child are the same file, so the lines between them need no version and
//  their reader and writer stand side by side (the parent's half is in bench_rig.c).
#include "bench_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_child.h"
#include "bench_stats.h"

static const struct {
    const char *name;
    int (*run) (const bench_role_t *role);
} roles[] = {
    {"daffi-worker", bench_daffi_worker},     {"daffi-caller", bench_daffi_caller},
    {"bare-router", bench_bare_router},       {"raw-broker", bench_raw_broker},
    {"raw-worker", bench_raw_worker},         {"raw-caller", bench_raw_caller},
#ifdef BENCH_HAVE_NATS
    {"nats-worker", bench_nats_worker},       {"nats-caller", bench_nats_caller},
#endif
#ifdef BENCH_HAVE_GEARMAN
    {"gearman-worker", bench_gearman_worker}, {"gearman-caller", bench_gearman_caller},
#endif
};

void bench_role_format (const bench_role_t *self, const char *program,
                        bench_role_args_t *args)
{
    size_t n = 0;
    size_t room = sizeof args->text[0];
    args->argv[0] = (char *)program;
    snprintf (args->text[++n], room, "@%s", self->role);
    snprintf (args->text[++n], room, "%s", self->endpoint);
    snprintf (args->text[++n], room, "%u", self->number);
    snprintf (args->text[++n], room, "%u", self->pairs);
    snprintf (args->text[++n], room, "%zu", self->payload_bytes);
    snprintf (args->text[++n], room, "%u", self->outstanding);
    snprintf (args->text[++n], room, "%u", (unsigned)self->callbacks);
    snprintf (args->text[++n], room, "%u", self->capacity);
    snprintf (args->text[++n], room, "%d", (int)self->spin_us);
    snprintf (args->text[++n], room, "%u", (unsigned)self->kind);
    for (size_t i = 1; i <= n; i++)
        args->argv[i] = args->text[i];
    args->argv[n + 1] = NULL;
}

bool bench_role_parse (bench_role_t *self, int argc, char **argv)
{
    if (argc != BENCH_ROLE_ARGS - 1)
        return false;
    *self = (bench_role_t){
        .role = argv[1] + 1,
        .endpoint = argv[2],
        .number = (uint32_t)strtoul (argv[3], NULL, 10),
        .pairs = (uint32_t)strtoul (argv[4], NULL, 10),
        .payload_bytes = strtoul (argv[5], NULL, 10),
        .outstanding = (uint32_t)strtoul (argv[6], NULL, 10),
        .callbacks = (bench_callbacks_t)strtoul (argv[7], NULL, 10),
        .capacity = (uint32_t)strtoul (argv[8], NULL, 10),
        .spin_us = (int32_t)strtol (argv[9], NULL, 10),
        .kind = (bench_kind_t)strtoul (argv[10], NULL, 10),
    };
    return self->payload_bytes > 0 && self->outstanding > 0;
}

int bench_role_run (const bench_role_t *self)
{
    for (size_t i = 0; i < BENCH_COUNT (roles); i++)
        if (strcmp (self->role, roles[i].name) == 0)
            return roles[i].run (self);
    fprintf (stderr, "daffi-bench: no such role: %s\n", self->role);
    return 2;
}

void bench_role_say (const char *line)
{
    fprintf (stdout, "%s\n", line);
    fflush (stdout);
}

int bench_role_error (const daffi_error_t *error)
{
    char line[BENCH_LINE_MAX];
    snprintf (line, sizeof line, "error %s: %s", daffi_status_name (error->status),
              error->text);
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    bench_role_say (line);
    return 1;
}

static void say_round (bench_meter_t *meter)
{
    bench_sort_samples (meter->samples, meter->samples_count);
    size_t n = meter->samples_count;
    char line[BENCH_LINE_MAX];
    snprintf (line, sizeof line, "done %llu %.6g %.6g %.6g %.6g",
              (unsigned long long)meter->total, bench_meter_rate (meter),
              bench_percentile (meter->samples, n, 0.5) / 1000,
              bench_percentile (meter->samples, n, 0.99) / 1000,
              bench_percentile (meter->samples, n, 0.999) / 1000);
    bench_role_say (line);
}

int bench_role_serve (bench_caller_fn *run, void *caller, const bench_role_t *self,
                      const char *method)
{
    bench_meter_t meter;
    bench_meter_init (&meter, self->outstanding);
    char line[BENCH_LINE_MAX];
    snprintf (line, sizeof line, "ready %s", method);
    bench_role_say (line);
    int code = 0;
    long long start_ns, end_ns;
    while (code == 0 && fgets (line, sizeof line, stdin)) {
        daffi_error_t error = {0};
        if (sscanf (line, "run %lld %lld", &start_ns, &end_ns) != 2) {
            code = 2;
            break;
        }
        bench_meter_begin (&meter, start_ns, end_ns);
        if (run (caller, &meter, &error))
            code = bench_role_error (&error);
        else
            say_round (&meter);
    }
    bench_meter_done (&meter);
    return code;
}
