//  SPDX-License-Identifier: MPL-2.0
//  A body that this process made.

#include "packed.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "record.h"
#include "validate.h"
#include "writer.h"

daffi_status_t daffi_pack (daffi_packed_t *self, const daffi_value_t *value)
{
    size_t size;
    memset (self, 0, sizeof *self - sizeof self->small);
    daffi_status_t status =
        daffi_value_pack (value, self->small, sizeof self->small, &size);
    if (!status)
        self->size = size;
    if (status != DAFFI_TOO_BIG || size > DAFFI_BODY_MAX)
        return status;
    daffi_blob_t *blob = daffi_blob_new (size);
    if (!blob)
        return DAFFI_NO_MEMORY;
    status = daffi_value_pack (value, blob->data, size, &size);
    if (status)
        daffi_blob_unref (blob);
    else
        self->blob = blob;
    return status;
}

static void free_buffer (void *data, void *hint)
{
    (void)hint;
    free (data);
}

//  The head of the array and its items but the last. They are checked as what they are,
//  a part of something larger.
static daffi_status_t pack_before (daffi_buffer_t *out, const daffi_args_t *args)
{
    uint32_t items = 2;  //  the array and the binary
    daffi_status_t status = DAFFI_OK;
    if (args->count > DAFFI_ITEMS_MAX)
        return DAFFI_INVALID;
    daffi_write_array (out, (uint32_t)args->count + 1);
    size_t head = out->size;
    for (size_t i = 0; !status && i < args->count; i++)
        status = daffi_write_value (out, &args->items[i]);
    if (status || out->failed || args->count == 0)
        return status == DAFFI_TOO_BIG ? DAFFI_INVALID : status;
    return daffi_validate_run (out->data + head, out->size - head, args->count, 1,
                               &items)
               ? DAFFI_INVALID
               : DAFFI_OK;
}

//  All that goes before the binary's bytes.
static daffi_status_t pack_head (daffi_packed_t *self, const daffi_args_t *args,
                                 size_t size)
{
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_status_t status = args ? pack_before (&out, args) : DAFFI_OK;
    daffi_write_binary_head (&out, (uint32_t)size);
    if (!status && out.failed)
        status = DAFFI_NO_MEMORY;
    if (!status && out.size + size > DAFFI_BODY_MAX)
        status = DAFFI_TOO_BIG;
    if (!status && out.size <= sizeof self->small) {
        memcpy (self->small, out.data, out.size);
        self->size = out.size;
    } else if (!status) {
        self->blob = daffi_blob_wrap (out.data, out.size, free_buffer, NULL);
        daffi_buffer_init (&out);
        status = self->blob ? DAFFI_OK : DAFFI_NO_MEMORY;
    }
    daffi_buffer_done (&out);
    return status;
}

//  A copy costs less than a frame of its own.
static daffi_status_t pack_copy (daffi_packed_t *self, const daffi_args_t *args,
                                 const void *data, size_t size)
{
    daffi_value_t binary = daffi_value_binary (data, size);
    if (!args)
        return daffi_pack (self, &binary);
    daffi_value_t *items = calloc (args->count + 1, sizeof *items);
    if (!items)
        return DAFFI_NO_MEMORY;
    for (size_t i = 0; i < args->count; i++)
        items[i] = args->items[i];
    items[args->count] = binary;
    daffi_value_t all = daffi_value_array (items, args->count + 1);
    daffi_status_t status = daffi_pack (self, &all);
    free (items);
    return status;
}

daffi_status_t daffi_pack_take (daffi_packed_t *self, const daffi_args_t *args,
                                void *data, size_t size, daffi_free_fn *free_fn,
                                void *hint)
{
    memset (self, 0, sizeof *self - sizeof self->small);
    if (size < DAFFI_DETACH_MIN || size > DAFFI_BODY_MAX) {
        daffi_status_t status =
            size > DAFFI_BODY_MAX ? DAFFI_TOO_BIG : pack_copy (self, args, data, size);
        if (free_fn)
            free_fn (data, hint);
        return status;
    }
    self->tail = daffi_blob_wrap (data, size, free_fn, hint);
    daffi_status_t status = self->tail ? pack_head (self, args, size) : DAFFI_NO_MEMORY;
    if (status)
        daffi_packed_done (self);
    return status;
}

daffi_status_t daffi_pack_lent (daffi_packed_t *self, void *data, size_t size)
{
    return daffi_pack_take (self, NULL, data, size, NULL, NULL);
}

void daffi_packed_take (daffi_packed_t *self, void *data, daffi_free_fn *free_fn,
                        void *hint)
{
    if (self->tail)
        daffi_blob_release_by (self->tail, free_fn, hint);
    else if (free_fn)
        free_fn (data, hint);
}

void daffi_packed_share (daffi_packed_t *self, const daffi_packed_t *from)
{
    *self = *from;
    if (self->blob)
        daffi_blob_ref (self->blob);
    if (self->tail)
        daffi_blob_ref (self->tail);
}

void daffi_packed_done (daffi_packed_t *self)
{
    daffi_blob_unref (self->blob);
    daffi_blob_unref (self->tail);
    self->blob = self->tail = NULL;
    self->size = 0;
}

daffi_body_t daffi_packed_body (const daffi_packed_t *self)
{
    if (self->blob)
        return daffi_body_with_tail (self->blob, self->tail);
    daffi_body_t body = daffi_body_borrowed (self->small, self->size);
    body.tail = self->tail;
    return body;
}
