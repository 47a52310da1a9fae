//  SPDX-License-Identifier: MPL-2.0
//  daffi payload send, call, publish, withdraw, unload: what is done at other
//  processes.

#include <string.h>

#include "arguments.h"
#include "call_stream.h"
#include "json.h"
#include "output.h"
#include "payload.h"

//  --- of which payload, where ------------------------------------------------------

static bool is_hash (const char *word)
{
    return strlen (word) == DAFFI_HASH_TEXT &&
           strspn (word, "0123456789abcdefABCDEF") == DAFFI_HASH_TEXT;
}

//  The word behind the verb: a file, or the hash of what was shipped before. NULL: it
//  has been said why.
static daffi_payload_t *open_payload (daffi_cli_t *self, daffi_exit_t *code)
{
    daffi_error_t error;
    const char *word = self->words[1];
    daffi_payload_t *payload = is_hash (word) ? daffi_payload_from_hash (word, &error)
                                              : daffi_payload_open (word, &error);
    *code = payload ? DAFFI_EXIT_OK : daffi_cli_failed (self, &error);
    return payload;
}

typedef daffi_status_t (act_fn) (daffi_cli_t *self, const daffi_payload_t *payload,
                                 const char *process, daffi_error_t *error);

//  For each process of --to, one after the other; the first that fails ends it.
static daffi_exit_t at_each (daffi_cli_t *self, const daffi_payload_t *payload,
                             act_fn *act)
{
    daffi_error_t error;
    const char *to = daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_TO)->text;
    if (!to)
        return daffi_cli_usage (self, "at which process? --to PROCESS\n"
                                      "  who is there: daffi ls processes");
    while (*to) {
        size_t size = strcspn (to, ",");
        const char *process = daffi_keep_text (&self->keep, to, size);
        if (size && act (self, payload, process, &error))
            return daffi_cli_failed (self, &error);
        to += size + (to[size] == ',');
    }
    return DAFFI_EXIT_OK;
}

static daffi_exit_t with_payload (daffi_cli_t *self, act_fn *act)
{
    daffi_exit_t code;
    daffi_payload_t *payload = open_payload (self, &code);
    if (payload)
        code = at_each (self, payload, act);
    daffi_payload_destroy (&payload);
    return code;
}

//  --- what is done there -----------------------------------------------------------

static daffi_status_t send_it (daffi_cli_t *self, const daffi_payload_t *payload,
                               const char *process, daffi_error_t *error)
{
    return daffi_global_ship (self->global, process, payload, error);
}

daffi_exit_t daffi_payload_do_send (daffi_cli_t *self)
{
    return with_payload (self, send_it);
}

static daffi_status_t publish (daffi_cli_t *self, const daffi_payload_t *payload,
                               const char *process, daffi_error_t *error)
{
    const char *function = self->words[2];
    const char *name = self->set.word_count > 3 ? self->words[3] : function;
    return daffi_global_publish (self->global, process, payload, function, name, error);
}

daffi_exit_t daffi_payload_do_publish (daffi_cli_t *self)
{
    return with_payload (self, publish);
}

static daffi_status_t withdraw (daffi_cli_t *self, const daffi_payload_t *payload,
                                const char *process, daffi_error_t *error)
{
    (void)payload;
    return daffi_global_withdraw (self->global, process, self->words[1], error);
}

daffi_exit_t daffi_payload_do_withdraw (daffi_cli_t *self)
{
    return at_each (self, NULL, withdraw);
}

static daffi_status_t unload (daffi_cli_t *self, const daffi_payload_t *payload,
                              const char *process, daffi_error_t *error)
{
    return daffi_global_unload (self->global, process, payload, error);
}

daffi_exit_t daffi_payload_do_unload (daffi_cli_t *self)
{
    return with_payload (self, unload);
}

//  --- calling ----------------------------------------------------------------------

//  The words behind the function; `sends`: the last one is `-` and stands for items.
static daffi_exit_t arguments (daffi_cli_t *self, daffi_args_t *args, bool *sends)
{
    daffi_exit_t code = DAFFI_EXIT_OK;
    size_t count = self->set.word_count - 3;
    bool strings = daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_STRING)->number;
    bool stream = daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_STREAM)->number;
    daffi_value_t *items = daffi_keep (&self->keep, (count + 1) * sizeof *items);
    *sends = stream && count && strcmp (self->words[count + 2], "-") == 0;
    count -= *sends;
    for (size_t i = 0; i < count && !code; i++)
        code = daffi_argument (self, self->words[i + 3], strings, &items[i]);
    *args = (daffi_args_t){items, count};
    return code;
}

static daffi_exit_t call_one (daffi_cli_t *self, const daffi_payload_t *payload,
                              daffi_args_t args, const daffi_call_options_t *how)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_future) *future = daffi_global_transfer_start (
        self->global, payload, self->words[2], args, how, &error);
    if (!future || daffi_future_wait (future, DAFFI_FOREVER, &error))
        return daffi_cli_failed (self, &error);
    daffi_print_value (self, daffi_future_value (future), false);
    return DAFFI_EXIT_OK;
}

daffi_exit_t daffi_payload_do_call (daffi_cli_t *self)
{
    daffi_error_t error;
    daffi_args_t args;
    bool sends;
    daffi_exit_t code = arguments (self, &args, &sends);
    const daffi_call_options_t how = {
        .process = daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_TO)->text,
        .timeout_ms = daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_TIMEOUT)->number};
    if (code)
        return code;
    if (!how.process || strchr (how.process, ','))
        return daffi_cli_usage (self, "at which one process? --to PROCESS\n"
                                      "  who is there: daffi ls processes");
    daffi_payload_t *payload = open_payload (self, &code);
    if (!payload)
        return code;
    if (daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_STREAM)->number) {
        daffi_stream_t *stream = daffi_global_transfer_stream (
            self->global, payload, self->words[2], args, &how, &error);
        code = daffi_call_stream (
            self, stream, &error, sends,
            daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_STRING)->number);
    } else
        code = call_one (self, payload, args, &how);
    daffi_payload_destroy (&payload);
    return code;
}
