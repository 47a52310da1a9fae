//  SPDX-License-Identifier: MPL-2.0
//  A process that stands still (SIGSTOP, no processor) in the middle of a turn: what it
//  reads when it goes on is judged by the clock of then.
//
//  Here an actor stands still where it has received a message: zmq_msg_recv () of this
//  program holds it there for as long as a test wants. The other side is played by the
//  test's thread.

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "side.h"

enum { LATE_MS = 100 };

//  --- standing still -----------------------------------------------------------------

enum { RUNS, SHALL_STAND, STANDS };

static atomic_int actor = RUNS;
static _Thread_local bool is_test;  //  its thread never stands still

int zmq_msg_recv (zmq_msg_t *message, void *socket, int flags)
{
    int (*receive) (zmq_msg_t *, void *, int);
    *(void **)&receive = dlsym (RTLD_NEXT, "zmq_msg_recv");
    int size = receive (message, socket, flags);
    int shall = SHALL_STAND;
    if (size < 0 || is_test || !atomic_compare_exchange_strong (&actor, &shall, STANDS))
        return size;
    while (atomic_load (&actor) == STANDS)
        pause_ms (1);
    return size;
}

//  The actor is given this record and stands still with it in its hands.
static void stand_still (side_t *self, uint64_t ping_id)
{
    is_test = true;
    pause_ms (5);  //  a turn that is just ending ends
    atomic_store (&actor, SHALL_STAND);
    side_say_plain (self, DAFFI_RECORD_PING, ping_id);
    while (atomic_load (&actor) != STANDS)
        pause_ms (1);
}

static void go_on (void)
{
    atomic_store (&actor, RUNS);
}

//  --- the controller -----------------------------------------------------------------

static void hello (side_t *self, uint64_t id, const char *name, const char *function)
{
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = id,
                             .peer = daffi_text_of (name),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_hello_t hello = {.min = 1, .max = 1, .heartbeat_ms = 5000};
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    memcpy (hello.incarnation, name, strnlen (name, sizeof hello.incarnation));
    hello.language = hello.version = daffi_text_of ("test");
    daffi_write_hello (&out, &hello);
    daffi_write_array (&out, 1);
    daffi_write_offer (&out, daffi_text_of (function), daffi_text ("", 0));
    side_say (self, &header, &out);
    daffi_buffer_done (&out);
}

//  A peer of that hub that is welcome.
static void peer_open (side_t *self, const daffi_global_t *hub, const char *name,
                       const char *function)
{
    daffi_header_t header;
    daffi_body_t body;
    side_open (self, ZMQ_DEALER);
    daffi_outbox_init (&self->outbox, self->socket, NULL, &self->parcels);
    CHECK (zmq_connect (self->socket, daffi_global_endpoint (hub)) == 0);
    hello (self, 1, name, function);
    side_hear_type (self, DAFFI_RECORD_WELCOME, &header, &body);
}

static daffi_global_t *hub_start (void)
{
    daffi_error_t error;
    daffi_global_t *hub =
        daffi_global_new (DAFFI_OPTIONS (.init_controller = true, .without_node = true,
                                         .unix_sock_path = test_tmpdir ()),
                          &error);
    CHECK (hub);
    return hub;
}

TEST ("a controller that stood still tells the clock of when it read a PING, not of "
      "before")
{
    side_t peer;
    daffi_header_t header;
    daffi_body_t body;
    uint64_t clock_ms;
    daffi_global_t *hub = hub_start ();
    peer_open (&peer, hub, "peer", "f");
    stand_still (&peer, 1);
    pause_ms (LATE_MS);
    int64_t sent_ms = daffi_clock_ms ();
    side_say_plain (&peer, DAFFI_RECORD_PING, 2);
    pause_ms (LATE_MS);  //  it is there when the turn goes on
    go_on ();
    do
        side_hear_type (&peer, DAFFI_RECORD_PONG, &header, &body);
    while (header.id != 2);
    CHECK_OK (daffi_read_clock (body.data, body.size, &clock_ms));
    CHECK ((int64_t)clock_ms >= sent_ms);
    side_close (&peer);
    daffi_global_destroy (&hub);
}

TEST (
    "what was meant for a session that is over does not come behind the WELCOME of the "
    "next")
{
    side_t worker, caller;
    daffi_header_t header, call = {.type = DAFFI_RECORD_CALL,
                                   .id = 5,
                                   .name = daffi_text_of ("f"),
                                   .ttl_ms = 5000};
    daffi_body_t body;
    daffi_global_t *hub = hub_start ();
    peer_open (&worker, hub, "worker", "f");
    peer_open (&caller, hub, "caller", "g");
    stand_still (&caller, 1);
    side_say (&caller, &call, NULL);
    pause_ms (LATE_MS);  //  it is given to the worker before that one begins anew
    hello (&worker, 2, "worker", "f");
    pause_ms (LATE_MS);
    go_on ();
    side_hear_type (&caller, DAFFI_RECORD_ERROR, &header, &body);
    CHECK_EQ_UINT (header.id, 5);
    CHECK_EQ_INT (header.status, DAFFI_PROCESS_LOST);
    side_hear_type (&worker, DAFFI_RECORD_WELCOME, &header, &body);
    CHECK_EQ_UINT (header.id, 2);
    side_say_plain (&worker, DAFFI_RECORD_DRAIN, 7);
    side_hear (&worker, &header, &body);
    CHECK_EQ_INT (header.type, DAFFI_RECORD_DRAIN);
    side_close (&worker);
    side_close (&caller);
    daffi_global_destroy (&hub);
}

//  --- a node -------------------------------------------------------------------------

static atomic_int began, may_end, ran;

static daffi_status_t block (daffi_request_t *request, void *arg)
{
    (void)request;
    (void)arg;
    atomic_store (&began, 1);
    while (!atomic_load (&may_end))
        pause_ms (1);
    return DAFFI_OK;
}

static daffi_status_t note (daffi_request_t *request, void *arg)
{
    (void)request;
    (void)arg;
    atomic_fetch_add (&ran, 1);
    return DAFFI_OK;
}

static atomic_int nested = DAFFI_PENDING;

static daffi_status_t nest (daffi_request_t *request, void *arg)
{
    (void)arg;
    atomic_store (&nested, daffi_call (daffi_request_global (request), "g",
                                       DAFFI_ARGS (), NULL, NULL, NULL));
    return DAFFI_OK;
}

static const daffi_function_t functions[] = {
    {.name = "nest", .callback = nest},
    {.name = "block", .callback = block},
    {.name = "note", .callback = note},
    {.name = "quick", .callback = note, .run_inline = true},
    {0}};

//  It was refused and did not run, and can be tried elsewhere; a node that has begun a
//  new session meanwhile has forgotten it.
static void check_refused (meeting_t *self, uint64_t token)
{
    daffi_header_t header;
    daffi_body_t body;
    do
        side_hear (&self->hub, &header, &body);
    while (header.id != token && header.type != DAFFI_RECORD_HELLO);
    if (header.id == token) {
        CHECK_EQ_INT (header.type, DAFFI_RECORD_ERROR);
        CHECK_EQ_INT (header.executed, DAFFI_EXECUTED_NO);
    }
    CHECK_EQ_INT (ran, 0);
}

TEST ("a node that stood still takes no PONG for quick that it read late")
{
    meeting_t self;
    daffi_header_t header;
    daffi_body_t body;
    daffi_error_t error;
    meeting_begin (&self, functions);
    pause_ms (LATE_MS);  //  so that a PONG is the better witness
    meeting_welcome (&self, 5000, 20000);
    side_hear_type (&self.hub, DAFFI_RECORD_PING, &header, &body);
    uint64_t ping_id = header.id;
    stand_still (&self.hub, 77);
    pause_ms (3 * LATE_MS);
    side_say_clock (&self.hub, DAFFI_RECORD_PONG, ping_id);
    pause_ms (LATE_MS);
    go_on ();
    side_hear_type (&self.hub, DAFFI_RECORD_PONG, &header, &body);
    daffi_future_t *future =
        daffi_call_start (self.global, "f", DAFFI_ARGS (), NULL, &error);
    CHECK (future);
    side_hear_type (&self.hub, DAFFI_RECORD_CALL, &header, &body);
    //  what it believes our clock to be
    CHECK ((int32_t)(header.sent_ms - (uint32_t)daffi_clock_ms ()) < LATE_MS / 2);
    daffi_future_destroy (&future);
    meeting_end (&self);
}

TEST ("what was read late does not begin when its caller has given up the controller")
{
    enum { TIMEOUT_MS = 1000 };
    meeting_t self;
    daffi_header_t header;
    daffi_body_t body;
    meeting_begin (&self, functions);
    meeting_welcome (&self, 200, TIMEOUT_MS);
    side_hear_type (&self.hub, DAFFI_RECORD_PING, &header, &body);
    side_say_clock (&self.hub, DAFFI_RECORD_PONG, header.id);
    meeting_give (&self, 11, "block", 5000, daffi_clock_ms ());
    while (!atomic_load (&began))
        pause_ms (1);
    //  from here on we say nothing more, as who was stopped
    stand_still (&self.hub, 77);
    int64_t silent_ms = daffi_clock_ms ();
    meeting_give (&self, 12, "note", 5000, silent_ms);
    pause_ms (TIMEOUT_MS * 7 / 10);
    go_on ();
    side_hear_type (&self.hub, DAFFI_RECORD_PONG, &header, &body);
    int64_t left_ms = silent_ms + TIMEOUT_MS - daffi_clock_ms ();
    pause_ms (left_ms > 0 ? left_ms : 0);
    atomic_store (&may_end, 1);
    check_refused (&self, 12);
    meeting_end (&self);
}

TEST ("a WELCOME that was long on its way does not make the calls behind it young")
{
    meeting_t self;
    meeting_begin (&self, functions);
    pause_ms (6 * LATE_MS);
    meeting_welcome (&self, 1000, 3000);
    //  200 ms are gone of it
    meeting_give (&self, 12, "quick", 4 * LATE_MS, self.hello_ms);
    check_refused (&self, 12);
    meeting_end (&self);
}

TEST ("a call from within a callback is lost with the controller, and not cancelled")
{
    meeting_t self;
    daffi_header_t header;
    daffi_body_t body;
    meeting_begin (&self, functions);
    meeting_welcome (&self, 5000, 20000);
    meeting_give (&self, 11, "nest", 5000, daffi_clock_ms ());
    side_hear_type (&self.hub, DAFFI_RECORD_CALL, &header, &body);
    side_close (&self.hub);
    while (atomic_load (&nested) == DAFFI_PENDING)
        pause_ms (1);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST, (daffi_status_t)atomic_load (&nested));
    daffi_global_destroy (&self.global);
}
