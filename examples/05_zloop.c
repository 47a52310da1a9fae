//  SPDX-License-Identifier: MPL-2.0
//  05_zloop: daffi inside a czmq program, beside its own sockets and timers.
//
//  A weather station reads its sensor by a timer and a socket of its own, in a zloop.
//  The node is one more zactor in that loop, and its callbacks run there too
//  (manual_dispatch): `average` reads the station's state without a lock.
//
//  RUN: ./05_zloop
//  OUTPUT:
//  | reading 1: 18 degrees
//  | reading 2: 20 degrees
//  | reading 3: 22 degrees
//  | reading 4: 24 degrees
//  | station asks for the average
//  | average: 21 degrees
//  END

#include <czmq.h>
#include <daffi_czmq.h>

typedef struct {
    zsock_t *sensor, *readings;
    daffi_global_t *global;
    zactor_t *node;
    daffi_future_t *question;
    int count, sum;
    bool answered;
} station_t;

//  Any process may ask for this; here the station asks itself.
static daffi_status_t average (daffi_request_t *request, void *arg)
{
    station_t *self = arg;
    printf ("%s asks for the average\n", daffi_request_caller (request));
    if (self->count == 0)
        return daffi_request_fail (request, "there are no readings yet");
    return daffi_request_reply (request, (double)self->sum / self->count);
}

static void on_answer (daffi_future_t *future, void *arg)
{
    station_t *self = arg;
    double degrees;
    const daffi_value_t *value = daffi_future_value (future);
    if (value && !daffi_value_get_double (value, &degrees))
        printf ("average: %g degrees\n", degrees);
    self->answered = true;
}

static int measure (zloop_t *loop, int timer, void *arg)
{
    (void)loop, (void)timer;
    static int degrees = 16;
    return zsock_send (((station_t *)arg)->sensor, "i", degrees += 2);
}

static int on_reading (zloop_t *loop, zsock_t *socket, void *arg)
{
    (void)loop;
    station_t *self = arg;
    int degrees;
    zsock_recv (socket, "i", &degrees);
    self->sum += degrees;
    printf ("reading %d: %d degrees\n", ++self->count, degrees);
    if (self->count < 4)
        return 0;

    daffi_error_t error;
    self->question =
        daffi_call_start (self->global, "average", DAFFI_ARGS (), NULL, &error);
    if (!self->question ||
        daffi_future_on_done (self->question, on_answer, self) != DAFFI_OK)
        return -1;
    return 0;
}

//  The node has something for this thread: a callback to run, an answer to tell.
static int on_node (zloop_t *loop, zsock_t *pipe, void *arg)
{
    (void)loop, (void)pipe;
    station_t *self = arg;
    daffi_czmq_dispatch (zactor_sock (self->node), self->global);
    return self->answered ? -1 : 0;
}

int main (void)
{
    station_t station = {0};
    const daffi_function_t functions[] = {
        {.name = "average", .callback = average, .arg = &station}, {0}};
    daffi_error_t error;
    daffi_czmq_args_t args = {
        .options = DAFFI_OPTIONS (.process_name = "station", .init_controller = true,
                                  .host = "127.0.0.1", .functions = functions,
                                  .manual_dispatch = true),
        .error = &error};
    station.node = zactor_new (daffi_czmq_actor, &args);
    station.global = args.global;
    if (!station.global) {
        fprintf (stderr, "%s\n", error.text);
        zactor_destroy (&station.node);
        return EXIT_FAILURE;
    }
    station.readings = zsock_new_pull ("@inproc://readings");
    station.sensor = zsock_new_push (">inproc://readings");

    zloop_t *loop = zloop_new ();
    zloop_timer (loop, 10, 4, measure, &station);
    zloop_reader (loop, station.readings, on_reading, &station);
    zloop_reader (loop, zactor_sock (station.node), on_node, &station);
    zloop_start (loop);
    zloop_destroy (&loop);

    daffi_future_destroy (&station.question);
    zactor_destroy (&station.node);
    zsock_destroy (&station.sensor);
    zsock_destroy (&station.readings);
    return station.answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
