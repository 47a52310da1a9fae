//  SPDX-License-Identifier: MPL-2.0
//  How other threads hand work to an actor.

#include "mailbox.h"

#include "wake.h"

daffi_status_t daffi_mailbox_init (daffi_mailbox_t *self)
{
    self->fd = daffi_wake_open ();
    if (self->fd < 0)
        return DAFFI_SYSTEM;
    pthread_mutex_init (&self->lock, NULL);
    daffi_list_init (&self->mails);
    self->asleep = false;
    self->closed = false;
    return DAFFI_OK;
}

void daffi_mailbox_done (daffi_mailbox_t *self)
{
    daffi_wake_close (&self->fd);
    pthread_mutex_destroy (&self->lock);
}

bool daffi_mailbox_post (daffi_mailbox_t *self, daffi_link_t *mail)
{
    pthread_mutex_lock (&self->lock);
    bool taken = !self->closed;
    if (taken)
        daffi_list_append (&self->mails, mail);
    bool wake = taken && self->asleep;
    self->asleep = self->asleep && !wake;
    pthread_mutex_unlock (&self->lock);
    if (wake)
        daffi_wake_signal (self->fd);
    return taken;
}

bool daffi_mailbox_leave (daffi_mailbox_t *self, daffi_link_t *mail)
{
    pthread_mutex_lock (&self->lock);
    bool taken = !self->closed;
    if (taken)
        daffi_list_append (&self->mails, mail);
    pthread_mutex_unlock (&self->lock);
    return taken;
}

static void set_closed (daffi_mailbox_t *self, bool closed)
{
    pthread_mutex_lock (&self->lock);
    self->closed = closed;
    pthread_mutex_unlock (&self->lock);
}

void daffi_mailbox_close (daffi_mailbox_t *self)
{
    set_closed (self, true);
}

void daffi_mailbox_open (daffi_mailbox_t *self)
{
    set_closed (self, false);
}

void daffi_mailbox_take (daffi_mailbox_t *self, daffi_list_t *out)
{
    pthread_mutex_lock (&self->lock);
    daffi_list_join (out, &self->mails);
    pthread_mutex_unlock (&self->lock);
}

bool daffi_mailbox_may_sleep (daffi_mailbox_t *self)
{
    pthread_mutex_lock (&self->lock);
    self->asleep = daffi_list_empty (&self->mails);
    bool may_sleep = self->asleep;
    pthread_mutex_unlock (&self->lock);
    return may_sleep;
}

void daffi_mailbox_awake (daffi_mailbox_t *self, bool readable)
{
    pthread_mutex_lock (&self->lock);
    self->asleep = false;
    pthread_mutex_unlock (&self->lock);
    if (readable)
        daffi_wake_clear (self->fd);
}
