//  SPDX-License-Identifier: MPL-2.0
//  Blobs: whoever gives the last reference back frees, once.

#include "blob.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void count_free (void *data, void *hint)
{
    CHECK_EQ_STR (data, "data");
    ++*(int *)hint;
}

TEST ("wrapped bytes are freed with the last reference, once")
{
    int freed = 0;
    char data[] = "data";
    daffi_blob_t *blob = daffi_blob_wrap (data, sizeof data, count_free, &freed);
    CHECK (daffi_blob_ref (blob) == blob);
    daffi_blob_unref (blob);
    CHECK_EQ_INT (freed, 0);
    daffi_blob_unref (blob);
    CHECK_EQ_INT (freed, 1);
}

TEST ("bytes of somebody else need no free function")
{
    char data[] = "data";
    daffi_blob_t *blob = daffi_blob_wrap (data, 4, NULL, NULL);
    CHECK (blob->data == data);
    daffi_blob_unref (blob);
}

TEST ("a copy is a copy, also of nothing")
{
    char data[] = "data";
    daffi_blob_t *blob = daffi_blob_copy (data, 4);
    data[0] = 'x';
    CHECK_EQ_MEM (blob->data, blob->size, "data", 4);
    daffi_blob_unref (blob);
    blob = daffi_blob_copy (NULL, 0);
    CHECK (blob);
    CHECK_EQ_UINT (blob->size, 0);
    daffi_blob_unref (blob);
    daffi_blob_unref (NULL);
    CHECK (!daffi_blob_ref (NULL));
    CHECK (!daffi_blob_new (SIZE_MAX - 8));
}

TEST ("keeping a body takes its blob, or copies borrowed bytes")
{
    daffi_blob_t *blob = daffi_blob_copy ("data", 4);
    daffi_body_t body = daffi_body_of (blob);
    daffi_blob_t *kept = daffi_body_keep (&body);
    CHECK (kept == blob);
    daffi_blob_unref (kept);
    daffi_blob_unref (blob);
    body = daffi_body_borrowed ("data", 4);
    kept = daffi_body_keep (&body);
    CHECK (kept->data != body.data);
    CHECK_EQ_MEM (kept->data, kept->size, "data", 4);
    daffi_blob_unref (kept);
    body = daffi_body_of (NULL);
    CHECK_EQ_UINT (body.size, 0);
}

static void *ref_and_unref (void *arg)
{
    daffi_blob_t *blob = arg;
    for (int i = 0; i < 20000; i++) {
        daffi_blob_ref (blob);
        CHECK_EQ_UINT (blob->size, 5);
        daffi_blob_unref (blob);
    }
    daffi_blob_unref (blob);
    return NULL;
}

TEST ("references may be taken and given back in any thread")
{
    enum { THREADS = 4 };
    int freed = 0;
    char data[] = "data";
    pthread_t threads[THREADS];
    daffi_blob_t *blob = daffi_blob_wrap (data, sizeof data, count_free, &freed);
    for (int i = 0; i < THREADS; i++)
        CHECK (
            !pthread_create (&threads[i], NULL, ref_and_unref, daffi_blob_ref (blob)));
    daffi_blob_unref (blob);
    for (int i = 0; i < THREADS; i++)
        pthread_join (threads[i], NULL);
    CHECK_EQ_INT (freed, 1);
}
