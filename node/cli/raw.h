//  SPDX-License-Identifier: MPL-2.0
//  A peer that speaks the protocol by hand: for finding out whether others speak it.
//
//  It shares no code with libdaffi's wire format: records are put together from plain
//  values and taken apart with msgpack-c, as any other language would do it.

#ifndef DAFFI_CLI_RAW_H
#define DAFFI_CLI_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daffi.h"

enum {
    RAW_HELLO = 1,
    RAW_WELCOME,
    RAW_UPDATE,
    RAW_CALL,
    RAW_RESULT,
    RAW_ERROR,
    RAW_CAST,
    RAW_CHUNK,
    RAW_CREDIT,
    RAW_END,
    RAW_CANCEL,
    RAW_WAIT,
    RAW_SUBSCRIBE,
    RAW_EVENT,
    RAW_SCHEDULE,
    RAW_PING,
    RAW_PONG,
    RAW_DRAIN,
    RAW_GOODBYE,
    RAW_WHO,
    RAW_PROGRESS
};

enum { RAW_OPTIONS = 16 };

typedef struct raw_record {
    struct raw_record *next;
    uint64_t type;
    uint64_t id;
    char name[DAFFI_NAME_MAX + 1];
    char peer[DAFFI_NAME_MAX + 1];
    int64_t ttl_ms;                //  -1: none
    int64_t options[RAW_OPTIONS];  //  by key; -1: not there
    uint8_t *body;
    size_t size;
    daffi_value_t value;  //  of the body; nil where there is none
} raw_record_t;

typedef struct {
    void *socket;
    char identity[256];  //  ROUTER: of the peer that spoke last
    size_t identity_size;
    bool settled;         //  ROUTER: what comes from anybody else is dropped
    raw_record_t *first;  //  received, not taken
} raw_t;

//  What is sent. Zero means: not there.
typedef struct {
    uint64_t type;
    uint64_t id;
    const char *name;
    const char *peer;
    int64_t ttl_ms;
    daffi_value_t options;  //  a map, or nil
    daffi_value_t body;     //  nothing, where `bare`
    bool bare;
    bool frame;     //  the body in a frame of its own
    bool wide;      //  every number in its widest form
    bool trailing;  //  more elements behind the options
} raw_send_t;

#define RAW_SEND(raw, ...) raw_send ((raw), &(const raw_send_t){__VA_ARGS__})
void raw_send (raw_t *self, const raw_send_t *record);
//  These bytes as one packet, and frames behind it where there are any.
void raw_send_bytes (raw_t *self, const void *packet, size_t size, const void *frame,
                     size_t frame_size);
//  Appends a record to `out` instead of sending it; returns its size.
size_t raw_write (const raw_send_t *record, uint8_t *out, size_t room);

//  The next record, the caller's to free with raw_free (); NULL: none came in time.
//  PINGs are answered on the way.
raw_record_t *raw_receive (raw_t *self, int64_t timeout_ms);
//  The next one of that type and id; what comes before it is dropped.
raw_record_t *raw_expect (raw_t *self, uint64_t type, uint64_t id, int64_t timeout_ms);
//  Nothing of that type comes for so long.
bool raw_silent (raw_t *self, uint64_t type, int64_t timeout_ms);
void raw_free (raw_record_t *record);
void raw_done (raw_t *self);

#endif
