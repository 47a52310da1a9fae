//  SPDX-License-Identifier: MPL-2.0
//  The bodies of the protocol's own records: HELLO, WELCOME, UPDATE, EVENT.
//
//  Each is a map with string keys, so that a client in any language can write it
//  without a schema. Encode and decode stand side by side in bodies.c.

#ifndef DAFFI_BODIES_H
#define DAFFI_BODIES_H

#include "daffi_value.h"
#include "writer.h"

enum { DAFFI_PROTOCOL_VERSION = 1, DAFFI_INCARNATION_SIZE = 16 };

typedef struct {
    uint64_t min;
    uint64_t max;
    uint8_t incarnation[DAFFI_INCARNATION_SIZE];
    uint64_t heartbeat_ms;
    uint64_t timeout_ms;
    uint64_t capacity;
    bool takeover;
    daffi_text_t language;
    daffi_text_t version;
    daffi_value_t functions;  //  reading: array of [name, signature]; nil where absent
} daffi_hello_t;

//  `functions` is written by the caller right behind, as the value of the last key: an
//  array head and one daffi_write_offer () each.
void daffi_write_hello (daffi_buffer_t *out, const daffi_hello_t *hello);
void daffi_write_offer (daffi_buffer_t *out, daffi_text_t name, daffi_text_t signature);

//  What a node says of one function.
typedef struct {
    daffi_text_t name;
    daffi_text_t signature;
    daffi_text_t doc;
    uint64_t limit;  //  runs of it at once; 0 = none
} daffi_offer_body_t;
void daffi_write_offer_body (daffi_buffer_t *out, const daffi_offer_body_t *offer);

//  Borrow from `body`. DAFFI_PROTOCOL: not a map, or a key of the wrong type. Unknown
//  keys are ignored, missing ones are zero.
DAFFI_MUST_USE daffi_status_t daffi_read_hello (const void *body, size_t size,
                                                daffi_hello_t *out);
//  One element of `functions` or of an UPDATE's "add".
DAFFI_MUST_USE daffi_status_t daffi_read_offer (const daffi_value_t *element,
                                                daffi_offer_body_t *out);

typedef struct {
    uint64_t protocol;
    uint8_t epoch[DAFFI_INCARNATION_SIZE];
    uint64_t heartbeat_ms;
    uint64_t timeout_ms;
    uint64_t clock_ms;
    uint64_t message_max;
    uint64_t calls_max;
    uint64_t functions_max;
} daffi_welcome_t;

void daffi_write_welcome (daffi_buffer_t *out, const daffi_welcome_t *welcome);
DAFFI_MUST_USE daffi_status_t daffi_read_welcome (const void *body, size_t size,
                                                  daffi_welcome_t *out);

//  {"add": [[name, signature] …]} or {"remove": [name …]}, one function a record.
void daffi_write_add (daffi_buffer_t *out, const daffi_offer_body_t *offer);
void daffi_write_remove (daffi_buffer_t *out, daffi_text_t name);

typedef struct {
    daffi_value_t add;     //  array or nil
    daffi_value_t remove;  //  array or nil
    bool has_capacity;
    uint64_t capacity;
} daffi_update_t;
DAFFI_MUST_USE daffi_status_t daffi_read_update (const void *body, size_t size,
                                                 daffi_update_t *out);

//  type and reason as in daffi.h; texts may be empty.
typedef struct {
    uint64_t type;
    uint64_t reason;
    daffi_text_t process;
    daffi_text_t function;
    daffi_text_t signature;
} daffi_event_body_t;
void daffi_write_event (daffi_buffer_t *out, const daffi_event_body_t *event);
DAFFI_MUST_USE daffi_status_t daffi_read_event (const void *body, size_t size,
                                                daffi_event_body_t *out);

//  PROGRESS: [done, total, text].
typedef struct {
    uint64_t done;
    uint64_t total;  //  0: not known
    daffi_text_t text;
} daffi_progress_body_t;
void daffi_write_progress (daffi_buffer_t *out, const daffi_progress_body_t *progress);
DAFFI_MUST_USE daffi_status_t daffi_read_progress (const void *body, size_t size,
                                                   daffi_progress_body_t *out);

//  PONG of the controller.
void daffi_write_clock (daffi_buffer_t *out, uint64_t clock_ms);
DAFFI_MUST_USE daffi_status_t daffi_read_clock (const void *body, size_t size,
                                                uint64_t *clock_ms);

//  The text of a string value; empty for anything else.
daffi_text_t daffi_value_text_of (const daffi_value_t *value);

#endif
