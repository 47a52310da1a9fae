//  SPDX-License-Identifier: MPL-2.0
//  What every host of payload functions has in common.

#include "hosted.h"

#include <stdlib.h>

struct daffi_hosted_string {
    daffi_hosted_string_t *next;
    char text[];
};

static daffi_hosted_t *hosted (daffi_payload_call_t *call)
{
    return (daffi_hosted_t *)call;
}

void daffi_hosted_done (daffi_hosted_t *self)
{
    while (self->strings) {
        daffi_hosted_string_t *next = self->strings->next;
        free (self->strings);
        self->strings = next;
    }
}

//  --- arguments ----------------------------------------------------------------------

static size_t count (daffi_payload_call_t *call)
{
    return hosted (call)->args.count;
}

static int argument (daffi_payload_call_t *call, size_t index, daffi_value_t *out)
{
    return (int)daffi_value_item (&hosted (call)->args, index, out);
}

static int get_bool (daffi_payload_call_t *call, size_t index, bool *out)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    return status ? status : (int)daffi_value_get_bool (&value, out);
}

static int get_int (daffi_payload_call_t *call, size_t index, int64_t *out)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    return status ? status : (int)daffi_value_get_int (&value, out);
}

static int get_uint (daffi_payload_call_t *call, size_t index, uint64_t *out)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    return status ? status : (int)daffi_value_get_uint (&value, out);
}

static int get_double (daffi_payload_call_t *call, size_t index, double *out)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    return status ? status : (int)daffi_value_get_double (&value, out);
}

static int get_bytes (daffi_payload_call_t *call, size_t index, const void **data,
                      size_t *size)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    return status ? status : (int)daffi_value_get_bytes (&value, data, size);
}

static int get_string (daffi_payload_call_t *call, size_t index, const char **out)
{
    daffi_value_t value;
    int status = argument (call, index, &value);
    if (status)
        return status;
    if (value.kind != DAFFI_KIND_STRING ||
        (value.size && memchr (value.as.string, 0, value.size)))
        return DAFFI_TYPE;
    daffi_hosted_string_t *copy = malloc (sizeof *copy + value.size + 1);
    if (!copy)
        return DAFFI_NO_MEMORY;
    if (value.size)
        memcpy (copy->text, value.as.string, value.size);
    copy->text[value.size] = 0;
    copy->next = hosted (call)->strings;
    hosted (call)->strings = copy;
    *out = copy->text;
    return DAFFI_OK;
}

//  --- containers ---------------------------------------------------------------------

static void iterate (const daffi_value_t *value, daffi_iterator_t *out)
{
    *out = daffi_value_iterate (value);
}

static int item (const daffi_value_t *value, size_t index, daffi_value_t *out)
{
    return (int)daffi_value_item (value, index, out);
}

static int find (const daffi_value_t *value, const char *key, daffi_value_t *out)
{
    return (int)daffi_value_find (value, key, out);
}

//  --- answers ------------------------------------------------------------------------

static int reply_int (daffi_payload_call_t *call, int64_t number)
{
    daffi_value_t value = daffi_value_int (number);
    return call->host->reply (call, &value);
}

static int reply_double (daffi_payload_call_t *call, double number)
{
    daffi_value_t value = daffi_value_double (number);
    return call->host->reply (call, &value);
}

static int reply_text (daffi_payload_call_t *call, const char *text, size_t size)
{
    daffi_value_t value = daffi_value_text (text, size);
    return call->host->reply (call, &value);
}

static int reply_bytes (daffi_payload_call_t *call, const void *data, size_t size)
{
    daffi_value_t value = daffi_value_binary (data, size);
    return call->host->reply (call, &value);
}

//  --- the call -----------------------------------------------------------------------

static bool is_stream (daffi_payload_call_t *call)
{
    return hosted (call)->stream;
}

static const char *function_name (daffi_payload_call_t *call)
{
    return hosted (call)->function;
}

static const char *caller_name (daffi_payload_call_t *call)
{
    return hosted (call)->caller;
}

void daffi_hosted_table (daffi_payload_host_t *table, const daffi_payload_host_t *own)
{
    *table = (daffi_payload_host_t){.abi = DAFFI_PAYLOAD_ABI,
                                    .size = sizeof *table,
                                    .count = count,
                                    .argument = argument,
                                    .get_bool = get_bool,
                                    .get_int = get_int,
                                    .get_uint = get_uint,
                                    .get_double = get_double,
                                    .get_bytes = get_bytes,
                                    .get_string = get_string,
                                    .iterate = iterate,
                                    .next = daffi_iterator_next,
                                    .item = item,
                                    .find = find,
                                    .reply = own->reply,
                                    .reply_int = reply_int,
                                    .reply_double = reply_double,
                                    .reply_text = reply_text,
                                    .reply_bytes = reply_bytes,
                                    .fail = own->fail,
                                    .cancelled = own->cancelled,
                                    .time_left = own->time_left,
                                    .progress = own->progress,
                                    .log = own->log,
                                    .is_stream = is_stream,
                                    .receive = own->receive,
                                    .yield = own->yield,
                                    .function = function_name,
                                    .caller = caller_name};
}
