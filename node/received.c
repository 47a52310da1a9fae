//  SPDX-License-Identifier: MPL-2.0
//  A body that came in.

#include "received.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "item.h"
#include "validate.h"

void daffi_received_keep (daffi_received_t *self, const daffi_body_t *body,
                          uint8_t *room)
{
    self->blob = daffi_blob_ref (body->blob);
    self->tail = daffi_blob_ref (body->tail);
    self->data = body->blob ? body->data : room;
    self->size = body->size;
    if (!body->blob && body->size)
        memcpy (room, body->data, body->size);
}

void daffi_received_done (daffi_received_t *self)
{
    free (self->items);
    daffi_blob_unref (self->blob);
    daffi_blob_unref (self->tail);
}

//  Where the head of a binary begins that ends these bytes and announces the tail;
//  `size` where there is none. What it finds by chance inside another value does not
//  survive the check of what stands before it.
static size_t find_head (const uint8_t *data, size_t size, size_t tail_size)
{
    if (size >= 5 && data[size - 5] == 0xc6 &&
        daffi_load32 (data + size - 4) == tail_size)
        return size - 5;
    if (size >= 3 && data[size - 3] == 0xc5 &&
        daffi_load16 (data + size - 2) == tail_size)
        return size - 3;
    return size;
}

//  The tail is the whole value, or the last item of an array. DAFFI_PROTOCOL: neither.
static daffi_status_t read_split (daffi_received_t *self)
{
    daffi_value_t array;
    daffi_value_t binary = daffi_value_binary (self->tail->data, self->tail->size);
    const uint8_t *data = self->data;
    size_t head = find_head (data, self->size, self->tail->size);
    if (head == self->size)
        return DAFFI_PROTOCOL;
    if (head == 0) {
        self->value = binary;
        return DAFFI_OK;
    }
    //  up to the end of the binary's head, which counts as the last of the items
    const uint8_t *first = daffi_item_read (data, data + self->size, &array);
    if (!first || first > data + head || array.kind != DAFFI_KIND_ARRAY ||
        array.count == 0)
        return DAFFI_PROTOCOL;
    size_t before = (size_t)(data + head - first);
    uint32_t items = 2;  //  the array and the binary
    if (daffi_validate_run (first, before, array.count - 1, 1, &items))
        return DAFFI_PROTOCOL;
    self->items = calloc (array.count, sizeof *self->items);
    if (!self->items)
        return DAFFI_NO_MEMORY;
    daffi_value_t packed = {.kind = DAFFI_KIND_ARRAY,
                            .packed = 1,
                            .count = array.count - 1,
                            .size = before,
                            .as.data = first};
    daffi_iterator_t iterator = daffi_value_iterate (&packed);
    for (uint32_t i = 0; i + 1 < array.count; i++)
        daffi_iterator_next (&iterator, NULL, &self->items[i]);
    self->items[array.count - 1] = binary;
    self->value = daffi_value_array (self->items, array.count);
    return DAFFI_OK;
}

static daffi_status_t join (daffi_received_t *self)
{
    daffi_blob_t *whole = daffi_blob_new (self->size + self->tail->size);
    if (!whole)
        return DAFFI_NO_MEMORY;
    if (self->size)
        memcpy (whole->data, self->data, self->size);
    memcpy ((uint8_t *)whole->data + self->size, self->tail->data, self->tail->size);
    daffi_blob_unref (self->blob);
    daffi_blob_unref (self->tail);
    self->blob = whole;
    self->tail = NULL;
    self->data = whole->data;
    self->size = whole->size;
    return DAFFI_OK;
}

daffi_status_t daffi_received_read (daffi_received_t *self)
{
    daffi_status_t status = self->tail ? read_split (self) : DAFFI_PROTOCOL;
    if (status != DAFFI_PROTOCOL)
        return status;
    if (self->tail && join (self))
        return DAFFI_NO_MEMORY;
    if (self->size == 0) {
        self->value = daffi_value_nil ();
        return DAFFI_OK;
    }
    return daffi_value_unpack (self->data, self->size, &self->value) ? DAFFI_PROTOCOL
                                                                     : DAFFI_OK;
}
