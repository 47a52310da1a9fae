//  SPDX-License-Identifier: MPL-2.0
//  Channels: order, credit, the end, and threads that wait on either side.

#include "channel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "bytes.h"
#include "clock.h"
#include "daffi.h"
#include "future.h"
#include "test.h"
#include "writer.h"

static bool push_bytes (daffi_channel_t *channel, const void *data, size_t size)
{
    //  memory of exactly that size, so that a sanitizer sees a read behind the end
    uint8_t *exact = malloc (size ? size : 1);
    CHECK (exact != NULL);
    if (size)
        memcpy (exact, data, size);
    daffi_body_t body = daffi_body_borrowed (exact, size);
    bool kept = daffi_channel_push (channel, &body);
    free (exact);
    return kept;
}

static bool push_int (daffi_channel_t *channel, int64_t number)
{
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_int (&out, number);
    CHECK (!out.failed);
    bool kept = push_bytes (channel, out.data, out.size);
    daffi_buffer_done (&out);
    return kept;
}

//  One item by reference, as large ones come.
static bool push_large (daffi_channel_t *channel, size_t size)
{
    daffi_blob_t *blob = daffi_blob_new (size);
    CHECK (blob != NULL && size >= 5);
    uint8_t *data = memset (blob->data, 0, size);
    data[0] = 0xc6;  //  a binary whose length has 32 bits
    daffi_store32 (data + 1, (uint32_t)(size - 5));
    daffi_body_t body = daffi_body_of (blob);
    bool kept = daffi_channel_push (channel, &body);
    daffi_blob_unref (blob);
    return kept;
}

typedef struct {
    uint32_t items;
    uint32_t bytes;
} grant_t;

static int64_t pop_int (daffi_channel_t *channel, grant_t *grant)
{
    daffi_result_t *item = NULL;
    int64_t number = 0;
    *grant = (grant_t){0, 0};
    CHECK_OK (daffi_channel_pop (channel, 0, &item, &grant->items, &grant->bytes));
    CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
    daffi_result_destroy (&item);
    return number;
}

static void pop_any (daffi_channel_t *channel, grant_t *grant)
{
    daffi_result_t *item = NULL;
    *grant = (grant_t){0, 0};
    CHECK_OK (daffi_channel_pop (channel, 0, &item, &grant->items, &grant->bytes));
    daffi_result_destroy (&item);
}

static daffi_status_t pop_nothing (daffi_channel_t *channel, int64_t timeout_ms)
{
    daffi_result_t *item = NULL;
    uint32_t items = 0, bytes = 0;
    daffi_status_t status =
        daffi_channel_pop (channel, timeout_ms, &item, &items, &bytes);
    CHECK (item == NULL && items == 0 && bytes == 0);
    return status;
}

static void grant (daffi_channel_t *channel, uint32_t items, uint32_t bytes)
{
    daffi_header_t header = {.items = items, .bytes = bytes};
    daffi_channel_grant (channel, &header);
}

//  --- reading ------------------------------------------------------------------------

TEST ("items come out in the order in which they went in")
{
    grant_t grant;
    daffi_channel_t *channel = daffi_channel_new ();
    for (int i = 0; i < DAFFI_WINDOW_ITEMS; i++)
        CHECK (push_int (channel, i * 1000));
    for (int i = 0; i < DAFFI_WINDOW_ITEMS; i++)
        CHECK_EQ_INT (pop_int (channel, &grant), i * 1000);
    CHECK_STATUS (DAFFI_PENDING, pop_nothing (channel, 0));
    daffi_channel_destroy (&channel);
    CHECK (channel == NULL);
    daffi_channel_destroy (&channel);
}

TEST ("what was read is granted again in halves of the window, and all of it")
{
    grant_t grant;
    uint64_t items = 0, bytes = 0;
    daffi_channel_t *channel = daffi_channel_new ();
    for (int i = 0; i < 10 * DAFFI_WINDOW_ITEMS; i++) {
        CHECK (push_int (channel, 5));
        CHECK_EQ_INT (pop_int (channel, &grant), 5);
        CHECK_EQ_UINT (grant.items,
                       (i + 1) % (DAFFI_WINDOW_ITEMS / 2) ? 0 : DAFFI_WINDOW_ITEMS / 2);
        CHECK_EQ_UINT (grant.bytes, grant.items);
        items += grant.items;
        bytes += grant.bytes;
    }
    CHECK_EQ_UINT (items, 10 * DAFFI_WINDOW_ITEMS);
    CHECK_EQ_UINT (bytes, 10 * DAFFI_WINDOW_ITEMS);
    daffi_channel_destroy (&channel);
}

TEST ("large items are granted again by their bytes")
{
    grant_t grant;
    daffi_channel_t *channel = daffi_channel_new ();
    CHECK (push_large (channel, DAFFI_WINDOW_BYTES / 2 - 1));
    CHECK (push_int (channel, 5));
    CHECK (push_large (channel, 3 * DAFFI_WINDOW_BYTES));
    pop_any (channel, &grant);
    CHECK_EQ_UINT (grant.items, 0);
    pop_any (channel, &grant);
    CHECK_EQ_UINT (grant.items, 2);
    CHECK_EQ_UINT (grant.bytes, DAFFI_WINDOW_BYTES / 2);
    pop_any (channel, &grant);
    CHECK_EQ_UINT (grant.items, 1);
    CHECK_EQ_UINT (grant.bytes, 3 * DAFFI_WINDOW_BYTES);
    daffi_channel_destroy (&channel);
}

TEST ("a sender who keeps to its credit is never refused, and never starves")
{
    //  sizes that make trouble at each border, in turn
    static const size_t sizes[] = {
        100, DAFFI_WINDOW_BYTES - 1,     2 * DAFFI_WINDOW_BYTES, 6,
        6,   DAFFI_WINDOW_BYTES / 2 - 1, DAFFI_WINDOW_BYTES / 64};
    daffi_channel_t *reader = daffi_channel_new ();
    daffi_channel_t *sender = daffi_channel_new ();
    grant (sender, DAFFI_WINDOW_ITEMS, DAFFI_WINDOW_BYTES);
    size_t sent = 0;
    for (size_t read = 0; read < 700; read++) {
        size_t size = sizes[sent % 7];
        while (!daffi_channel_take_credit (sender, size, 0)) {
            CHECK (push_large (reader, size));
            size = sizes[++sent % 7];
        }
        CHECK (reader->item_count <= DAFFI_WINDOW_ITEMS);
        CHECK (reader->item_bytes < 3 * DAFFI_WINDOW_BYTES);
        grant_t more;
        pop_any (reader, &more);
        grant (sender, more.items, more.bytes);
    }
    CHECK (sent >= 700);
    daffi_channel_destroy (&reader);
    daffi_channel_destroy (&sender);
}

TEST ("more than twice the window is refused, and what came before it stays")
{
    grant_t grant;
    daffi_channel_t *channel = daffi_channel_new ();
    for (int i = 0; i < 2 * DAFFI_WINDOW_ITEMS; i++)
        CHECK (push_int (channel, i));
    CHECK (!push_int (channel, -1));
    CHECK_EQ_INT (pop_int (channel, &grant), 0);
    daffi_channel_destroy (&channel);

    channel = daffi_channel_new ();
    CHECK (push_large (channel, 2 * DAFFI_WINDOW_BYTES));
    CHECK (push_int (channel, 7));
    CHECK (!push_int (channel, 8));
    pop_any (channel, &grant);
    CHECK_EQ_INT (pop_int (channel, &grant), 7);
    CHECK_STATUS (DAFFI_PENDING, pop_nothing (channel, 0));
    daffi_channel_destroy (&channel);
}

TEST ("what is not one value is refused; nothing at all is nil")
{
    daffi_result_t *item = NULL;
    grant_t grant;
    daffi_channel_t *channel = daffi_channel_new ();
    CHECK (!push_bytes (channel, "\xc1", 1));
    CHECK (!push_bytes (channel, "\x01\x02", 2));
    CHECK (!push_bytes (channel, "\xdd\xff\xff\xff\xff", 5));
    CHECK (!push_bytes (channel,
                        "\xa5"
                        "abc",
                        4));
    CHECK (push_bytes (channel, "", 0));
    CHECK_OK (daffi_channel_pop (channel, 0, &item, &grant.items, &grant.bytes));
    CHECK_EQ_INT (daffi_result_value (item)->kind, DAFFI_KIND_NIL);
    daffi_result_destroy (&item);
    daffi_channel_destroy (&channel);
}

TEST ("after the end a reader gets what is left, and then END for good")
{
    grant_t grant;
    daffi_channel_t *channel = daffi_channel_new ();
    CHECK (push_int (channel, 1));
    CHECK (push_int (channel, 2));
    daffi_channel_end (channel);
    CHECK_EQ_INT (pop_int (channel, &grant), 1);
    CHECK_EQ_INT (pop_int (channel, &grant), 2);
    CHECK_STATUS (DAFFI_END, pop_nothing (channel, 0));
    CHECK_STATUS (DAFFI_END, pop_nothing (channel, DAFFI_FOREVER));
    daffi_channel_destroy (&channel);
}

TEST ("items that nobody read are freed with the channel")
{
    daffi_channel_t *channel = daffi_channel_new ();
    CHECK (push_large (channel, 100000));
    CHECK (push_int (channel, 2));
    daffi_channel_destroy (&channel);
}

//  --- sending ------------------------------------------------------------------------

TEST ("there is no credit until it is granted, and an item takes one and its bytes")
{
    daffi_channel_t *channel = daffi_channel_new ();
    CHECK_STATUS (DAFFI_PENDING, daffi_channel_take_credit (channel, 1, 0));
    grant (channel, 2, 0);
    CHECK_STATUS (DAFFI_PENDING, daffi_channel_take_credit (channel, 1, 0));
    grant (channel, 0, 100);
    CHECK_OK (daffi_channel_take_credit (channel, 99, 0));
    CHECK_OK (daffi_channel_take_credit (channel, 500, 0));
    CHECK_STATUS (DAFFI_PENDING, daffi_channel_take_credit (channel, 0, 0));
    grant (channel, 5, 499);
    CHECK_STATUS (DAFFI_PENDING, daffi_channel_take_credit (channel, 0, 0));
    grant (channel, 0, 1);
    CHECK_OK (daffi_channel_take_credit (channel, 0, 0));
    daffi_channel_destroy (&channel);
}

TEST ("the largest grants add up")
{
    daffi_channel_t *channel = daffi_channel_new ();
    for (int i = 0; i < 1000; i++)
        grant (channel, UINT32_MAX, UINT32_MAX);
    CHECK_EQ_INT (channel->credit_items, INT64_C (1000) * UINT32_MAX);
    CHECK_OK (daffi_channel_take_credit (channel, UINT32_MAX, 0));
    CHECK_OK (daffi_channel_take_credit (channel, UINT32_MAX, 0));
    daffi_channel_destroy (&channel);
}

TEST ("a closed channel tells its senders why, also where there is credit; first is "
      "first")
{
    daffi_channel_t *channel = daffi_channel_new ();
    grant (channel, 5, 5);
    daffi_channel_close (channel, DAFFI_CANCELLED);
    daffi_channel_close (channel, DAFFI_END);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_channel_take_credit (channel, 1, 0));
    CHECK_STATUS (DAFFI_CANCELLED,
                  daffi_channel_take_credit (channel, 1, DAFFI_FOREVER));
    CHECK_STATUS (DAFFI_END, pop_nothing (channel, DAFFI_FOREVER));
    daffi_channel_destroy (&channel);
}

TEST ("an end of items does not keep the other direction from being sent")
{
    daffi_channel_t *channel = daffi_channel_new ();
    grant (channel, 5, 5);
    daffi_channel_end (channel);
    CHECK_OK (daffi_channel_take_credit (channel, 1, 0));
    daffi_channel_destroy (&channel);
}

//  --- waiting ------------------------------------------------------------------------

TEST ("a wait ends at its timeout, and not before it")
{
    daffi_channel_t *channel = daffi_channel_new ();
    int64_t start_ms = daffi_clock_ms ();
    CHECK_STATUS (DAFFI_PENDING, pop_nothing (channel, 30));
    CHECK (daffi_clock_ms () - start_ms >= 30);
    start_ms = daffi_clock_ms ();
    CHECK_STATUS (DAFFI_PENDING, daffi_channel_take_credit (channel, 1, 30));
    CHECK (daffi_clock_ms () - start_ms >= 30);
    daffi_channel_destroy (&channel);
}

TEST ("a thread that must not wait is told so, and gets what is there")
{
    grant_t more;
    daffi_channel_t *channel = daffi_channel_new ();
    daffi_future_forbid_waiting (true);
    CHECK_STATUS (DAFFI_PENDING, pop_nothing (channel, 0));
    CHECK_STATUS (DAFFI_DEADLOCK, pop_nothing (channel, 5));
    CHECK_STATUS (DAFFI_DEADLOCK,
                  daffi_channel_take_credit (channel, 1, DAFFI_FOREVER));
    CHECK (push_int (channel, 5));
    CHECK_EQ_INT (pop_int (channel, &more), 5);
    grant (channel, 1, 1);
    CHECK_OK (daffi_channel_take_credit (channel, 1, DAFFI_FOREVER));
    daffi_future_forbid_waiting (false);
    daffi_channel_destroy (&channel);
}

typedef struct {
    daffi_channel_t *channel;
    int count;
    daffi_status_t status;
} waiter_t;

static void *read_all (void *arg)
{
    waiter_t *self = arg;
    for (;;) {
        daffi_result_t *item = NULL;
        uint32_t items = 0, bytes = 0;
        int64_t number = -1;
        self->status =
            daffi_channel_pop (self->channel, DAFFI_FOREVER, &item, &items, &bytes);
        if (self->status)
            return NULL;
        CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
        CHECK_EQ_INT (number, self->count);
        self->count++;
        daffi_result_destroy (&item);
        if (items)
            //  as if the other end were this same channel
            grant (self->channel, items, bytes);
    }
}

TEST ("a reader that waits is woken by each item, and by the end")
{
    enum { COUNT = 20000 };
    pthread_t thread;
    waiter_t waiter = {daffi_channel_new (), 0, DAFFI_OK};
    grant (waiter.channel, DAFFI_WINDOW_ITEMS, DAFFI_WINDOW_BYTES);
    CHECK (pthread_create (&thread, NULL, read_all, &waiter) == 0);
    for (int i = 0; i < COUNT; i++) {
        CHECK_OK (daffi_channel_take_credit (waiter.channel, 1, DAFFI_FOREVER));
        CHECK (push_int (waiter.channel, i));
    }
    daffi_channel_end (waiter.channel);
    CHECK (pthread_join (thread, NULL) == 0);
    CHECK_EQ_INT (waiter.count, COUNT);
    CHECK_STATUS (DAFFI_END, waiter.status);
    daffi_channel_destroy (&waiter.channel);
}

static void *send_until_closed (void *arg)
{
    waiter_t *self = arg;
    while (
        !(self->status = daffi_channel_take_credit (self->channel, 1, DAFFI_FOREVER)))
        self->count++;
    return NULL;
}

TEST ("a sender that waits is woken by a grant, and by the close")
{
    pthread_t thread;
    waiter_t waiter = {daffi_channel_new (), 0, DAFFI_OK};
    CHECK (pthread_create (&thread, NULL, send_until_closed, &waiter) == 0);
    for (int i = 0; i < 1000; i++)
        grant (waiter.channel, 1, 1);
    //  all of it is taken before the channel closes
    for (bool left = true; left;) {
        pthread_mutex_lock (&waiter.channel->lock);
        left = waiter.channel->credit_items > 0;
        pthread_mutex_unlock (&waiter.channel->lock);
    }
    daffi_channel_close (waiter.channel, DAFFI_CANCELLED);
    CHECK (pthread_join (thread, NULL) == 0);
    CHECK_EQ_INT (waiter.count, 1000);
    CHECK_STATUS (DAFFI_CANCELLED, waiter.status);
    daffi_channel_destroy (&waiter.channel);
}

//  --- mails --------------------------------------------------------------------------

static void count_free (void *data, void *hint)
{
    free (data);
    ++*(int *)hint;
}

TEST ("a mail that is destroyed gives back its body")
{
    int freed = 0;
    daffi_stream_mail_t *mail = daffi_stream_mail_new (DAFFI_RECORD_CHUNK);
    CHECK_EQ_INT (mail->mail.kind, DAFFI_MAIL_STREAM);
    CHECK_OK (
        daffi_pack_take (&mail->body, NULL, malloc (20000), 20000, count_free, &freed));
    CHECK_EQ_INT (freed, 0);
    daffi_stream_mail_destroy (mail);
    CHECK_EQ_INT (freed, 1);
}
