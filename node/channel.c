//  SPDX-License-Identifier: MPL-2.0
//  A channel: the items that go with one call.

#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "clock.h"
#include "executor.h"
#include "future.h"
#include "wake.h"

typedef struct {
    daffi_link_t link;
    daffi_result_t *result;
    size_t size;
} item_t;

daffi_channel_t *daffi_channel_new (void)
{
    daffi_channel_t *self = daffi_new (sizeof *self);
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->changed, NULL);
    daffi_list_init (&self->items);
    self->receive_fd = self->send_fd = -1;
    return self;
}

void daffi_channel_destroy (daffi_channel_t **self_p)
{
    daffi_channel_t *self = *self_p;
    if (!self)
        return;
    DAFFI_LIST_EACH (&self->items, link, follower) {
        item_t *item = daffi_container (link, item_t, link);
        daffi_result_destroy (&item->result);
        free (item);
    }
    daffi_wake_close (&self->receive_fd);
    daffi_wake_close (&self->send_fd);
    pthread_cond_destroy (&self->changed);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

//  --- who waits for what -------------------------------------------------------------

static bool must_read (const daffi_channel_t *self)
{
    return daffi_list_empty (&self->items) && !self->ended;
}

static bool must_send (const daffi_channel_t *self)
{
    return (self->credit_items <= 0 || self->credit_bytes <= 0) && !self->closed;
}

static void show (int fd, bool ready)
{
    if (fd < 0)
        return;
    daffi_wake_clear (fd);
    if (ready)
        daffi_wake_signal (fd);
}

//  Locked.
static void show_both (daffi_channel_t *self)
{
    show (self->receive_fd, !must_read (self));
    show (self->send_fd, !must_send (self));
}

//  Locked.
static void changed (daffi_channel_t *self)
{
    pthread_cond_broadcast (&self->changed);
    show_both (self);
}

static int open_fd (daffi_channel_t *self, int *fd)
{
    pthread_mutex_lock (&self->lock);
    if (*fd < 0)
        *fd = daffi_wake_open ();
    show_both (self);
    int opened = *fd;
    pthread_mutex_unlock (&self->lock);
    return opened;
}

int daffi_channel_receive_fd (daffi_channel_t *self)
{
    return open_fd (self, &self->receive_fd);
}

int daffi_channel_send_fd (daffi_channel_t *self)
{
    return open_fd (self, &self->send_fd);
}

//  --- the actor's side ---------------------------------------------------------------

bool daffi_channel_push (daffi_channel_t *self, const daffi_body_t *body)
{
    daffi_result_t *result = NULL;
    if (daffi_result_new (body, daffi_text ("", 0), &result))
        return false;
    item_t *item = daffi_new (sizeof *item);
    item->result = result;
    item->size = daffi_body_size (body);
    pthread_mutex_lock (&self->lock);
    //  twice the window: what was read and is granted anew may cross with what comes
    bool kept = self->item_count < 2 * DAFFI_WINDOW_ITEMS &&
                (self->item_count == 0 || self->item_bytes <= 2 * DAFFI_WINDOW_BYTES);
    if (kept) {
        daffi_list_append (&self->items, &item->link);
        self->item_count++;
        self->item_bytes += item->size;
        changed (self);
    }
    pthread_mutex_unlock (&self->lock);
    if (!kept) {
        daffi_result_destroy (&result);
        free (item);
    }
    return kept;
}

void daffi_channel_grant (daffi_channel_t *self, const daffi_header_t *header)
{
    pthread_mutex_lock (&self->lock);
    self->credit_items += header->items;
    self->credit_bytes += header->bytes;
    changed (self);
    pthread_mutex_unlock (&self->lock);
}

void daffi_channel_end (daffi_channel_t *self)
{
    pthread_mutex_lock (&self->lock);
    self->ended = true;
    changed (self);
    pthread_mutex_unlock (&self->lock);
}

void daffi_channel_close (daffi_channel_t *self, daffi_status_t why)
{
    pthread_mutex_lock (&self->lock);
    self->ended = true;
    if (!self->closed)
        self->why = why;
    self->closed = true;
    changed (self);
    pthread_mutex_unlock (&self->lock);
}

//  --- the user's side ----------------------------------------------------------------

//  Locked; returns locked. Waits while `must` holds; DAFFI_PENDING: and it still does.
static daffi_status_t wait_while (daffi_channel_t *self,
                                  bool (*must) (const daffi_channel_t *self),
                                  int64_t timeout_ms)
{
    if (!must (self))
        return DAFFI_OK;
    if (timeout_ms == 0)
        return DAFFI_PENDING;
    if (daffi_future_waiting_forbidden ())
        return DAFFI_DEADLOCK;
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    int cancelled;  //  who is in pthread_cond_wait () ends with the lock
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &cancelled);
    pthread_mutex_unlock (&self->lock);
    daffi_executor_block ();
    pthread_mutex_lock (&self->lock);
    int failed = 0;
    while (must (self) && failed != ETIMEDOUT)
        failed = end_ms == DAFFI_NEVER
                     ? pthread_cond_wait (&self->changed, &self->lock)
                     : pthread_cond_clockwait (&self->changed, &self->lock,
                                               CLOCK_MONOTONIC, &end);
    pthread_mutex_unlock (&self->lock);
    daffi_executor_unblock ();
    pthread_setcancelstate (cancelled, &cancelled);
    pthread_mutex_lock (&self->lock);
    return must (self) ? DAFFI_PENDING : DAFFI_OK;
}

//  Half a window is granted at once: a record for each item would double the traffic.
static void settle (daffi_channel_t *self, size_t size, uint32_t *items,
                    uint32_t *bytes)
{
    self->read_items++;
    self->read_bytes += size;
    if (self->read_items < DAFFI_WINDOW_ITEMS / 2 &&
        self->read_bytes < DAFFI_WINDOW_BYTES / 2)
        return;
    *items = self->read_items;
    *bytes = (uint32_t)self->read_bytes;
    self->read_items = 0;
    self->read_bytes = 0;
}

daffi_status_t daffi_channel_pop (daffi_channel_t *self, int64_t timeout_ms,
                                  daffi_result_t **item, uint32_t *items,
                                  uint32_t *bytes)
{
    pthread_mutex_lock (&self->lock);
    daffi_status_t status = wait_while (self, must_read, timeout_ms);
    daffi_link_t *link = daffi_list_first (&self->items);
    if (!status && !link)
        status = DAFFI_END;
    if (!status) {
        item_t *first = daffi_container (link, item_t, link);
        daffi_link_remove (link);
        self->item_count--;
        self->item_bytes -= first->size;
        settle (self, first->size, items, bytes);
        *item = first->result;
        free (first);
        show_both (self);
    }
    pthread_mutex_unlock (&self->lock);
    return status;
}

daffi_status_t daffi_channel_take_credit (daffi_channel_t *self, size_t size,
                                          int64_t timeout_ms)
{
    pthread_mutex_lock (&self->lock);
    daffi_status_t status = wait_while (self, must_send, timeout_ms);
    if (!status && self->closed)
        status = self->why;
    if (!status) {
        self->credit_items--;
        self->credit_bytes -= (int64_t)size;
        show_both (self);
    }
    pthread_mutex_unlock (&self->lock);
    return status;
}

daffi_status_t daffi_channel_wait_room (daffi_channel_t *self, int64_t timeout_ms)
{
    pthread_mutex_lock (&self->lock);
    daffi_status_t status = wait_while (self, must_send, timeout_ms);
    if (!status && self->closed)
        status = self->why;
    pthread_mutex_unlock (&self->lock);
    return status;
}

//  --- mails --------------------------------------------------------------------------

daffi_stream_mail_t *daffi_stream_mail_new (daffi_record_type_t type)
{
    daffi_stream_mail_t *self = daffi_new (sizeof *self);
    self->mail.kind = DAFFI_MAIL_STREAM;
    self->type = type;
    return self;
}

void daffi_stream_mail_destroy (daffi_stream_mail_t *self)
{
    daffi_packed_done (&self->body);
    if (self->future)
        daffi_future_unref (self->future);
    free (self);
}
