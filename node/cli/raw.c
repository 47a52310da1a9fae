//  SPDX-License-Identifier: MPL-2.0
//  A peer that speaks the protocol by hand.

#include "raw.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { HEADER_MAX = 1024, PACKET_MAX = 65536 };

static int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

//  --- out --------------------------------------------------------------------------

static void pack_text (msgpack_packer *packer, const char *text)
{
    if (!text) {
        msgpack_pack_nil (packer);
        return;
    }
    msgpack_pack_str (packer, strlen (text));
    msgpack_pack_str_body (packer, text, strlen (text));
}

static void pack_number (msgpack_packer *packer, uint64_t number, bool wide)
{
    if (wide)
        msgpack_pack_fix_uint64 (packer, number);
    else
        msgpack_pack_uint64 (packer, number);
}

static void pack_header (msgpack_packer *packer, const raw_send_t *record, size_t size)
{
    uint8_t options[256];
    size_t options_size = 0;
    bool more = record->options.kind == DAFFI_KIND_MAP || record->trailing;
    if (daffi_value_pack (&record->options, options, sizeof options, &options_size))
        options_size = 0;
    msgpack_pack_array (packer, record->trailing ? 9 : more ? 7 : 6);
    pack_number (packer, record->type, record->wide);
    pack_number (packer, record->id, record->wide);
    pack_text (packer, record->name);
    pack_text (packer, record->peer);
    if (record->ttl_ms)
        pack_number (packer, (uint64_t)record->ttl_ms, record->wide);
    else
        msgpack_pack_nil (packer);
    if (record->frame)
        msgpack_pack_nil (packer);
    else
        pack_number (packer, size, record->wide);
    if (more)
        msgpack_sbuffer_write (packer->data, (const char *)options, options_size);
    if (record->trailing) {
        pack_text (packer, "something of the future");
        msgpack_pack_nil (packer);
    }
}

size_t raw_write (const raw_send_t *record, uint8_t *out, size_t room)
{
    uint8_t body[PACKET_MAX / 2];
    size_t size = 0;
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    if (!record->bare && daffi_value_pack (&record->body, body, sizeof body, &size))
        return 0;
    msgpack_sbuffer_init (&buffer);
    msgpack_packer_init (&packer, &buffer, msgpack_sbuffer_write);
    pack_header (&packer, record, size);
    if (!record->frame)
        msgpack_sbuffer_write (&buffer, (const char *)body, size);
    size_t all = buffer.size <= room ? buffer.size : 0;
    memcpy (out, buffer.data, all);
    msgpack_sbuffer_destroy (&buffer);
    return all;
}

void raw_send_bytes (raw_t *self, const void *packet, size_t size, const void *frame,
                     size_t frame_size)
{
    if (self->identity_size)
        zmq_send (self->socket, self->identity, self->identity_size, ZMQ_SNDMORE);
    zmq_send (self->socket, packet, size, frame ? ZMQ_SNDMORE : 0);
    if (frame)
        zmq_send (self->socket, frame, frame_size, 0);
}

void raw_send (raw_t *self, const raw_send_t *record)
{
    uint8_t packet[PACKET_MAX], frame[PACKET_MAX];
    size_t size = raw_write (record, packet, sizeof packet);
    size_t frame_size = 0;
    if (record->frame &&
        daffi_value_pack (&record->body, frame, sizeof frame, &frame_size))
        frame_size = 0;
    raw_send_bytes (self, packet, size, record->frame ? frame : NULL, frame_size);
}

//  --- in ---------------------------------------------------------------------------

typedef struct {
    uint8_t *data;
    size_t size;
} frame_t;

enum { FRAMES_MAX = 64 };

static void copy_text (char *out, const msgpack_object *object)
{
    out[0] = '\0';
    if (object->type == MSGPACK_OBJECT_STR && object->via.str.size <= DAFFI_NAME_MAX) {
        memcpy (out, object->via.str.ptr, object->via.str.size);
        out[object->via.str.size] = '\0';
    }
}

static uint64_t number_of (const msgpack_object *object, uint64_t otherwise)
{
    return object->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? object->via.u64
                                                           : otherwise;
}

static void read_options (raw_record_t *record, const msgpack_object *map)
{
    for (uint32_t i = 0; map->type == MSGPACK_OBJECT_MAP && i < map->via.map.size;
         i++) {
        uint64_t key = number_of (&map->via.map.ptr[i].key, RAW_OPTIONS);
        if (key < RAW_OPTIONS)
            record->options[key] =
                (int64_t)number_of (&map->via.map.ptr[i].val, INT64_MAX);
    }
}

static bool read_header (raw_record_t *record, const msgpack_object *object)
{
    const msgpack_object *items = object->via.array.ptr;
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < 6)
        return false;
    for (size_t i = 0; i < RAW_OPTIONS; i++)
        record->options[i] = -1;
    record->type = number_of (&items[0], 255);
    record->id = number_of (&items[1], 0);
    copy_text (record->name, &items[2]);
    copy_text (record->peer, &items[3]);
    record->ttl_ms =
        items[4].type == MSGPACK_OBJECT_NIL ? -1 : (int64_t)number_of (&items[4], 0);
    if (object->via.array.size > 6)
        read_options (record, &items[6]);
    return true;
}

static void add_bytes (raw_record_t *record, const void *data, size_t size)
{
    uint8_t *more = realloc (record->body, record->size + size + 1);
    if (!more)
        abort ();
    if (size)
        memcpy (more + record->size, data, size);
    record->body = more;
    record->size += size;
}

static void append (raw_t *self, raw_record_t *record)
{
    raw_record_t **end = &self->first;
    while (*end)
        end = &(*end)->next;
    *end = record;
    record->value = daffi_value_nil ();
    if (record->size && daffi_value_unpack (record->body, record->size, &record->value))
        record->value = daffi_value_nil ();
}

//  One record from *offset on. NULL: what is there is none.
static raw_record_t *read_record (const frame_t *frames, size_t count, size_t *next,
                                  size_t *offset)
{
    msgpack_unpacked header;
    raw_record_t *record = calloc (1, sizeof *record);
    const frame_t *packet = &frames[0];
    msgpack_unpacked_init (&header);
    bool read = record &&
                msgpack_unpack_next (&header, (const char *)packet->data, packet->size,
                                     offset) == MSGPACK_UNPACK_SUCCESS &&
                read_header (record, &header.data);
    const msgpack_object *size = read ? &header.data.via.array.ptr[5] : NULL;
    if (read && size->type == MSGPACK_OBJECT_NIL) {
        read = *next < count;
        if (read)
            add_bytes (record, frames[*next].data, frames[*next].size);
        (*next)++;
    } else if (read) {
        size_t bytes = (size_t)number_of (size, SIZE_MAX);
        read = bytes <= packet->size - *offset;
        if (read)
            add_bytes (record, packet->data + *offset, bytes);
        *offset += read ? bytes : 0;
    }
    if (read && record->options[4] == 1) {
        read = *next < count;
        if (read)
            add_bytes (record, frames[*next].data, frames[*next].size);
        (*next)++;
    }
    msgpack_unpacked_destroy (&header);
    if (!read) {
        raw_free (record);
        return NULL;
    }
    return record;
}

static void read_message (raw_t *self, const frame_t *frames, size_t count)
{
    size_t next = 1, offset = 0;
    while (count && offset < frames[0].size) {
        raw_record_t *record = read_record (frames, count, &next, &offset);
        if (!record)
            return;
        append (self, record);
    }
}

//  False: it is dropped with its message.
static bool take_identity (raw_t *self, zmq_msg_t *message)
{
    size_t size = zmq_msg_size (message);
    if (self->settled)
        return size == self->identity_size &&
               memcmp (self->identity, zmq_msg_data (message), size) == 0;
    self->identity_size = size;
    memcpy (self->identity, zmq_msg_data (message), size);
    return true;
}

static void receive_message (raw_t *self)
{
    frame_t frames[FRAMES_MAX];
    size_t count = 0;
    bool taken = true;
    int more = 1, type = 0;
    size_t size = sizeof type;
    bool router = zmq_getsockopt (self->socket, ZMQ_TYPE, &type, &size) == 0 &&
                  type == ZMQ_ROUTER;
    for (bool first = true; more; first = false) {
        zmq_msg_t message;
        zmq_msg_init (&message);
        if (zmq_msg_recv (&message, self->socket, 0) < 0)
            break;
        more = zmq_msg_more (&message);
        if (router && first && zmq_msg_size (&message) < sizeof self->identity) {
            taken = take_identity (self, &message);
        } else if (count < FRAMES_MAX) {
            frames[count].size = zmq_msg_size (&message);
            frames[count].data = malloc (frames[count].size + 1);
            if (!frames[count].data)
                abort ();
            memcpy (frames[count].data, zmq_msg_data (&message), frames[count].size);
            count++;
        }
        zmq_msg_close (&message);
    }
    if (taken)
        read_message (self, frames, count);
    for (size_t i = 0; i < count; i++)
        free (frames[i].data);
}

raw_record_t *raw_receive (raw_t *self, int64_t timeout_ms)
{
    int64_t end_ms = now_ms () + timeout_ms;
    for (;;) {
        raw_record_t *record = self->first;
        if (record) {
            self->first = record->next;
            if (record->type != RAW_PING)
                return record;
            RAW_SEND (self, .type = RAW_PONG, .id = record->id, .bare = true);
            raw_free (record);
            continue;
        }
        int64_t left_ms = end_ms - now_ms ();
        zmq_pollitem_t item = {self->socket, 0, ZMQ_POLLIN, 0};
        if (zmq_poll (&item, 1, left_ms > 0 ? (long)left_ms : 0) <= 0)
            return NULL;
        receive_message (self);
    }
}

raw_record_t *raw_expect (raw_t *self, uint64_t type, uint64_t id, int64_t timeout_ms)
{
    int64_t end_ms = now_ms () + timeout_ms;
    for (;;) {
        int64_t left_ms = end_ms - now_ms ();
        raw_record_t *record = raw_receive (self, left_ms > 0 ? left_ms : 0);
        if (!record || (record->type == type && record->id == id))
            return record;
        raw_free (record);
    }
}

bool raw_silent (raw_t *self, uint64_t type, int64_t timeout_ms)
{
    int64_t end_ms = now_ms () + timeout_ms;
    for (;;) {
        int64_t left_ms = end_ms - now_ms ();
        raw_record_t *record = raw_receive (self, left_ms > 0 ? left_ms : 0);
        bool none = !record;
        bool other = record && record->type != type;
        raw_free (record);
        if (none || !other)
            return none;
    }
}

void raw_free (raw_record_t *record)
{
    if (record)
        free (record->body);
    free (record);
}

void raw_done (raw_t *self)
{
    while (self->first) {
        raw_record_t *next = self->first->next;
        raw_free (self->first);
        self->first = next;
    }
    if (self->socket) {
        int linger_ms = 200;
        zmq_setsockopt (self->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        zmq_close (self->socket);
    }
    self->socket = NULL;
    self->identity_size = 0;
}
