//  SPDX-License-Identifier: MPL-2.0
//  What other threads send to the node's actor.

#ifndef DAFFI_MAIL_H
#define DAFFI_MAIL_H

#include "list.h"
#include "mailbox.h"

typedef enum {
    DAFFI_MAIL_CALL,             //  a future's start
    DAFFI_MAIL_CANCEL,           //  a future's cancel
    DAFFI_MAIL_CAST,             //  cast_t
    DAFFI_MAIL_ANSWER,           //  a request that was answered
    DAFFI_MAIL_STREAM,           //  daffi_stream_mail_t
    DAFFI_MAIL_PROGRESS,         //  daffi_report_t
    DAFFI_MAIL_ADD,              //  function_t: one name is offered
    DAFFI_MAIL_REMOVE,           //  function_t: or withdrawn
    DAFFI_MAIL_SUBSCRIBE,        //  subscribe_t
    DAFFI_MAIL_SUBSCRIBE_TASKS,  //  subscribe_t of task_events.c
    DAFFI_MAIL_STOP              //  stop_t
} daffi_mail_kind_t;

typedef struct {
    daffi_link_t link;
    daffi_mail_kind_t kind;
} daffi_mail_t;

#endif
