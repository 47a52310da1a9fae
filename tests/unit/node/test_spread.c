//  SPDX-License-Identifier: MPL-2.0
//  What many do after one and the same moment is spread by chance.

#include <dlfcn.h>
#include <stdatomic.h>

#include "side.h"

//  --- reconnecting -------------------------------------------------------------------

enum { NODES = 16, INTERVALS_MAX = 64 };

static int intervals[INTERVALS_MAX];
static atomic_int interval_count;

int zmq_setsockopt (void *socket, int option, const void *value, size_t size)
{
    int (*set) (void *, int, const void *, size_t);
    *(void **)&set = dlsym (RTLD_NEXT, "zmq_setsockopt");
    if (option == ZMQ_RECONNECT_IVL && size == sizeof (int)) {
        int at = atomic_fetch_add (&interval_count, 1);
        if (at < INTERVALS_MAX)
            intervals[at] = *(const int *)value;
    }
    return set (socket, option, value, size);
}

TEST ("nodes that lost their controller at once do not come back at once")
{
    daffi_error_t error;
    daffi_global_t *nodes[NODES];
    for (int i = 0; i < NODES; i++) {
        nodes[i] =
            daffi_global_new (DAFFI_OPTIONS (.unix_sock_path = test_tmpdir ()), &error);
        CHECK (nodes[i]);
    }
    for (int i = 0; i < NODES; i++)
        daffi_global_destroy (&nodes[i]);
    CHECK (interval_count >= NODES && interval_count <= INTERVALS_MAX);
    int least = intervals[0], most = intervals[0];
    for (int i = 0; i < interval_count; i++) {
        least = intervals[i] < least ? intervals[i] : least;
        most = intervals[i] > most ? intervals[i] : most;
    }
    CHECK (least >= 10 && most <= 100);
    //  that 16 of 50 lie so near each other happens once in 10^6 runs
    CHECK (most - least >= 10);
}

//  --- trying again -------------------------------------------------------------------

enum { CALLS = 24, ATTEMPTS = 3 };

static void refuse (side_t *hub, uint64_t id)
{
    daffi_header_t header = {.type = DAFFI_RECORD_ERROR,
                             .id = id,
                             .status = DAFFI_BUSY,
                             .executed = DAFFI_EXECUTED_NO,
                             .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED,
                             .ttl_ms = DAFFI_TTL_NONE};
    side_say (hub, &header, NULL);
}

typedef struct {
    int64_t first_ms;  //  after the last refusal began
    int64_t refused_ms;
    int overtaken;  //  by one that was made and refused after it
} round_t;

//  Which one it is: its only argument, a small number.
static int number_of (const daffi_body_t *body)
{
    CHECK (body->size == 2 && body->data[0] == 0x91 && body->data[1] < CALLS);
    return body->data[1];
}

//  All calls come, and are refused at once.
static void refuse_all (side_t *hub, round_t *self)
{
    uint64_t ids[CALLS];
    daffi_header_t header;
    daffi_body_t body;
    int greatest = -1;
    self->overtaken = 0;
    for (int i = 0; i < CALLS; i++) {
        side_hear_type (hub, DAFFI_RECORD_CALL, &header, &body);
        int number = number_of (&body);
        ids[number] = header.id;
        if (i == 0)
            self->first_ms = daffi_clock_ms () - self->refused_ms;
        self->overtaken += number < greatest;
        greatest = number > greatest ? number : greatest;
    }
    self->refused_ms = daffi_clock_ms ();
    for (int i = 0; i < CALLS; i++)
        refuse (hub, ids[i]);
}

TEST (
    "a call that was refused is tried again after a pause that grows, at random, twice")
{
    meeting_t self;
    daffi_error_t error;
    daffi_future_t *calls[CALLS];
    meeting_begin (&self, NULL);
    meeting_welcome (&self, 5000, 20000);
    for (int i = 0; i < CALLS; i++) {
        calls[i] = daffi_call_start (self.global, "f", DAFFI_ARGS (i), NULL, &error);
        CHECK (calls[i]);
    }
    round_t round = {0};
    refuse_all (&self.hub, &round);
    CHECK_EQ_INT (round.overtaken, 0);
    for (int attempt = 2; attempt <= ATTEMPTS; attempt++) {
        refuse_all (&self.hub, &round);
        //  a millisecond for the rounding of the clock
        CHECK (round.first_ms >= (10 << (attempt - 1)) - 1);
        //  24 of 20 and more milliseconds: equal pauses would keep their order, however
        //  busy the machine is
        CHECK (round.overtaken > 0);
    }
    for (int i = 0; i < CALLS; i++) {
        CHECK_STATUS (DAFFI_BUSY, daffi_future_wait (calls[i], 5000, &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
        CHECK_EQ_UINT (daffi_future_attempts (calls[i]), ATTEMPTS);
        daffi_future_destroy (&calls[i]);
    }
    meeting_end (&self);
}
