//  SPDX-License-Identifier: MPL-2.0
//  Payload functions that run inside this process: the table that they are handed, over
//  the request that they answer.

#include <stdlib.h>

#include "failure.h"
#include "hosted.h"
#include "payloads.h"

typedef struct {
    daffi_hosted_t hosted;  //  first
    daffi_request_t *request;
    daffi_payloads_t *payloads;
    const daffi_payload_t *payload;
} here_t;

static here_t *here (daffi_payload_call_t *call)
{
    return (here_t *)call;
}

static int reply (daffi_payload_call_t *call, const daffi_value_t *value)
{
    return (int)daffi_request_reply_value (here (call)->request, *value);
}

static int fail (daffi_payload_call_t *call, const char *text, size_t size)
{
    return (int)daffi_request_fail (here (call)->request, "%.*s",
                                    size > DAFFI_TEXT_MAX ? DAFFI_TEXT_MAX : (int)size,
                                    text);
}

static bool cancelled (daffi_payload_call_t *call)
{
    return daffi_request_cancelled (here (call)->request);
}

static int64_t time_left (daffi_payload_call_t *call)
{
    return daffi_request_time_left (here (call)->request);
}

static void progress (daffi_payload_call_t *call, uint64_t done, uint64_t total)
{
    (void)daffi_request_progress (here (call)->request, done, total, NULL);
}

static void log_line (daffi_payload_call_t *call, int level, const char *text,
                      size_t size)
{
    here_t *self = here (call);
    if (level < DAFFI_LOG_ERROR || level > DAFFI_LOG_DEBUG)
        level = DAFFI_LOG_INFO;
    daffi_log (&self->payloads->log, (daffi_log_level_t)level, "payload.says",
               "hash=%s function=%s text=%.*s", self->payload->hash_text,
               self->hosted.function, (int)(size > 512 ? 512 : size), text);
}

static int receive (daffi_payload_call_t *call, int64_t timeout_ms, daffi_value_t *item)
{
    return (int)daffi_request_receive (here (call)->request, timeout_ms, item);
}

static int yield (daffi_payload_call_t *call, const daffi_value_t *item,
                  int64_t timeout_ms)
{
    return (int)daffi_request_yield_value (here (call)->request, *item, timeout_ms);
}

static daffi_payload_host_t table;

static void make_table (void)
{
    static const daffi_payload_host_t own = {.reply = reply,
                                             .fail = fail,
                                             .cancelled = cancelled,
                                             .time_left = time_left,
                                             .progress = progress,
                                             .log = log_line,
                                             .receive = receive,
                                             .yield = yield};
    daffi_hosted_table (&table, &own);
}

//  A payload may return any number: those that are daffi's own to say are not.
static daffi_status_t status_of (int returned)
{
    if (returned == DAFFI_OK)
        return DAFFI_OK;
    if (returned < 0 || returned == DAFFI_NO_PAYLOAD)
        return DAFFI_FAILED;
    return daffi_status_from_wire ((uint64_t)returned);
}

daffi_status_t daffi_payload_run_here (daffi_payloads_t *self, daffi_held_t *held,
                                       const char *function, daffi_value_t args,
                                       daffi_request_t *request)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    daffi_error_t error;
    pthread_once (&once, make_table);
    daffi_payload_fn *run =
        daffi_held_function (held, daffi_text_of (function), &error);
    if (!held->library_open)
        daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.not_loaded",
                   "hash=%s text=%s", held->payload->hash_text, error.text);
    else if (!atomic_exchange (&held->told, true))
        daffi_log (&self->log, DAFFI_LOG_INFO, "payload.loaded",
                   "hash=%s text=", held->payload->hash_text);
    if (!run)
        return daffi_payloads_refuse (request, &error);
    here_t call = {.hosted = {.call = {&table},
                              .args = args,
                              .function = function,
                              .caller = daffi_request_caller (request),
                              .stream = daffi_request_is_stream (request)},
                   .request = request,
                   .payloads = self,
                   .payload = held->payload};
    int returned = run (&call.hosted.call);
    daffi_hosted_done (&call.hosted);
    return status_of (returned);
}
