//  SPDX-License-Identifier: MPL-2.0
//  Raw libzmq: what the three processes of the comparison share.
//
//  The yardstick: caller DEALER -> ROUTER that routes -> worker DEALER, two frames a
//  message (a header of 16 bytes and the payload), one message a call.
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <zmq.h>

#include "bench_base.h"

enum {
    BENCH_RAW_HELLO = 1,
    BENCH_RAW_CALL = 2,
    BENCH_RAW_REPLY = 3,
    BENCH_RAW_ITEM = 4  //  of a stream: one in so many is answered, without a body
};

static inline uint64_t bench_raw_ack_every (size_t item_bytes)
{
    return item_bytes < 64 * 1024 ? 64 : 4;
}

//  The broker writes the caller's routing id into a call and takes it from the reply,
//  so that it keeps no table of calls at all.
typedef struct {
    uint8_t type;
    uint8_t caller_size;
    uint8_t caller[6];
    uint64_t call;
} bench_raw_header_t;

typedef struct {
    void *context;
    void *socket;
} bench_raw_t;

//  A socket without limits on its queues.
daffi_status_t bench_raw_open (bench_raw_t *self, int type,
                               daffi_error_t *error) DAFFI_MUST_USE;

//  How long a receive waits; -1 = without end.
void bench_raw_wait (bench_raw_t *self, int timeout_ms);
#define BENCH_ANSWER_TIMEOUT_MS 15000

//  DAFFI_SYSTEM with libzmq's reason, or DAFFI_TIMEOUT.
daffi_status_t bench_raw_fail (daffi_error_t *error, const char *what);

#endif
