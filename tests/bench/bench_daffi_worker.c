//  SPDX-License-Identifier: MPL-2.0
//  daffi's worker: a node with one function that sends back what it is given.
//
//  Small bodies are copied into the answer. Large ones are answered by reference: the
//  received bytes are borrowed until the callback returns, so the worker gives an equal
//  body of its own, of the same size.
#include "bench_daffi.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench_role.h"

typedef struct {
    uint8_t *body;
    size_t size;
} echo_t;

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    echo_t *self = arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "echo wants bytes");
    if (size < BENCH_BY_REFERENCE_BYTES)
        return daffi_request_reply (request, daffi_value_binary (data, size));
    if (size != self->size || !bench_body_matches (data, size, self->body))
        return daffi_request_fail (request, "echo got a body that was not sent");
    return daffi_request_reply_take (request, self->body, size, bench_body_keep, NULL);
}

int bench_daffi_worker (const bench_role_t *role)
{
    daffi_error_t error;
    echo_t self = {bench_body_new (role->payload_bytes), role->payload_bytes};
    bench_items_t items = {NULL, self.body, self.size};
    char name[DAFFI_NAME_MAX], text[128];
    snprintf (name, sizeof name, BENCH_WORKER_NAME, role->number);
    const daffi_function_t functions[] = {
        {.name = BENCH_FUNCTION,
         .callback = echo,
         .arg = &self,
         .run_inline = role->callbacks == BENCH_INLINE},
        {.name = BENCH_SINK, .callback = bench_stream_sink, .arg = &items},
        {.name = BENCH_SOURCE, .callback = bench_stream_source, .arg = &items},
        {0}};
    daffi_options_t options = {.process_name = name,
                               .functions = functions,
                               .capacity = role->capacity,
                               .connect_timeout_ms = 10000,
                               .drain_timeout_ms = 1000};
    if (bench_daffi_endpoint (role->endpoint, text, &options, &error))
        return bench_role_error (&error);
    daffi_global_t *global = daffi_global_new (&options, &error);
    if (!global)
        return bench_role_error (&error);
    bench_role_say ("ready");
    while (getchar () != EOF)  //  the parent closes our stdin when it is done
        ;
    daffi_global_destroy (&global);
    free (self.body);
    return 0;
}
