//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back.

#include "result.h"

#include <stdlib.h>

#include "daffi.h"

static char *name_of (const daffi_result_t *self)
{
    const daffi_received_t *received = &self->received;
    bool here = received->data == self->room;
    return (char *)self->room + (here ? received->size : 0);
}

daffi_status_t daffi_result_new (const daffi_body_t *body, daffi_text_t process,
                                 daffi_result_t **out)
{
    size_t room = daffi_received_room (body);
    daffi_result_t *self = malloc (sizeof *self + room + process.size + 1);
    if (!self)
        return DAFFI_NO_MEMORY;
    memset (self, 0, sizeof *self);
    daffi_received_keep (&self->received, body, self->room);
    char *name = name_of (self);
    if (process.size)
        memcpy (name, process.data, process.size);
    name[process.size] = 0;
    daffi_status_t status = daffi_received_read (&self->received);
    if (status)
        daffi_result_destroy (&self);
    else
        *out = self;
    return status;
}

const daffi_value_t *daffi_result_value (const daffi_result_t *self)
{
    return &self->received.value;
}

const char *daffi_result_process (const daffi_result_t *self)
{
    return name_of (self);
}

void daffi_result_destroy (daffi_result_t **self_p)
{
    daffi_result_t *self = *self_p;
    if (!self)
        return;
    daffi_received_done (&self->received);
    free (self);
    *self_p = NULL;
}
