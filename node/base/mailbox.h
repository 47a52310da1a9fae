//  SPDX-License-Identifier: MPL-2.0
//  How other threads hand work to an actor: typed mails in a queue, and one wake-up for
//  as many as there are.
//
//  Data never goes through an actor's pipe: that costs seven times as much. A writer
//  touches the eventfd only when the reader may be asleep; the reader takes the whole
//  queue at once.

#ifndef DAFFI_MAILBOX_H
#define DAFFI_MAILBOX_H

#include <pthread.h>

#include "daffi_status.h"
#include "list.h"

typedef struct {
    pthread_mutex_t lock;
    daffi_list_t mails;
    bool asleep;
    bool closed;
    int fd;  //  readable when the reader was woken
} daffi_mailbox_t;

//  DAFFI_SYSTEM: no descriptor is left.
DAFFI_MUST_USE daffi_status_t daffi_mailbox_init (daffi_mailbox_t *self);
void daffi_mailbox_done (daffi_mailbox_t *self);

//  From any thread. The mail belongs to the reader afterwards; false: the mailbox is
//  closed and the mail still the caller's.
bool daffi_mailbox_post (daffi_mailbox_t *self, daffi_link_t *mail);
//  The same by who is the reader at the moment, and needs no waking.
bool daffi_mailbox_leave (daffi_mailbox_t *self, daffi_link_t *mail);
//  Nothing is taken any more; what is in it can still be taken out.
void daffi_mailbox_close (daffi_mailbox_t *self);
//  A closed mailbox takes mails again.
void daffi_mailbox_open (daffi_mailbox_t *self);

//  The reader's side. Moves all mails into `out`, an initialised list.
void daffi_mailbox_take (daffi_mailbox_t *self, daffi_list_t *out);
//  To be asked before sleeping in poll () on fd: false if there are mails.
bool daffi_mailbox_may_sleep (daffi_mailbox_t *self);
//  After poll (); `readable`: fd was.
void daffi_mailbox_awake (daffi_mailbox_t *self, bool readable);

#endif
