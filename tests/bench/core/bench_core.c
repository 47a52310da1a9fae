//  SPDX-License-Identifier: MPL-2.0
//  daffi-bench-core: what a call costs the controller's core when much else is there:
//  functions, nodes, calls that hang.
//
//  The core alone, without sockets and packets, there and back, 64 calls at a time; CPU
//  time of this thread. All scenes stand at once and take turns, and so share what the
//  machine gives; each figure is the smallest of many rounds, since what else it does
//  makes a round longer, never shorter. The ratio of a scene to the smallest one is
//  what counts: the work is the same in each, and so what differs is memory that is far
//  away.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "bodies.h"
#include "core.h"

enum {
    WORKERS_MAX = 1000,
    WINDOW = 64,
    TURNS = 500,
    ROUNDS = 15,
    HOLDERS = 10,
    HUNG_MAX = 100000,
    FAR_FUTURE_MS = 100000000
};

typedef struct {
    const char *title;
    uint32_t functions;
    uint32_t workers;  //  that offer them by turns
    uint32_t idle;     //  nodes that do nothing
    uint32_t hanging;  //  calls that are not answered
} scale_t;

static const scale_t scales[] = {
    {"10 functions of 3 nodes, nothing else", 10, 3, 0, 0},
    {"10,000 functions of 3 nodes", 10000, 3, 0, 0},
    {"1,000 functions of 1,000 nodes", 1000, WORKERS_MAX, 0, 0},
    {"10 functions, 10,000 idle nodes", 10, 3, 10000, 0},
    {"10 functions, 100,000 calls hang", 10, 3, 0, HUNG_MAX},
    {"10,000 functions, 10,000 idle nodes, 100,000 calls hang", 10000, 3, 10000,
     HUNG_MAX},
};
enum { SCENES = sizeof scales / sizeof scales[0] };

typedef struct {
    daffi_core_t *core;
    daffi_session_t *caller;
    daffi_session_t *workers[WORKERS_MAX];
    uint64_t id;
    uint64_t random;
    uint32_t functions;
    char (*names)[16];
    char asked[TURNS * WINDOW][16];  //  chosen before, since a packet is at hand too
    struct {
        uint64_t token;
        unsigned worker;
    } given[WINDOW];
    uint32_t given_count;
    uint32_t answered;
    double least_ns;
} scene_t;

static uint64_t random_of (void *context)
{
    scene_t *self = context;
    uint64_t x = self->random += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    return x ^ (x >> 31);
}

//  A peer is the place of its worker in the scene, or the scene itself.
static void on_send (void *context, void *peer, const daffi_header_t *header,
                     const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    (void)body;
    (void)deadline_ms;
    (void)control;
    scene_t *self = context;
    daffi_session_t **place = peer;
    if (header->type == DAFFI_RECORD_RESULT)
        self->answered++;
    if (header->type != DAFFI_RECORD_CALL || !place || self->given_count == WINDOW)
        return;
    self->given[self->given_count].token = header->id;
    self->given[self->given_count++].worker = (unsigned)(place - self->workers);
}

static bool on_fits (void *context, void *peer, size_t size)
{
    (void)context;
    (void)peer;
    (void)size;
    return true;
}

static void on_drop (void *context, void *peer)
{
    (void)context;
    (void)peer;
}

static daffi_session_t *join (scene_t *self, void *peer, const char *name,
                              const char *prefix, uint32_t begin, uint32_t step)
{
    daffi_hello_t hello = {
        .min = 1, .max = 1, .timeout_ms = 600000, .capacity = HUNG_MAX};
    uint32_t count = begin < self->functions && step
                         ? (self->functions - begin + step - 1) / step
                         : 0;
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_hello (&out, &hello);
    daffi_write_array (&out, count + (prefix != NULL));
    for (uint32_t i = begin; step && i < self->functions; i += step)
        daffi_write_offer (&out, daffi_text_of (self->names[i]), daffi_text ("", 0));
    if (prefix)
        daffi_write_offer (&out, daffi_text_of (prefix), daffi_text ("", 0));
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = 1,
                             .peer = daffi_text_of (name),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    daffi_session_t *session = daffi_core_connect (self->core, peer, 1000);
    daffi_core_receive (self->core, session, &header, &body, 1000);
    daffi_buffer_done (&out);
    return session;
}

static void call (scene_t *self, daffi_session_t *from, const char *name)
{
    static const uint8_t bytes[16];
    daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                             .id = ++self->id,
                             .name = daffi_text_of (name),
                             .ttl_ms = FAR_FUTURE_MS};
    daffi_body_t body = daffi_body_borrowed (bytes, sizeof bytes);
    daffi_core_receive (self->core, from, &header, &body, 1000);
}

//  Their callers and who holds them are others than those that are measured.
static void hang (scene_t *self, uint32_t count)
{
    char name[24];
    daffi_session_t *callers[HOLDERS];
    for (unsigned i = 0; i < HOLDERS; i++) {
        snprintf (name, sizeof name, "holder-%u", i);
        callers[i] = join (self, NULL, name, "hang", 0, 0);
    }
    for (uint32_t i = 0; i < count; i++)
        call (self, callers[i % HOLDERS], "hang");
}

static void open_scene (scene_t *self, const scale_t *scale)
{
    char name[24];
    const daffi_core_output_t output = {self,    on_send,   on_fits,
                                        on_drop, random_of, NULL};
    const daffi_core_options_t options = {
        .output = output, .name = "core", .settle_ms = -1, .calls_max = HUNG_MAX};
    self->core = daffi_core_new (&options, 1000);
    self->functions = scale->functions;
    self->names = daffi_new (scale->functions * sizeof *self->names);
    for (uint32_t i = 0; i < scale->functions; i++)
        snprintf (self->names[i], sizeof self->names[i], "echo%u", i);
    self->caller = join (self, NULL, "caller", NULL, 0, 0);
    for (unsigned i = 0; i < scale->workers; i++) {
        snprintf (name, sizeof name, "worker-%u", i);
        self->workers[i] =
            join (self, &self->workers[i], name, NULL, i, scale->workers);
    }
    for (uint32_t i = 0; i < scale->idle; i++) {
        snprintf (name, sizeof name, "idle-%u", i);
        join (self, NULL, name, NULL, 0, 0);
    }
    hang (self, scale->hanging);
}

static void turn (scene_t *self, char (*asked)[16])
{
    self->given_count = self->answered = 0;
    for (uint32_t i = 0; i < WINDOW; i++)
        call (self, self->caller, asked[i]);
    for (uint32_t i = 0; i < self->given_count; i++) {
        const uint8_t nil = 0xc0;
        daffi_header_t header = {.type = DAFFI_RECORD_RESULT,
                                 .id = self->given[i].token,
                                 .ttl_ms = DAFFI_TTL_NONE};
        daffi_body_t body = daffi_body_borrowed (&nil, 1);
        daffi_core_receive (self->core, self->workers[self->given[i].worker], &header,
                            &body, 1000);
    }
    if (self->answered != WINDOW)
        abort ();
}

static int64_t thread_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measure (scene_t *self)
{
    for (int i = 0; i < TURNS * WINDOW; i++)
        memcpy (self->asked[i], self->names[random_of (self) % self->functions],
                sizeof self->asked[i]);
    int64_t begin_ns = thread_ns ();
    for (int i = 0; i < TURNS; i++)
        turn (self, &self->asked[i * WINDOW]);
    double each_ns = (double)(thread_ns () - begin_ns) / (TURNS * WINDOW);
    if (self->least_ns == 0 || each_ns < self->least_ns)
        self->least_ns = each_ns;
}

int main (void)
{
    static scene_t scenes[SCENES];
    for (int i = 0; i < SCENES; i++)
        open_scene (&scenes[i], &scales[i]);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SCENES; i++)
            measure (&scenes[i]);
    printf ("%-58s %10s %6s\n", "a call beside", "CPU", "ratio");
    for (int i = 0; i < SCENES; i++) {
        printf ("%-58s %7.0f ns %6.2f\n", scales[i].title, scenes[i].least_ns,
                scenes[i].least_ns / scenes[0].least_ns);
        daffi_core_destroy (&scenes[i].core);
        free (scenes[i].names);
    }
    return EXIT_SUCCESS;
}
