//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back.

#include "result.h"

#include <stdlib.h>

#include "daffi.h"
#include "future.h"

static char *name_of (const daffi_result_t *self)
{
    const daffi_received_t *received = &self->received;
    bool here = received->data == self->room;
    return (char *)self->room + (here ? received->size : 0);
}

static size_t size_of (const daffi_body_t *body, daffi_text_t process)
{
    return sizeof (daffi_result_t) + daffi_received_room (body) + process.size + 1;
}

static daffi_status_t fill (daffi_result_t *self, daffi_future_t *holder,
                            const daffi_body_t *body, daffi_text_t process,
                            daffi_result_t **out)
{
    memset (self, 0, sizeof *self);
    self->holder = holder;
    daffi_received_keep (&self->received, body, self->room);
    char *name = name_of (self);
    if (process.size)
        memcpy (name, process.data, process.size);
    name[process.size] = 0;
    daffi_status_t status = daffi_received_read (&self->received);
    if (status)
        daffi_result_release (self);
    else
        *out = self;
    return status;
}

daffi_status_t daffi_result_new (const daffi_body_t *body, daffi_text_t process,
                                 daffi_result_t **out)
{
    daffi_result_t *self = malloc (size_of (body, process));
    return self ? fill (self, NULL, body, process, out) : DAFFI_NO_MEMORY;
}

daffi_status_t daffi_result_new_in (daffi_future_t *holder, const daffi_body_t *body,
                                    daffi_text_t process, daffi_result_t **out)
{
    if (size_of (body, process) > sizeof holder->space.bytes)
        return daffi_result_new (body, process, out);
    return fill ((daffi_result_t *)(void *)holder->space.bytes, holder, body, process,
                 out);
}

const daffi_value_t *daffi_result_value (const daffi_result_t *self)
{
    return &self->received.value;
}

const char *daffi_result_process (const daffi_result_t *self)
{
    return name_of (self);
}

void daffi_result_release (daffi_result_t *self)
{
    daffi_received_done (&self->received);
    if (!self->holder)
        free (self);
}

void daffi_result_destroy (daffi_result_t **self_p)
{
    daffi_result_t *self = *self_p;
    if (!self)
        return;
    if (self->holder)
        daffi_future_unref (self->holder);
    else
        daffi_result_release (self);
    *self_p = NULL;
}
