//  SPDX-License-Identifier: MPL-2.0
//  registered_callbacks: a snapshot of what everybody offers, for C programs.

#include <stdlib.h>

#include "alloc.h"
#include "bodies.h"
#include "failure.h"
#include "future.h"
#include "global.h"

typedef struct {
    daffi_callbacks_t callbacks;
    daffi_registered_t *room;
    char *text;  //  all strings, one after the other
} snapshot_t;

//  Copies a string to the end of the text and returns where it begins.
static const char *keep (char **cursor, const daffi_value_t *row, size_t index)
{
    daffi_value_t value;
    daffi_text_t text = daffi_text ("", 0);
    if (!daffi_value_item (row, index, &value))
        text = daffi_value_text_of (&value);
    char *start = *cursor;
    if (text.size)
        memcpy (start, text.data, text.size);
    start[text.size] = 0;
    *cursor += text.size + 1;
    return start;
}

//  Each row is [process, function, signature, ?doc, ?limit]; their encoding is longer
//  than the text.
static daffi_callbacks_t *build (const daffi_value_t *rows, daffi_error_t *error)
{
    daffi_value_t row;
    if (rows->kind != DAFFI_KIND_ARRAY) {
        daffi_fail (error, DAFFI_PROTOCOL, "the controller's list is not an array");
        return NULL;
    }
    snapshot_t *self = daffi_new (sizeof *self);
    self->room = daffi_new ((rows->count + 1) * sizeof *self->room);
    self->text = daffi_new (rows->size + 4 * (size_t)rows->count + 1);
    self->callbacks.items = self->room;
    char *cursor = self->text;
    daffi_iterator_t iterator = daffi_value_iterate (rows);
    while (daffi_iterator_next (&iterator, NULL, &row)) {
        daffi_registered_t *item = &self->room[self->callbacks.count++];
        item->process = keep (&cursor, &row, 0);
        item->function = keep (&cursor, &row, 1);
        item->signature = keep (&cursor, &row, 2);
        item->doc = keep (&cursor, &row, 3);
        uint64_t limit = 0;
        daffi_value_t value;
        if (!daffi_value_item (&row, 4, &value) &&
            !daffi_value_get_uint (&value, &limit) && limit <= UINT32_MAX)
            item->max_running = (uint32_t)limit;
    }
    return &self->callbacks;
}

static daffi_callbacks_t *ask_own (daffi_global_t *self, daffi_error_t *error)
{
    daffi_buffer_t out;
    daffi_value_t rows;
    daffi_callbacks_t *callbacks = NULL;
    daffi_status_t status = DAFFI_NO_MEMORY;
    daffi_buffer_init (&out);
    if (!daffi_global_ask_controller (self, &out))
        daffi_fail (error, DAFFI_STOPPED, "the controller has stopped");
    else if (out.failed || (status = daffi_value_unpack (out.data, out.size, &rows)))
        daffi_fail (error, status,
                    status == DAFFI_TOO_BIG ? "the list has more than 100,000 values"
                                            : "no memory for the list");
    else
        callbacks = build (&rows, error);
    daffi_buffer_done (&out);
    return callbacks;
}

daffi_callbacks_t *daffi_global_registered_callbacks (daffi_global_t *self,
                                                      daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    if (!daffi_global_node (self, NULL))
        return ask_own (self, error);
    if (daffi_call (self, "$sys.functions", DAFFI_ARGS (), NULL, &result, error))
        return NULL;
    daffi_callbacks_t *callbacks = build (daffi_result_value (result), error);
    daffi_result_destroy (&result);
    return callbacks;
}

daffi_callbacks_t *daffi_global_registered_group (daffi_global_t *self,
                                                  const char *group,
                                                  daffi_error_t *error)
{
    daffi_callbacks_t *callbacks = daffi_global_registered_callbacks (self, error);
    daffi_text_t name = daffi_text_of (group ? group : "");
    size_t count = 0;
    for (size_t i = 0; callbacks && i < callbacks->count; i++)
        if (daffi_name_in_group (daffi_text_of (callbacks->items[i].function), name))
            callbacks->items[count++] = callbacks->items[i];
    if (callbacks)
        callbacks->count = count;
    return callbacks;
}

void daffi_callbacks_destroy (daffi_callbacks_t **self_p)
{
    if (!*self_p)
        return;
    snapshot_t *self = (snapshot_t *)*self_p;
    free (self->room);
    free (self->text);
    free (self);
    *self_p = NULL;
}
