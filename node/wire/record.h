//  SPDX-License-Identifier: MPL-2.0
//  Records: the unit of the protocol, a header and its body.
//
//  A packet (one ZeroMQ frame) is records back to back. Headers are read in place and
//  by hand, without allocation: every call passes here twice at the controller. The
//  grammar, every field and every command stand in PROTOCOL.md.

#ifndef DAFFI_RECORD_H
#define DAFFI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daffi_status.h"
#include "text.h"

//  name, wire number: the order of PROTOCOL.md and of every handler table
#define DAFFI_RECORD_MAP(X) \
    X (HELLO, 1)            \
    X (WELCOME, 2)          \
    X (UPDATE, 3)           \
    X (CALL, 4)             \
    X (RESULT, 5)           \
    X (ERROR, 6)            \
    X (CAST, 7)             \
    X (CHUNK, 8)            \
    X (CREDIT, 9)           \
    X (END, 10)             \
    X (CANCEL, 11)          \
    X (WAIT, 12)            \
    X (SUBSCRIBE, 13)       \
    X (EVENT, 14)           \
    X (SCHEDULE, 15)        \
    X (PING, 16)            \
    X (PONG, 17)            \
    X (DRAIN, 18)           \
    X (GOODBYE, 19)         \
    X (WHO, 20)             \
    X (PROGRESS, 21)

#define DAFFI_RECORD_ENUM(name, number) DAFFI_RECORD_##name = number,
typedef enum {
    DAFFI_RECORD_MAP (DAFFI_RECORD_ENUM) DAFFI_RECORD_LIMIT
} daffi_record_type_t;
#undef DAFFI_RECORD_ENUM

//  "CALL"; "UNKNOWN" for a number that is none.
const char *daffi_record_name (unsigned type);

enum {
    DAFFI_HEADER_MAX = 1024,  //  bytes of one encoded header, options included
    DAFFI_HEADER_ROOM = 544,  //  bytes that daffi_header_write can need at most
    //  With so much a packet that we make goes out; a larger one is read. The fewer it
    //  are, the less they cost (libzmq sends each with two system calls at least);
    //  below 128 KiB, from where malloc maps and unmaps memory for each.
    DAFFI_PACKET_BYTES = 98304,
    DAFFI_PACKET_RECORDS = 512,  //  who reads them can begin while we go on
    DAFFI_PACKET_LARGE = 65536,  //  bytes, where large bodies go with it
    DAFFI_DETACH_MIN = 8192,     //  bodies from this size travel as frames of their own
};

#define DAFFI_TTL_NONE UINT32_MAX

//  Bits of daffi_header_t.present: which options came with the header.
enum {
    DAFFI_OPT_STATUS = 1u << 1,    //  ERROR: daffi_status_t
    DAFFI_OPT_EXECUTED = 1u << 2,  //  ERROR: daffi_executed_t
    DAFFI_OPT_SENT = 1u << 3,  //  CALL, CAST: the controller's clock when it was sent,
                               //  milliseconds modulo 2^32
    DAFFI_OPT_TAIL = 1u << 4,  //  the body goes on in a further frame of the message:
                               //  how a program's own memory is sent without a copy
    DAFFI_OPT_ALL = 1u << 5,   //  CALL: a broadcast; until `all` have succeeded, 0 =
                               //  every provider
    DAFFI_OPT_PART = 1u << 6,  //  RESULT, ERROR: of one process of a broadcast
    DAFFI_OPT_POLICY = 1u << 7,     //  CALL: daffi_policy_t
    DAFFI_OPT_STREAM = 1u << 9,     //  CALL: items may go with it, both ways
    DAFFI_OPT_ITEMS = 1u << 10,     //  CALL, CREDIT: items that may be sent
    DAFFI_OPT_BYTES = 1u << 11,     //  CALL, CREDIT: bytes of items that may be sent
    DAFFI_OPT_KEY = 1u << 8,        //  CALL: what the policy `key` goes by
    DAFFI_OPT_PRIORITY = 1u << 12,  //  CALL, CAST: 0, the least, to DAFFI_PRIORITY_MAX
    DAFFI_OPT_DELAY = 1u << 13,     //  CALL: milliseconds from its sending until it may
                                    //  be given to a provider
};

//  [type, id, name, peer, ttl_ms, size, ?options]. Texts are borrowed from the packet.
typedef struct {
    uint64_t id;
    daffi_text_t name;
    daffi_text_t peer;
    uint32_t ttl_ms;  //  DAFFI_TTL_NONE: nil on the wire
    uint32_t size;    //  bytes of body behind the header
    uint8_t type;
    bool detached;  //  the body is the next frame of the message; size is 0

    //  what most records have none of stands together: it is set to 0 at once
    uint8_t status;     //  DAFFI_OPT_STATUS
    uint8_t executed;   //  DAFFI_OPT_EXECUTED
    uint32_t present;   //  DAFFI_OPT_*
    uint32_t sent_ms;   //  DAFFI_OPT_SENT
    uint32_t all;       //  DAFFI_OPT_ALL
    daffi_text_t key;   //  DAFFI_OPT_KEY
    uint32_t items;     //  DAFFI_OPT_ITEMS
    uint32_t bytes;     //  DAFFI_OPT_BYTES
    uint32_t delay_ms;  //  DAFFI_OPT_DELAY
    uint8_t policy;     //  DAFFI_OPT_POLICY
    uint8_t priority;   //  DAFFI_OPT_PRIORITY
} daffi_header_t;

//  Reads one header from the front of `data`. DAFFI_OK and *used_bytes, or
//  DAFFI_PROTOCOL: it is cut off, malformed, over DAFFI_HEADER_MAX, or a text is longer
//  than DAFFI_NAME_MAX. The type is any of 0..127 (an unknown one is the caller's to
//  answer); further array elements and unknown options are skipped. The body is not
//  looked at. No allocation. On failure *out is undefined: it is filled in place, since
//  a copy of it would cost as much as all the rest.
DAFFI_MUST_USE daffi_status_t daffi_header_read (const uint8_t *data, size_t size,
                                                 daffi_header_t *out,
                                                 size_t *used_bytes);

//  Writes a header into at least DAFFI_HEADER_ROOM bytes and returns its length. The id
//  is always 9 bytes and the ttl, where there is one, always 5, so that both can be
//  patched where they stand. Texts must not be longer than DAFFI_NAME_MAX.
size_t daffi_header_write (const daffi_header_t *header, uint8_t *out);

//  The same of a header whose body goes with it in another way than it says itself: so
//  that it need not be copied to be changed. *ttl_offset is as below.
typedef struct {
    uint32_t present;
    uint32_t size;
    bool detached;
} daffi_header_fit_t;
size_t daffi_header_write_as (const daffi_header_t *header,
                              const daffi_header_fit_t *fit, uint8_t *out,
                              size_t *ttl_offset);

//  Where the ttl (its first byte, 0xce) stands in a header that daffi_header_write made
//  with one: an offset from its start. The patch keeps DAFFI_TTL_NONE out: it writes
//  one millisecond less; and it returns by how much less the ttl is than before.
size_t daffi_header_ttl_offset (const daffi_header_t *header);
uint32_t daffi_header_patch_ttl (uint8_t *ttl, uint32_t ttl_ms);
//  A ttl counts from sent_ms: where it became less, that is so much later. Only where
//  sent_ms is there, without status and executed.
void daffi_header_move_sent (uint8_t *ttl, uint32_t by_ms);

//  Walks the records of a packet.
typedef struct {
    const uint8_t *cursor;
    const uint8_t *end;
} daffi_packet_reader_t;

typedef struct {
    daffi_header_t header;
    const uint8_t *body;  //  header.size bytes; NULL where detached
} daffi_record_t;

static inline daffi_packet_reader_t daffi_packet_reader (const uint8_t *data,
                                                         size_t size)
{
    daffi_packet_reader_t self = {data, size ? data + size : data};
    return self;
}

//  DAFFI_OK, DAFFI_END (nothing left), or DAFFI_PROTOCOL: the rest of the packet cannot
//  be delimited (said again at each further call). A detached body is the caller's to
//  take from the message's frames.
DAFFI_MUST_USE daffi_status_t daffi_packet_next (daffi_packet_reader_t *self,
                                                 daffi_record_t *out);
//  The same into two places.
DAFFI_MUST_USE daffi_status_t daffi_packet_read (daffi_packet_reader_t *self,
                                                 daffi_header_t *header,
                                                 const uint8_t **body);

#endif
