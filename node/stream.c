//  SPDX-License-Identifier: MPL-2.0
//  Streams, as their users see them: the caller's end, and the function's.

#include <stdlib.h>

#include "alloc.h"
#include "channel.h"
#include "failure.h"
#include "future.h"
#include "global.h"
#include "request.h"

struct daffi_stream {
    daffi_future_t *future;
    bool sent_end;
};

static daffi_status_t take_credit (daffi_channel_t *channel,
                                   const daffi_packed_t *packed, int64_t timeout_ms)
{
    daffi_body_t body = daffi_packed_body (packed);
    return daffi_channel_take_credit (channel, daffi_body_size (&body), timeout_ms);
}

//  --- the caller's end ---------------------------------------------------------------

daffi_stream_t *daffi_stream_of (daffi_future_t *future)
{
    daffi_stream_t *self = daffi_new (sizeof *self);
    self->future = future;
    return self;
}

daffi_stream_t *daffi_stream_open (daffi_global_t *global, const char *function,
                                   daffi_args_t args,
                                   const daffi_call_options_t *options,
                                   daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (global, error);
    if (!node || daffi_call_pack (args, &body, error))
        return NULL;
    daffi_future_t *future = daffi_node_stream (node, function, &body, options, error);
    return future ? daffi_stream_of (future) : NULL;
}

//  False: the node has stopped, and the call ends on its own.
static bool post (daffi_mailbox_t *mailbox, daffi_stream_mail_t *mail)
{
    bool posted = daffi_mailbox_post (mailbox, &mail->mail.link);
    if (!posted)
        daffi_stream_mail_destroy (mail);
    return posted;
}

static bool post_future (daffi_future_t *future, daffi_stream_mail_t *mail)
{
    atomic_fetch_add_explicit (&future->refs, 1, memory_order_acq_rel);
    mail->future = future;
    //  a future that is not done keeps its mailbox alive
    pthread_mutex_lock (&future->lock);
    bool posted =
        !future->done && daffi_mailbox_post (future->mailbox, &mail->mail.link);
    pthread_mutex_unlock (&future->lock);
    if (!posted)
        daffi_stream_mail_destroy (mail);
    return posted;
}

static daffi_status_t explain (daffi_status_t status, daffi_error_t *error)
{
    const char *text = daffi_status_text (status);
    if (status == DAFFI_PENDING)
        text = "the other end has not made room in time";
    else if (status == DAFFI_END)
        text = "the call is over; nobody reads any more";
    return status ? daffi_fail (error, status, "%s", text) : DAFFI_OK;
}

//  An item for which there is credit, or why there is none.
static daffi_status_t send_item (daffi_stream_t *self, daffi_stream_mail_t *item,
                                 daffi_status_t status, daffi_error_t *error)
{
    if (!status)
        return post_future (self->future, item) ? DAFFI_OK : explain (DAFFI_END, error);
    daffi_stream_mail_destroy (item);
    return explain (status, error);
}

daffi_status_t daffi_stream_send_value (daffi_stream_t *self, daffi_value_t item,
                                        int64_t timeout_ms, daffi_error_t *error)
{
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    daffi_status_t status = self->sent_end ? DAFFI_INVALID : DAFFI_OK;
    if (!status)
        status = daffi_pack (&mail->body, &item);
    if (!status)
        status = take_credit (self->future->channel, &mail->body, timeout_ms);
    return send_item (self, mail, status, error);
}

daffi_status_t daffi_stream_send_take (daffi_stream_t *self, void *data, size_t size,
                                       daffi_free_fn *free_fn, void *hint,
                                       int64_t timeout_ms, daffi_error_t *error)
{
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    daffi_status_t status = self->sent_end ? DAFFI_INVALID : DAFFI_OK;
    if (!status)
        status = daffi_pack_lent (&mail->body, data, size);
    if (!status)
        status = take_credit (self->future->channel, &mail->body, timeout_ms);
    if (status != DAFFI_PENDING)
        daffi_packed_take (&mail->body, data, free_fn, hint);
    return send_item (self, mail, status, error);
}

daffi_status_t daffi_stream_wait_room (daffi_stream_t *self, int64_t timeout_ms)
{
    return daffi_channel_wait_room (self->future->channel, timeout_ms);
}

daffi_status_t daffi_stream_send_packed (daffi_stream_t *self,
                                         const daffi_packed_t *packed)
{
    daffi_status_t status = take_credit (self->future->channel, packed, 0);
    if (status)
        return status;
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    daffi_packed_share (&mail->body, packed);
    return post_future (self->future, mail) ? DAFFI_OK : DAFFI_END;
}

void daffi_stream_cancel (daffi_stream_t *self)
{
    daffi_future_cancel (self->future);
}

void daffi_stream_send_end (daffi_stream_t *self)
{
    if (self->sent_end)
        return;
    self->sent_end = true;
    (void)post_future (self->future, daffi_stream_mail_new (DAFFI_RECORD_END));
}

daffi_status_t daffi_stream_receive (daffi_stream_t *self, int64_t timeout_ms,
                                     daffi_result_t **item, daffi_error_t *error)
{
    uint32_t items = 0, bytes = 0;
    daffi_status_t status =
        daffi_channel_pop (self->future->channel, timeout_ms, item, &items, &bytes);
    if (items) {
        daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CREDIT);
        mail->items = items;
        mail->bytes = bytes;
        (void)post_future (self->future, mail);
    }
    if (status == DAFFI_PENDING)
        return daffi_fail (error, status, "no item has come in time");
    if (status != DAFFI_END)
        return status ? explain (status, error) : DAFFI_OK;
    //  the last item is followed by the outcome
    status = daffi_future_wait (self->future, DAFFI_FOREVER, error);
    return status ? status : DAFFI_END;
}

daffi_status_t daffi_stream_wait (daffi_stream_t *self, int64_t timeout_ms,
                                  daffi_error_t *error)
{
    return daffi_future_wait (self->future, timeout_ms, error);
}

const daffi_value_t *daffi_stream_value (daffi_stream_t *self)
{
    return daffi_future_value (self->future);
}

const char *daffi_stream_process (daffi_stream_t *self)
{
    return daffi_future_process (self->future);
}

daffi_status_t daffi_stream_progress (daffi_stream_t *self, daffi_progress_t *progress)
{
    return daffi_future_progress (self->future, progress);
}

int daffi_stream_receive_fd (daffi_stream_t *self)
{
    return daffi_channel_receive_fd (self->future->channel);
}

int daffi_stream_send_fd (daffi_stream_t *self)
{
    return daffi_channel_send_fd (self->future->channel);
}

void daffi_stream_destroy (daffi_stream_t **self_p)
{
    daffi_stream_t *self = *self_p;
    if (!self)
        return;
    daffi_future_destroy (&self->future);
    free (self);
    *self_p = NULL;
}

//  --- the function's end -------------------------------------------------------------

//  Not from an inline callback: its request is gone before the actor reads the mail.
static void post_request (daffi_request_t *request, daffi_stream_mail_t *mail)
{
    mail->token = request->called_as;
    mail->session = request->session;
    (void)post (request->mailbox, mail);
}

bool daffi_request_is_stream (const daffi_request_t *self)
{
    return self->channel != NULL;
}

daffi_status_t daffi_request_receive (daffi_request_t *self, int64_t timeout_ms,
                                      daffi_value_t *item)
{
    uint32_t items = 0, bytes = 0;
    daffi_result_t *next = NULL;
    if (!self->channel)
        return DAFFI_END;
    if (daffi_future_waiting_forbidden ())
        return DAFFI_DEADLOCK;
    if (!self->reading) {
        //  the caller may send from now on
        daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CREDIT);
        mail->items = DAFFI_WINDOW_ITEMS;
        mail->bytes = DAFFI_WINDOW_BYTES;
        self->reading = true;
        post_request (self, mail);
    }
    daffi_status_t status =
        daffi_channel_pop (self->channel, timeout_ms, &next, &items, &bytes);
    if (items) {
        daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CREDIT);
        mail->items = items;
        mail->bytes = bytes;
        post_request (self, mail);
    }
    if (!status) {
        daffi_result_destroy (&self->item);
        self->item = next;
        *item = *daffi_result_value (next);
    }
    if (status == DAFFI_END && daffi_request_cancelled (self))
        status = DAFFI_CANCELLED;
    return status;
}

//  Whether items can be yielded here at all.
static daffi_status_t may_yield (const daffi_request_t *self)
{
    if (!self->channel)
        return DAFFI_INVALID;
    return daffi_future_waiting_forbidden () ? DAFFI_DEADLOCK : DAFFI_OK;
}

//  An item for which there is credit, or why there is none.
static daffi_status_t yield_item (daffi_request_t *self, daffi_stream_mail_t *item,
                                  daffi_status_t status)
{
    if (status)
        daffi_stream_mail_destroy (item);
    else
        post_request (self, item);
    return status;
}

daffi_status_t daffi_request_yield_value (daffi_request_t *self, daffi_value_t item,
                                          int64_t timeout_ms)
{
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    daffi_status_t status = may_yield (self);
    if (!status)
        status = daffi_pack (&mail->body, &item);
    if (!status)
        status = take_credit (self->channel, &mail->body, timeout_ms);
    return yield_item (self, mail, status);
}

daffi_status_t daffi_request_yield_take (daffi_request_t *self, void *data, size_t size,
                                         daffi_free_fn *free_fn, void *hint,
                                         int64_t timeout_ms)
{
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    daffi_status_t status = may_yield (self);
    if (!status)
        status = daffi_pack_lent (&mail->body, data, size);
    if (!status)
        status = take_credit (self->channel, &mail->body, timeout_ms);
    if (status != DAFFI_PENDING)
        daffi_packed_take (&mail->body, data, free_fn, hint);
    return yield_item (self, mail, status);
}
