//  SPDX-License-Identifier: MPL-2.0
//  The mailbox: every mail arrives once and in its writer's order, and a sleeping
//  reader is woken.

#include "mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "test.h"

typedef struct {
    daffi_link_t link;
    int writer;
    int number;
} mail_t;

enum { WRITERS = 4, MAILS = 20000 };

typedef struct {
    daffi_mailbox_t *mailbox;
    mail_t *mails;
    int writer;
} writer_t;

static void *write_all (void *arg)
{
    writer_t *self = arg;
    for (int i = 0; i < MAILS; i++) {
        self->mails[i] = (mail_t){.writer = self->writer, .number = i};
        CHECK (daffi_mailbox_post (self->mailbox, &self->mails[i].link));
    }
    return NULL;
}

static int read_some (daffi_mailbox_t *mailbox, int *next)
{
    daffi_list_t mails;
    int count = 0;
    daffi_list_init (&mails);
    daffi_mailbox_take (mailbox, &mails);
    DAFFI_LIST_EACH (&mails, link, follower) {
        mail_t *mail = daffi_container (link, mail_t, link);
        daffi_link_remove (link);
        CHECK_EQ_INT (mail->number, next[mail->writer]);
        next[mail->writer]++;
        count++;
    }
    return count;
}

TEST ("mails of several writers all reach a reader that sleeps between them")
{
    daffi_mailbox_t mailbox;
    pthread_t threads[WRITERS];
    writer_t writers[WRITERS];
    int next[WRITERS] = {0};
    CHECK_OK (daffi_mailbox_init (&mailbox));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer_t){&mailbox, calloc (MAILS, sizeof (mail_t)), i};
        CHECK (pthread_create (&threads[i], NULL, write_all, &writers[i]) == 0);
    }
    for (int read = 0; read < WRITERS * MAILS;) {
        struct pollfd fd = {.fd = mailbox.fd, .events = POLLIN};
        bool sleep = daffi_mailbox_may_sleep (&mailbox);
        int ready = poll (&fd, 1, sleep ? 30000 : 0);
        CHECK (!sleep || ready == 1);
        daffi_mailbox_awake (&mailbox, fd.revents != 0);
        read += read_some (&mailbox, next);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join (threads[i], NULL);
        free (writers[i].mails);
    }
    daffi_mailbox_done (&mailbox);
}

TEST (
    "a closed mailbox takes nothing and gives out what it has; it can be opened again")
{
    daffi_mailbox_t mailbox;
    int next[WRITERS] = {0};
    mail_t mails[3] = {{.number = 0}, {.number = 1}, {.number = 1}};
    CHECK_OK (daffi_mailbox_init (&mailbox));
    CHECK (daffi_mailbox_post (&mailbox, &mails[0].link));
    daffi_mailbox_close (&mailbox);
    CHECK (!daffi_mailbox_post (&mailbox, &mails[1].link));
    CHECK_EQ_INT (read_some (&mailbox, next), 1);
    daffi_mailbox_open (&mailbox);
    CHECK (daffi_mailbox_post (&mailbox, &mails[2].link));
    CHECK (!daffi_mailbox_may_sleep (&mailbox));
    CHECK_EQ_INT (read_some (&mailbox, next), 1);
    CHECK (daffi_mailbox_may_sleep (&mailbox));
    daffi_mailbox_awake (&mailbox, false);
    daffi_mailbox_done (&mailbox);
}
