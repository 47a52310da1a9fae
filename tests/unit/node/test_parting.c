//  SPDX-License-Identifier: MPL-2.0
//  How a node and its controller part: by a stop in between, and where one hears
//  nothing of the other any more.

#include <pthread.h>
#include <stdatomic.h>

#include "side.h"

enum { PATIENCE_MS = 30000 };

//  --- a stop -------------------------------------------------------------------------

static atomic_bool begun, may_end;

static daffi_status_t hold (daffi_request_t *request, void *arg)
{
    (void)request, (void)arg;
    atomic_store (&begun, true);
    while (!atomic_load (&may_end))
        pause_ms (1);
    return DAFFI_OK;
}

static void *stop (void *global)
{
    daffi_global_stop (global);
    return NULL;
}

TEST ("a node that is welcomed while it drains says so, and ends with what runs")
{
    meeting_t self;
    pthread_t stopper;
    daffi_header_t header;
    daffi_body_t body;
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "hold", .callback = hold, .local = true}, {.name = NULL}};
    meeting_begin_with (&self, functions, DAFFI_FOREVER);
    daffi_future_t *call =
        daffi_call_start (self.global, "hold", DAFFI_ARGS (), NULL, &error);
    CHECK (call);
    while (!atomic_load (&begun))
        pause_ms (1);
    CHECK (pthread_create (&stopper, NULL, stop, self.global) == 0);
    while (daffi_global_state (self.global, NULL) != DAFFI_STATE_STOPPING)
        pause_ms (1);
    meeting_welcome (&self, 1000, 60000);
    side_hear_type (&self.hub, DAFFI_RECORD_DRAIN, &header, &body);
    side_say_plain (&self.hub, DAFFI_RECORD_DRAIN, header.id);
    atomic_store (&may_end, true);
    CHECK_OK (daffi_global_join (self.global, PATIENCE_MS));
    CHECK_OK (daffi_future_wait (call, 0, &error));
    CHECK (pthread_join (stopper, NULL) == 0);
    daffi_future_destroy (&call);
    meeting_end (&self);
}

//  --- silence ------------------------------------------------------------------------

TEST ("a delayed call may run where the controller is silent, and may still hear us")
{
    meeting_t self;
    daffi_error_t error;
    meeting_begin (&self, NULL);
    meeting_welcome (&self, 50, 300);
    //  its time comes when a controller that has heard us last gives us up, or before
    daffi_future_t *near =
        daffi_call_start (self.global, "near", DAFFI_ARGS (),
                          DAFFI_CALL (.eta_ms = 500, .no_retry = true), &error);
    daffi_future_t *far =
        daffi_call_start (self.global, "far", DAFFI_ARGS (),
                          DAFFI_CALL (.eta_ms = 3600000, .no_retry = true), &error);
    CHECK (near && far);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST, daffi_future_wait (near, PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST, daffi_future_wait (far, PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    daffi_future_destroy (&near);
    daffi_future_destroy (&far);
    meeting_end (&self);
}

//  --- a controller that drains -------------------------------------------------------

TEST ("what may have run stays so where a controller that drains refuses it")
{
    meeting_t self;
    daffi_header_t header;
    daffi_body_t body;
    daffi_error_t error;
    meeting_begin (&self, NULL);
    meeting_welcome (&self, 1000, 60000);
    daffi_future_t *call = daffi_call_start (self.global, "f", DAFFI_ARGS (),
                                             DAFFI_CALL (.idempotent = true), &error);
    CHECK (call);
    side_hear_type (&self.hub, DAFFI_RECORD_CALL, &header, &body);
    daffi_header_t refusal = {.type = DAFFI_RECORD_ERROR,
                              .id = header.id,
                              .status = DAFFI_DRAINING,
                              .executed = DAFFI_EXECUTED_MAYBE,
                              .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED,
                              .ttl_ms = DAFFI_TTL_NONE};
    side_say_plain (&self.hub, DAFFI_RECORD_DRAIN, 0);
    side_say (&self.hub, &refusal, NULL);
    while (daffi_future_state (call) != DAFFI_FUTURE_QUEUED)
        pause_ms (1);
    daffi_global_stop (self.global);
    CHECK_STATUS (DAFFI_STOPPED, daffi_future_wait (call, 0, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    daffi_future_destroy (&call);
    meeting_end (&self);
}
