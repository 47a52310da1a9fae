//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back.

#include "result.h"

#include <stdlib.h>

#include "alloc.h"

daffi_status_t daffi_result_new (const daffi_body_t *body, daffi_text_t process,
                                 daffi_result_t **out)
{
    daffi_blob_t *kept = daffi_body_keep (body);
    daffi_value_t value;
    if (!kept)
        return DAFFI_NO_MEMORY;
    if (daffi_value_unpack (kept->data, kept->size, &value)) {
        daffi_blob_unref (kept);
        return DAFFI_PROTOCOL;
    }
    daffi_result_t *self = daffi_new (sizeof *self);
    self->value = value;
    self->body = kept;
    daffi_name_copy (self->process, process);
    *out = self;
    return DAFFI_OK;
}

const daffi_value_t *daffi_result_value (const daffi_result_t *self)
{
    return &self->value;
}

const char *daffi_result_process (const daffi_result_t *self)
{
    return self->process;
}

void daffi_result_destroy (daffi_result_t **self_p)
{
    daffi_result_t *self = *self_p;
    if (!self)
        return;
    daffi_blob_unref (self->body);
    free (self);
    *self_p = NULL;
}
