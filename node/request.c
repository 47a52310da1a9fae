//  SPDX-License-Identifier: MPL-2.0
//  Requests, as callbacks see them: read arguments, look whether anybody still waits,
//  answer once.

#include "request.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "clock.h"
#include "failure.h"
#include "wake.h"

struct daffi_string {
    daffi_string_t *next;
    char text[];
};

static _Thread_local daffi_request_t *current;

daffi_request_t *daffi_request_current (void)
{
    return current;
}

static const char *place (uint8_t **cursor, daffi_text_t text)
{
    char *start = (char *)*cursor;
    if (text.size)
        memcpy (start, text.data, text.size);
    start[text.size] = 0;
    *cursor += text.size + 1;
    return start;
}

daffi_request_t *daffi_request_new (daffi_served_t *served, const daffi_body_t *body,
                                    daffi_text_t function, daffi_text_t caller)
{
    size_t room = daffi_received_room (body) + function.size + caller.size + 2;
    daffi_request_t *self = malloc (sizeof *self + room);
    if (!self)
        return NULL;
    memset (self, 0, offsetof (daffi_request_t, result.small));
    uint8_t *cursor = self->room;
    self->function = place (&cursor, function);
    self->caller = place (&cursor, caller);
    daffi_received_keep (&self->args, body, cursor);
    self->mail.kind = DAFFI_MAIL_ANSWER;
    self->served = served;
    atomic_init (&self->fate, 0);
    atomic_init (&self->cancel_fd, -1);
    self->deadline_ms = DAFFI_NEVER;
    daffi_list_init (&self->children);
    return self;
}

void daffi_request_destroy (daffi_request_t *self)
{
    while (self->strings) {
        daffi_string_t *next = self->strings->next;
        free (self->strings);
        self->strings = next;
    }
    int cancel_fd = atomic_load_explicit (&self->cancel_fd, memory_order_relaxed);
    if (cancel_fd >= 0)
        daffi_wake_close (&cancel_fd);
    daffi_received_done (&self->args);
    daffi_packed_done (&self->result);
    daffi_served_unref (self->served);
    daffi_result_destroy (&self->item);
    daffi_channel_destroy (&self->channel);
    if (self->report)
        daffi_report_unref (self->report);
    if (self->asker)
        daffi_future_unref (self->asker);
    free (self->text);
    free (self);
}

//  --- running ------------------------------------------------------------------------

static void answer_status (daffi_request_t *self, daffi_status_t status,
                           const char *text)
{
    self->answered = true;
    self->status = status;
    self->text = daffi_strdup (text);
}

//  From here on a cancel finds it running, unless one came before: then never.
static bool enter (daffi_request_t *self)
{
    unsigned fate = 0;
    return atomic_compare_exchange_strong (&self->fate, &fate, DAFFI_FATE_BEGUN);
}

static void check_arguments (daffi_request_t *self)
{
    char text[DAFFI_TEXT_MAX + 1];
    if (daffi_signature_check (self->served->checked, &self->args.value, self->function,
                               text, sizeof text))
        answer_status (self, DAFFI_TYPE, text);
}

static bool worth_running (daffi_request_t *self, int64_t now_ms)
{
    //  whoever queued it may have found a reason already
    if (self->answered)
        return false;
    if (!enter (self))
        answer_status (self, DAFFI_CANCELLED, "cancelled before it ran");
    else if (now_ms >= self->deadline_ms)
        answer_status (self, DAFFI_TIMEOUT, "the deadline passed before it ran");
    else if (daffi_received_read (&self->args) ||
             self->args.value.kind != DAFFI_KIND_ARRAY)
        answer_status (self, DAFFI_PROTOCOL, "the arguments are not a msgpack array");
    else if (self->served->checked)
        check_arguments (self);
    return !self->answered;
}

void daffi_request_run (daffi_request_t *self, int64_t now_ms)
{
    daffi_request_t *outer = current;
    if (worth_running (self, now_ms)) {
        current = self;
        self->ran = true;
        int64_t began_ns = daffi_tally_begin (self->served);
        daffi_status_t status = self->served->callback (self, self->served->arg);
        current = outer;
        if (!self->answered && status)
            answer_status (self, daffi_status_from_wire ((uint64_t)status),
                           daffi_status_text (status));
        else if (!self->answered)
            (void)daffi_request_reply_value (self, daffi_value_nil ());
        daffi_tally_end (self->served, began_ns, self->status != DAFFI_OK);
    }
    self->on_answered (self);
}

bool daffi_request_cancel (daffi_request_t *self)
{
    unsigned fate = atomic_fetch_or (&self->fate, DAFFI_FATE_CANCELLED);
    int fd = atomic_load (&self->cancel_fd);
    if (!(fate & DAFFI_FATE_CANCELLED) && fd >= 0)
        daffi_wake_signal (fd);
    if (self->channel)
        daffi_channel_close (self->channel, DAFFI_CANCELLED);
    return fate & DAFFI_FATE_BEGUN;
}

bool daffi_request_cancelled (daffi_request_t *self)
{
    return atomic_load (&self->fate) & DAFFI_FATE_CANCELLED;
}

//  Whoever comes second, the cancel or the descriptor, sees the other and signals;
//  where both do, it is readable all the same.
int daffi_request_cancel_fd (daffi_request_t *self)
{
    int known = atomic_load (&self->cancel_fd);
    if (known >= 0)
        return known;
    int fd = daffi_wake_open ();
    if (fd < 0)
        return fd;
    if (!atomic_compare_exchange_strong (&self->cancel_fd, &known, fd)) {
        daffi_wake_close (&fd);
        return known;
    }
    if (daffi_request_cancelled (self))
        daffi_wake_signal (fd);
    return fd;
}

int64_t daffi_request_time_left (daffi_request_t *self)
{
    if (self->deadline_ms == DAFFI_NEVER)
        return DAFFI_FOREVER;
    int64_t left = self->deadline_ms - daffi_clock_ms ();
    return left > 0 ? left : 0;
}

//  --- reading ------------------------------------------------------------------------

size_t daffi_request_count (const daffi_request_t *self)
{
    return self->args.value.count;
}

const char *daffi_request_function (const daffi_request_t *self)
{
    return self->function;
}

const char *daffi_request_caller (const daffi_request_t *self)
{
    return self->caller;
}

daffi_global_t *daffi_request_global (const daffi_request_t *self)
{
    return self->global;
}

daffi_status_t daffi_request_value (const daffi_request_t *self, size_t index,
                                    daffi_value_t *out)
{
    return daffi_value_item (&self->args.value, index, out);
}

daffi_status_t daffi_request_bool (const daffi_request_t *self, size_t index, bool *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    return status ? status : daffi_value_get_bool (&value, out);
}

daffi_status_t daffi_request_int (const daffi_request_t *self, size_t index,
                                  int64_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    return status ? status : daffi_value_get_int (&value, out);
}

daffi_status_t daffi_request_uint (const daffi_request_t *self, size_t index,
                                   uint64_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    return status ? status : daffi_value_get_uint (&value, out);
}

daffi_status_t daffi_request_double (const daffi_request_t *self, size_t index,
                                     double *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    return status ? status : daffi_value_get_double (&value, out);
}

daffi_status_t daffi_request_bytes (const daffi_request_t *self, size_t index,
                                    const void **data, size_t *size)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    return status ? status : daffi_value_get_bytes (&value, data, size);
}

daffi_status_t daffi_request_string (daffi_request_t *self, size_t index,
                                     const char **out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (self, index, &value);
    if (status)
        return status;
    if (value.kind != DAFFI_KIND_STRING ||
        (value.size && memchr (value.as.string, 0, value.size)))
        return DAFFI_TYPE;
    daffi_string_t *copy = malloc (sizeof *copy + value.size + 1);
    if (!copy)
        return DAFFI_NO_MEMORY;
    memcpy (copy->text, value.as.string, value.size);
    copy->text[value.size] = 0;
    copy->next = self->strings;
    self->strings = copy;
    *out = copy->text;
    return DAFFI_OK;
}

//  --- answering ----------------------------------------------------------------------

daffi_status_t daffi_request_reply_value (daffi_request_t *self, daffi_value_t value)
{
    if (self->answered)
        return DAFFI_EXISTS;
    daffi_status_t status = daffi_pack (&self->result, &value);
    self->answered = !status;
    return status;
}

daffi_status_t daffi_request_reply_take (daffi_request_t *self, void *data, size_t size,
                                         daffi_free_fn *free_fn, void *hint)
{
    if (self->answered) {
        if (free_fn)
            free_fn (data, hint);
        return DAFFI_EXISTS;
    }
    daffi_status_t status =
        daffi_pack_take (&self->result, NULL, data, size, free_fn, hint);
    self->answered = !status;
    return status;
}

static daffi_status_t fail (daffi_request_t *self, daffi_status_t status,
                            const char *format, va_list args) DAFFI_PRINTF (3, 0);

static daffi_status_t fail (daffi_request_t *self, daffi_status_t status,
                            const char *format, va_list args)
{
    char text[DAFFI_TEXT_MAX + 1];
    vsnprintf (text, sizeof text, format, args);
    if (!self->answered)
        answer_status (self, daffi_status_from_wire ((uint64_t)status), text);
    return status;
}

daffi_status_t daffi_request_fail (daffi_request_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    daffi_status_t status = fail (self, DAFFI_FAILED, format, args);
    va_end (args);
    return status;
}

daffi_status_t daffi_request_fail_with (daffi_request_t *self, daffi_status_t status,
                                        const char *format, ...)
{
    va_list args;
    va_start (args, format);
    status = fail (self, status, format, args);
    va_end (args);
    return status;
}
