//  SPDX-License-Identifier: MPL-2.0
//  Who runs a node: its actor, or a thread that waits for its own call.

#ifndef DAFFI_LEAD_H
#define DAFFI_LEAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct daffi_node daffi_node_t;
typedef struct daffi_future daffi_future_t;

typedef struct {
    pthread_mutex_t lock;  //  the lead: who has it may touch what is the actor's
    pthread_cond_t left;
    daffi_future_t *watched;  //  whose thread watches the socket; NULL: the actor does
    int socket_fd;            //  that tells of the socket
    int gate;                 //  an epoll set of socket_fd, for the actor; -1: not yet
    int fd;                   //  wakes who watches; -1: not yet
    bool relieved;            //  the actor watches again, and that thread is to leave
    int64_t until_ms;         //  the actor sleeps until then
    bool look;                //  the socket may have something: for the actor
} daffi_lead_t;

void daffi_lead_init (daffi_lead_t *self);
void daffi_lead_done (daffi_lead_t *self);

//  --- whoever starts and ends the node -----------------------------------------------

//  Takes the lead when no thread watches any more; the actor has ended.
void daffi_lead_take_alone (daffi_lead_t *self);
void daffi_lead_give (daffi_lead_t *self);
//  With the lead: of that socket; and of none any more.
void daffi_lead_open (daffi_lead_t *self, void *socket);
void daffi_lead_close (daffi_lead_t *self);

//  --- the actor, which has the lead but while it sleeps ------------------------------

void daffi_lead_take (daffi_lead_t *self);
//  Before it sleeps, until then, and before it ends: it watches again where that thread
//  has its outcome, or is not the only one any more that the node works for.
void daffi_lead_relieve (daffi_node_t *node, int64_t until_ms);
//  What it sleeps on instead of socket_fd.
int daffi_lead_gate (const daffi_lead_t *self);
//  After it slept: whether it shall look at the socket.
bool daffi_lead_look (daffi_lead_t *self);

//  --- any other thread ---------------------------------------------------------------

//  Starts a plain call, which nobody knows yet, and waits for its outcome, as long as
//  the node works for nobody else. False: this cannot be done now, and nothing has
//  happened.
bool daffi_lead_call (daffi_node_t *node, daffi_future_t *future);

#endif
