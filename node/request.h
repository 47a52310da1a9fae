//  SPDX-License-Identifier: MPL-2.0
//  A request: one run of a function, from the record that asked for it to its answer.

#ifndef DAFFI_REQUEST_H
#define DAFFI_REQUEST_H

#include <stdatomic.h>

#include "blob.h"
#include "buffer.h"
#include "executor.h"
#include "functions.h"
#include "future.h"
#include "mail.h"
#include "packed.h"
#include "received.h"

typedef struct daffi_string daffi_string_t;
typedef struct daffi_report daffi_report_t;

//  Bits: one that was cancelled before it began never begins.
typedef enum { DAFFI_FATE_BEGUN = 1, DAFFI_FATE_CANCELLED = 2 } daffi_fate_t;

struct daffi_request {
    daffi_mail_t mail;  //  brings it back to the actor
    daffi_job_t job;
    void (*on_answered) (daffi_request_t *request);  //  after the callback

    //  the actor's
    daffi_link_t link;      //  node.running
    bool orphaned;          //  given up when the node stopped
    uint32_t session;       //  link.number that it came with
    daffi_list_t children;  //  futures made in it

    //  set before the callback runs
    daffi_global_t *global;
    daffi_mailbox_t *mailbox;
    daffi_served_t *served;
    daffi_future_t *local;  //  a call within this process, or NULL
    uint64_t token;         //  0: a cast, or local; the actor's
    uint64_t called_as;     //  the same, and it stays
    daffi_future_t *asker;  //  a reference to `local`, for reports of progress
    int64_t deadline_ms;
    uint8_t priority;
    daffi_received_t args;  //  the value is an array
    const char *caller;     //  in `room`
    const char *function;   //  in `room`

    atomic_uint fate;      //  daffi_fate_t
    atomic_int cancel_fd;  //  -1: not asked for

    //  the answer; the callback's until it returns, then the actor's
    bool answered;
    bool ran;
    daffi_status_t status;  //  DAFFI_OK: a result
    char *text;             //  with an error

    daffi_channel_t *channel;  //  a stream's; or NULL
    daffi_report_t *report;    //  of progress; made at the first
    daffi_result_t *item;      //  read last
    bool reading;              //  the caller was granted credit

    daffi_string_t *strings;  //  copies that daffi_request_string () made
    bool listed;              //  the actor's: its token stands in node.tokens
    daffi_packed_t result;    //  last but one: the bytes in it are not set to 0
    uint8_t room[];           //  the names, and a small body
};

//  Keeps the body and the served function's reference. NULL: no memory.
daffi_request_t *daffi_request_new (daffi_served_t *served, const daffi_body_t *body,
                                    daffi_text_t function, daffi_text_t caller);
void daffi_request_destroy (daffi_request_t *self);

//  --- progress.c ---------------------------------------------------------------------

void daffi_report_unref (daffi_report_t *self);

//  Runs the callback, or answers at once where that makes no sense any more. `now_ms`
//  tells whether its deadline has passed.
void daffi_request_run (daffi_request_t *self, int64_t now_ms);
//  False: it will never begin.
bool daffi_request_cancel (daffi_request_t *self);

//  The request whose callback the calling thread runs, or NULL.
daffi_request_t *daffi_request_current (void);

#endif
