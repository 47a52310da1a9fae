//  SPDX-License-Identifier: MPL-2.0
//  NATS, by its C library: a caller and a worker of a queue group.
//
//  libnats either sends at once or leaves it to a thread that gathers for a moment.
//  Which is quicker depends on the load, so both ends keep a connection of each kind,
//  and the caller stays with the one that was quicker in a short trial.
#ifdef BENCH_HAVE_NATS

#include <nats/nats.h>
#include <stdio.h>
#include <string.h>

#include "bench_role.h"

#define ANSWER_TIMEOUT_MS 15000
#define TRIAL_NS          INT64_C (40000000)

static const char *const subjects[] = {"echo.gathered", "echo.at-once"};
enum { WAYS = 2 };

typedef struct {
    natsConnection *connection;
    natsSubscription *answers;
    natsInbox *inbox;
    const char *subject;
} way_t;

typedef struct {
    way_t ways[WAYS];
    way_t *way;
    uint8_t *body;
    size_t body_size;
    uint32_t outstanding;
} caller_t;

static daffi_status_t fail (daffi_error_t *error, const char *what, natsStatus status)
{
    return bench_fail (error, DAFFI_SYSTEM, "%s: %s", what,
                       natsStatus_GetText (status));
}

static natsStatus connect_way (natsConnection **connection, const char *url,
                               bool at_once)
{
    natsOptions *options = NULL;
    natsStatus status = natsOptions_Create (&options);
    if (status == NATS_OK)
        status = natsOptions_SetURL (options, url);
    if (status == NATS_OK)
        status = natsOptions_SetSendAsap (options, at_once);
    if (status == NATS_OK)
        status = natsConnection_Connect (connection, options);
    natsOptions_Destroy (options);
    return status;
}

//  --- the worker ------------------------------------------------------------

static void echo (natsConnection *connection, natsSubscription *subscription,
                  natsMsg *message, void *arg)
{
    (void)subscription;
    (void)arg;
    natsConnection_Publish (connection, natsMsg_GetReply (message),
                            natsMsg_GetData (message), natsMsg_GetDataLength (message));
    natsMsg_Destroy (message);
}

int bench_nats_worker (const bench_role_t *role)
{
    daffi_error_t error;
    for (int i = 0; i < WAYS; i++) {
        natsConnection *connection = NULL;
        natsSubscription *subscription = NULL;
        natsStatus status = connect_way (&connection, role->endpoint, i == 1);
        if (status == NATS_OK)
            status = natsConnection_QueueSubscribe (&subscription, connection,
                                                    subjects[i], "workers", echo, NULL);
        if (status == NATS_OK)
            status = natsSubscription_SetPendingLimits (subscription, -1, -1);
        if (status == NATS_OK)
            status = natsConnection_FlushTimeout (connection, ANSWER_TIMEOUT_MS);
        if (status != NATS_OK) {
            fail (&error, "NATS worker", status);
            return bench_role_error (&error);
        }
    }
    bench_role_say ("ready");
    while (getchar () != EOF)  //  the parent closes our stdin when it is done
        ;
    return 0;
}

//  --- the caller ------------------------------------------------------------

static daffi_status_t send_call (caller_t *self, daffi_error_t *error)
{
    natsStatus status = natsConnection_PublishRequest (
        self->way->connection, self->way->subject, (const char *)self->way->inbox,
        self->body, (int)self->body_size);
    return status == NATS_OK ? DAFFI_OK : fail (error, "NATS call", status);
}

static daffi_status_t receive_answer (caller_t *self, daffi_error_t *error)
{
    natsMsg *message = NULL;
    natsStatus status =
        natsSubscription_NextMsg (&message, self->way->answers, ANSWER_TIMEOUT_MS);
    if (status != NATS_OK)
        return fail (error, "NATS answer", status);
    bool matches =
        (size_t)natsMsg_GetDataLength (message) == self->body_size &&
        bench_body_matches (natsMsg_GetData (message), self->body_size, self->body);
    natsMsg_Destroy (message);
    return matches ? DAFFI_OK
                   : bench_fail (error, DAFFI_PROTOCOL, "NATS: not what was sent");
}

static daffi_status_t run_serial (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    int64_t sent_ns;
    do {
        sent_ns = bench_clock_ns ();
        if (send_call (self, error) || receive_answer (self, error))
            return error->status;
    } while (bench_meter_tick_since (meter, sent_ns));
    return DAFFI_OK;
}

static daffi_status_t run_window (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (send_call (self, error))
            return error->status;
    if (receive_answer (self, error))
        return error->status;
    while (bench_meter_tick (meter))
        if (send_call (self, error) || receive_answer (self, error))
            return error->status;
    for (uint32_t i = 1; i < self->outstanding; i++, bench_meter_late (meter))
        if (receive_answer (self, error))
            return error->status;
    return DAFFI_OK;
}

static daffi_status_t run (void *caller, bench_meter_t *meter, daffi_error_t *error)
{
    caller_t *self = caller;
    return self->outstanding == 1 ? run_serial (self, meter, error)
                                  : run_window (self, meter, error);
}

static daffi_status_t open_way (way_t *self, const char *url, int number,
                                daffi_error_t *error)
{
    self->subject = subjects[number];
    natsStatus status = connect_way (&self->connection, url, number == 1);
    if (status == NATS_OK)
        status = natsInbox_Create (&self->inbox);
    if (status == NATS_OK)
        status = natsConnection_SubscribeSync (&self->answers, self->connection,
                                               (const char *)self->inbox);
    if (status == NATS_OK)
        status = natsSubscription_SetPendingLimits (self->answers, -1, -1);
    if (status == NATS_OK)
        status = natsConnection_FlushTimeout (self->connection, ANSWER_TIMEOUT_MS);
    return status == NATS_OK ? DAFFI_OK : fail (error, "NATS caller", status);
}

static daffi_status_t try_way (caller_t *self, double *rate, daffi_error_t *error)
{
    bench_meter_t meter;
    bench_meter_init (&meter, self->outstanding);
    int64_t now_ns = bench_clock_ns ();
    bench_meter_begin (&meter, now_ns + TRIAL_NS / 4, now_ns + TRIAL_NS);
    daffi_status_t status = run (self, &meter, error);
    *rate = bench_meter_rate (&meter);
    bench_meter_done (&meter);
    return status;
}

int bench_nats_caller (const bench_role_t *role)
{
    caller_t self = {.outstanding = role->outstanding,
                     .body = bench_body_new (role->payload_bytes),
                     .body_size = role->payload_bytes};
    daffi_error_t error;
    double best_rate = -1, rate;
    way_t *best = &self.ways[0];
    for (int i = 0; i < WAYS; i++) {
        self.way = &self.ways[i];
        if (open_way (self.way, role->endpoint, i, &error) ||
            try_way (&self, &rate, &error))
            return bench_role_error (&error);
        if (rate > best_rate) {
            best_rate = rate;
            best = self.way;
        }
    }
    self.way = best;
    return bench_role_serve (run, &self, role,
                             best == &self.ways[0] ? "gathered" : "at-once");
}

#else
typedef int bench_nats_is_not_here;
#endif
