//  SPDX-License-Identifier: MPL-2.0
//  Calls, as daffi.h offers them: arguments in, futures and typed results out.

#include <stdlib.h>

#include "failure.h"
#include "future.h"
#include "global.h"
#include "packed.h"

daffi_status_t daffi_call_explain (daffi_status_t status, daffi_error_t *error)
{
    switch ((int)status) {
    case DAFFI_TOO_BIG:
        return daffi_fail (error, status,
                           "the arguments take more than 64 MiB, or hold more than "
                           "100,000 values; send them in parts");
    case DAFFI_INVALID:
        return daffi_fail (error, status,
                           "an argument is a raw value that is not msgpack, or nested "
                           "deeper than 16");
    default:
        return daffi_fail (error, status, "%s", daffi_status_text (status));
    }
}

daffi_status_t daffi_call_pack (daffi_args_t args, daffi_packed_t *body,
                                daffi_error_t *error)
{
    daffi_value_t all = daffi_value_array (args.items, args.count);
    daffi_status_t status = daffi_pack (body, &all);
    return status ? daffi_call_explain (status, error) : DAFFI_OK;
}

daffi_future_t *daffi_call_start (daffi_global_t *self, const char *function,
                                  daffi_args_t args,
                                  const daffi_call_options_t *options,
                                  daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (self, error);
    if (!node || daffi_call_pack (args, &body, error))
        return NULL;
    return daffi_node_call (node, function, &body, options, error);
}

daffi_future_t *daffi_call_start_take (daffi_global_t *self, const char *function,
                                       daffi_args_t args, void *data, size_t size,
                                       daffi_free_fn *free_fn, void *hint,
                                       const daffi_call_options_t *options,
                                       daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_status_t status = daffi_pack_take (&body, &args, data, size, free_fn, hint);
    if (status) {
        daffi_call_explain (status, error);
        return NULL;
    }
    daffi_node_t *node = daffi_global_node (self, error);
    if (!node) {
        daffi_packed_done (&body);
        return NULL;
    }
    return daffi_node_call (node, function, &body, options, error);
}

daffi_status_t daffi_cast (daffi_global_t *self, const char *function,
                           daffi_args_t args, const daffi_call_options_t *options,
                           daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (self, error);
    if (!node)
        return DAFFI_INVALID;
    daffi_status_t status = daffi_call_pack (args, &body, error);
    return status ? status : daffi_node_cast (node, function, &body, options, error);
}

//  --- foreground ---------------------------------------------------------------------

daffi_status_t daffi_call_finish (daffi_future_t *future, daffi_result_t **result,
                                  daffi_error_t *error)
{
    if (!future)
        return DAFFI_INTERNAL;
    daffi_status_t status = daffi_future_wait (future, DAFFI_FOREVER, error);
    if (!status && result)
        *result = daffi_future_take (&future);
    daffi_future_destroy (&future);
    return status;
}

daffi_status_t daffi_call (daffi_global_t *self, const char *function,
                           daffi_args_t args, const daffi_call_options_t *options,
                           daffi_result_t **result, daffi_error_t *error)
{
    daffi_error_t local;
    daffi_error_t *why = error ? error : &local;
    if (daffi_future_waiting_forbidden ())
        return daffi_fail (
            error, DAFFI_DEADLOCK,
            "an inline callback runs in the node's actor and cannot wait "
            "for a call; register it without run_inline");
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (self, why);
    if (!node || daffi_call_pack (args, &body, why))
        return why->status;
    daffi_future_t *future =
        daffi_node_call_waiting (node, function, &body, options, why);
    return future ? daffi_call_finish (future, result, why) : why->status;
}

daffi_status_t daffi_call_typed (daffi_global_t *self, const char *function,
                                 daffi_args_t args, const daffi_call_options_t *options,
                                 const daffi_typed_t *type, void *out,
                                 daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    daffi_status_t status = daffi_call (self, function, args, options, &result, error);
    if (status)
        return status;
    status = type->read (daffi_result_value (result), out);
    if (status) {
        daffi_fail (error, status, "the result is not %s", type->text);
        if (error) {
            error->executed = DAFFI_EXECUTED_YES;
            daffi_name_copy (error->process,
                             daffi_text_of (daffi_result_process (result)));
            daffi_name_copy (error->function, daffi_text_of (function));
        }
    }
    daffi_result_destroy (&result);
    return status;
}

static daffi_status_t read_int (const daffi_value_t *value, void *out)
{
    return daffi_value_get_int (value, out);
}

static daffi_status_t read_double (const daffi_value_t *value, void *out)
{
    return daffi_value_get_double (value, out);
}

static daffi_status_t read_bool (const daffi_value_t *value, void *out)
{
    return daffi_value_get_bool (value, out);
}

static daffi_status_t read_string (const daffi_value_t *value, void *out)
{
    if (value->kind != DAFFI_KIND_STRING)
        return DAFFI_TYPE;
    char *copy = malloc (value->size + 1);
    if (!copy)
        return DAFFI_NO_MEMORY;
    if (value->size)
        memcpy (copy, value->as.string, value->size);
    copy[value->size] = 0;
    *(char **)out = copy;
    return DAFFI_OK;
}

const daffi_typed_t daffi_typed_int = {read_int, "an integer of 64 bits"};
const daffi_typed_t daffi_typed_double = {read_double, "a number"};
const daffi_typed_t daffi_typed_bool = {read_bool, "a bool"};
const daffi_typed_t daffi_typed_string = {read_string, "a string"};

daffi_status_t daffi_call_int (daffi_global_t *self, const char *function,
                               daffi_args_t args, int64_t *result, daffi_error_t *error)
{
    return daffi_call_typed (self, function, args, NULL, &daffi_typed_int, result,
                             error);
}

daffi_status_t daffi_call_double (daffi_global_t *self, const char *function,
                                  daffi_args_t args, double *result,
                                  daffi_error_t *error)
{
    return daffi_call_typed (self, function, args, NULL, &daffi_typed_double, result,
                             error);
}

daffi_status_t daffi_call_bool (daffi_global_t *self, const char *function,
                                daffi_args_t args, bool *result, daffi_error_t *error)
{
    return daffi_call_typed (self, function, args, NULL, &daffi_typed_bool, result,
                             error);
}

daffi_status_t daffi_call_string (daffi_global_t *self, const char *function,
                                  daffi_args_t args, char **result,
                                  daffi_error_t *error)
{
    return daffi_call_typed (self, function, args, NULL, &daffi_typed_string, result,
                             error);
}

daffi_status_t daffi_call_void (daffi_global_t *self, const char *function,
                                daffi_args_t args, daffi_error_t *error)
{
    return daffi_call (self, function, args, NULL, NULL, error);
}
