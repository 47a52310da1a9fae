//  SPDX-License-Identifier: MPL-2.0
//  What the tests of function transfer share.

#include "shipping.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { LINES_MAX = 4096 };

typedef struct {
    char id[64];
    char text[512];
} line_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static line_t *lines;
static int line_count;

static void keep (void *arg, daffi_log_level_t level, const char *id, const char *text)
{
    (void)arg, (void)level;
    pthread_mutex_lock (&lock);
    if (!lines)
        lines = calloc (LINES_MAX, sizeof *lines);
    if (lines && line_count < LINES_MAX && strncmp (id, "payload.", 8) == 0) {
        snprintf (lines[line_count].id, sizeof lines->id, "%s", id);
        snprintf (lines[line_count++].text, sizeof lines->text, "%s", text);
    }
    pthread_mutex_unlock (&lock);
}

int shipping_logged (const char *id, const char *text)
{
    int count = 0;
    pthread_mutex_lock (&lock);
    for (int i = 0; i < line_count; i++)
        count += strcmp (lines[i].id, id) == 0 && strstr (lines[i].text, text);
    pthread_mutex_unlock (&lock);
    return count;
}

const char *payload_path (const char *name)
{
    static char path[4096];
    const char *build = getenv ("DAFFI_BUILD_DIR");
    if (!build)
        SKIP ("DAFFI_BUILD_DIR does not say where the payloads were built");
    snprintf (path, sizeof path, "%s/tests/payloads/%s.so", build, name);
    return path;
}

daffi_payload_t *payload_open (const char *name)
{
    daffi_error_t error;
    daffi_payload_t *payload = daffi_payload_open (payload_path (name), &error);
    if (!payload)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", name, error.text);
    return payload;
}

void shipping_start (shipping_t *self, const daffi_transfer_options_t *options)
{
    daffi_error_t error;
    memset (self, 0, sizeof *self);
    snprintf (self->folder, sizeof self->folder, "%s", test_tmpdir ());
    self->taker = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "taker", .init_controller = true,
                       .unix_sock_path = self->folder, .transfer = options, .log = keep,
                       .log_level = DAFFI_LOG_DEBUG),
        &error);
    if (!self->taker)
        daffi_test_fail (__FILE__, __LINE__, "taker: %s", error.text);
    self->caller = daffi_global_new (DAFFI_OPTIONS (.process_name = "caller",
                                                    .unix_sock_path = self->folder,
                                                    .connect_timeout_ms = 10000),
                                     &error);
    if (!self->caller)
        daffi_test_fail (__FILE__, __LINE__, "caller: %s", error.text);
}

void shipping_stop (shipping_t *self)
{
    daffi_global_destroy (&self->caller);
    daffi_global_destroy (&self->taker);
    free (lines);
    lines = NULL;
}

daffi_status_t ship_int (shipping_t *self, const daffi_payload_t *payload,
                         const char *function, daffi_args_t args, int64_t *number,
                         daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    daffi_status_t status = daffi_global_transfer_and_call (
        self->caller, "taker", payload, function, args, &result, error);
    if (!status)
        status = daffi_value_get_int (daffi_result_value (result), number);
    daffi_result_destroy (&result);
    return status;
}
