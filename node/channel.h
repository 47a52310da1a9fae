//  SPDX-License-Identifier: MPL-2.0
//  A channel: the items that go with one call, as one of its two ends sees them.
//
//  What comes in queues here until it is read, and never more than the window that was
//  granted; what goes out needs credit, which the other end grants as it reads. Shared
//  by the actor and the threads that read and send.

#ifndef DAFFI_CHANNEL_H
#define DAFFI_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>

#include "mail.h"
#include "packed.h"
#include "record.h"
#include "result.h"

enum {
    //  what goes out while the grant for what was read is on its way back
    DAFFI_WINDOW_ITEMS = 512,
    //  one larger item may come when nothing else is on its way
    DAFFI_WINDOW_BYTES = 4 << 20
};

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    daffi_list_t items;  //  arrived, not read
    uint32_t item_count;
    size_t item_bytes;
    uint32_t read_items;  //  read, and not granted again
    size_t read_bytes;
    bool ended;            //  no more items come
    bool closed;           //  nobody reads what would be sent
    daffi_status_t why;    //  closed: what a sender is told
    int64_t credit_items;  //  that may be sent
    int64_t credit_bytes;
    int receive_fd;  //  readable while a reader need not wait; -1: not asked for
    int send_fd;     //  the same for a sender
} daffi_channel_t;

daffi_channel_t *daffi_channel_new (void);
void daffi_channel_destroy (daffi_channel_t **self_p);

//  --- the actor's side ---------------------------------------------------------------

//  An item came. False: the other end broke its credit, or there is no memory.
bool daffi_channel_push (daffi_channel_t *self, const daffi_body_t *body);
void daffi_channel_grant (daffi_channel_t *self, const daffi_header_t *header);
//  No more items come.
void daffi_channel_end (daffi_channel_t *self);
//  The call is over: readers get what is left and then the end, senders `why`.
void daffi_channel_close (daffi_channel_t *self, daffi_status_t why);

//  --- the user's side ----------------------------------------------------------------

//  The next item, which is the caller's to destroy. DAFFI_OK, DAFFI_PENDING, DAFFI_END,
//  or DAFFI_DEADLOCK: this thread must not wait.
//  What has to be granted again is added to *items and *bytes.
daffi_status_t daffi_channel_pop (daffi_channel_t *self, int64_t timeout_ms,
                                  daffi_result_t **item, uint32_t *items,
                                  uint32_t *bytes);
//  Takes credit for an item of `size` bytes. DAFFI_OK, DAFFI_PENDING, DAFFI_DEADLOCK,
//  or why it is closed.
daffi_status_t daffi_channel_take_credit (daffi_channel_t *self, size_t size,
                                          int64_t timeout_ms);

//  The same without taking any.
daffi_status_t daffi_channel_wait_room (daffi_channel_t *self, int64_t timeout_ms);

//  Made at the first call; -1: no descriptor is left.
int daffi_channel_receive_fd (daffi_channel_t *self);
int daffi_channel_send_fd (daffi_channel_t *self);

//  --- mails --------------------------------------------------------------------------

//  What the user's side hands to the actor: an item, a grant or the end.
typedef struct {
    daffi_mail_t mail;  //  DAFFI_MAIL_STREAM
    daffi_record_type_t type;
    daffi_future_t *future;  //  a reference; or
    uint64_t token;          //  of a request, which may be gone when this is read,
    uint32_t session;        //  and link.number that it came with
    uint32_t items;          //  CREDIT
    uint32_t bytes;
    daffi_packed_t body;  //  CHUNK
} daffi_stream_mail_t;

daffi_stream_mail_t *daffi_stream_mail_new (daffi_record_type_t type);
void daffi_stream_mail_destroy (daffi_stream_mail_t *self);

#endif
