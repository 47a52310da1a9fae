//  SPDX-License-Identifier: MPL-2.0
//  The bodies of the protocol's own records. Field by field, in the order of
//  PROTOCOL.md.

#include "bodies.h"

#include "daffi_presence.h"

//  --- reading by key: a missing key leaves the output alone ------------------------

daffi_text_t daffi_value_text_of (const daffi_value_t *value)
{
    if (value->kind != DAFFI_KIND_STRING)
        return daffi_text ("", 0);
    return daffi_text (value->as.string, value->size);
}

static daffi_status_t key_uint (const daffi_value_t *map, const char *key,
                                uint64_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_value_find (map, key, &value);
    if (status)
        return status == DAFFI_NOT_FOUND ? DAFFI_OK : DAFFI_PROTOCOL;
    return daffi_value_get_uint (&value, out) ? DAFFI_PROTOCOL : DAFFI_OK;
}

static daffi_status_t key_bool (const daffi_value_t *map, const char *key, bool *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_value_find (map, key, &value);
    if (status)
        return status == DAFFI_NOT_FOUND ? DAFFI_OK : DAFFI_PROTOCOL;
    return daffi_value_get_bool (&value, out) ? DAFFI_PROTOCOL : DAFFI_OK;
}

static daffi_status_t key_text (const daffi_value_t *map, const char *key,
                                daffi_text_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_value_find (map, key, &value);
    if (status)
        return status == DAFFI_NOT_FOUND ? DAFFI_OK : DAFFI_PROTOCOL;
    *out = daffi_value_text_of (&value);
    return value.kind == DAFFI_KIND_STRING ? DAFFI_OK : DAFFI_PROTOCOL;
}

//  Exactly DAFFI_INCARNATION_SIZE bytes.
static daffi_status_t key_incarnation (const daffi_value_t *map, const char *key,
                                       uint8_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_value_find (map, key, &value);
    if (status)
        return status == DAFFI_NOT_FOUND ? DAFFI_OK : DAFFI_PROTOCOL;
    const void *data;
    size_t size;
    if (daffi_value_get_bytes (&value, &data, &size) || size != DAFFI_INCARNATION_SIZE)
        return DAFFI_PROTOCOL;
    memcpy (out, data, size);
    return DAFFI_OK;
}

static daffi_status_t key_array (const daffi_value_t *map, const char *key,
                                 daffi_value_t *out)
{
    daffi_value_t value;
    daffi_status_t status = daffi_value_find (map, key, &value);
    if (status)
        return status == DAFFI_NOT_FOUND ? DAFFI_OK : DAFFI_PROTOCOL;
    if (value.kind != DAFFI_KIND_ARRAY)
        return DAFFI_PROTOCOL;
    *out = value;
    return DAFFI_OK;
}

static daffi_status_t open_map (const void *body, size_t size, daffi_value_t *out)
{
    if (daffi_value_unpack (body, size, out) || out->kind != DAFFI_KIND_MAP)
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}

static void write_incarnation (daffi_buffer_t *out, const uint8_t *incarnation)
{
    daffi_write_binary_head (out, DAFFI_INCARNATION_SIZE);
    daffi_buffer_append (out, incarnation, DAFFI_INCARNATION_SIZE);
}

//  --- HELLO ------------------------------------------------------------------------

void daffi_write_hello (daffi_buffer_t *out, const daffi_hello_t *hello)
{
    daffi_write_map (out, 11);
    daffi_write_key_uint (out, "min", hello->min);
    daffi_write_key_uint (out, "max", hello->max);
    daffi_write_string (out, "features");
    daffi_write_array (out, 0);
    daffi_write_string (out, "incarnation");
    write_incarnation (out, hello->incarnation);
    daffi_write_key_uint (out, "heartbeat_ms", hello->heartbeat_ms);
    daffi_write_key_uint (out, "timeout_ms", hello->timeout_ms);
    daffi_write_key_uint (out, "capacity", hello->capacity);
    daffi_write_string (out, "takeover");
    daffi_write_bool (out, hello->takeover);
    daffi_write_key_text (out, "language", hello->language);
    daffi_write_key_text (out, "version", hello->version);
    daffi_write_string (out, "functions");
}

daffi_status_t daffi_read_hello (const void *body, size_t size, daffi_hello_t *out)
{
    memset (out, 0, sizeof *out);
    out->language = out->version = daffi_text ("", 0);
    daffi_value_t map;
    if (open_map (body, size, &map) || key_uint (&map, "min", &out->min) ||
        key_uint (&map, "max", &out->max) ||
        key_incarnation (&map, "incarnation", out->incarnation) ||
        key_uint (&map, "heartbeat_ms", &out->heartbeat_ms) ||
        key_uint (&map, "timeout_ms", &out->timeout_ms) ||
        key_uint (&map, "capacity", &out->capacity) ||
        key_bool (&map, "takeover", &out->takeover) ||
        key_text (&map, "language", &out->language) ||
        key_text (&map, "version", &out->version) ||
        key_array (&map, "functions", &out->functions))
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}

void daffi_write_offer_body (daffi_buffer_t *out, const daffi_offer_body_t *offer)
{
    bool more = offer->doc.size || offer->limit;
    daffi_write_array (out, more ? 4 : 2);
    daffi_write_text (out, offer->name);
    daffi_write_text (out, offer->signature);
    if (!more)
        return;
    daffi_write_text (out, offer->doc);
    daffi_write_uint (out, offer->limit);
}

void daffi_write_offer (daffi_buffer_t *out, daffi_text_t name, daffi_text_t signature)
{
    daffi_offer_body_t offer = {name, signature, daffi_text ("", 0), 0};
    daffi_write_offer_body (out, &offer);
}

daffi_status_t daffi_read_offer (const daffi_value_t *element, daffi_offer_body_t *out)
{
    daffi_value_t item;
    if (daffi_value_item (element, 0, &item) || item.kind != DAFFI_KIND_STRING)
        return DAFFI_PROTOCOL;
    out->name = daffi_value_text_of (&item);
    out->signature = out->doc = daffi_text ("", 0);
    out->limit = 0;
    if (!daffi_value_item (element, 1, &item))
        out->signature = daffi_value_text_of (&item);
    if (!daffi_value_item (element, 2, &item))
        out->doc = daffi_value_text_of (&item);
    if (!daffi_value_item (element, 3, &item) &&
        daffi_value_get_uint (&item, &out->limit))
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}

//  --- WELCOME ----------------------------------------------------------------------

void daffi_write_welcome (daffi_buffer_t *out, const daffi_welcome_t *welcome)
{
    daffi_write_map (out, 7);
    daffi_write_key_uint (out, "protocol", welcome->protocol);
    daffi_write_string (out, "features");
    daffi_write_array (out, 0);
    daffi_write_string (out, "epoch");
    write_incarnation (out, welcome->epoch);
    daffi_write_key_uint (out, "heartbeat_ms", welcome->heartbeat_ms);
    daffi_write_key_uint (out, "timeout_ms", welcome->timeout_ms);
    daffi_write_key_uint (out, "clock_ms", welcome->clock_ms);
    daffi_write_string (out, "limits");
    daffi_write_map (out, 3);
    daffi_write_key_uint (out, "message", welcome->message_max);
    daffi_write_key_uint (out, "calls", welcome->calls_max);
    daffi_write_key_uint (out, "functions", welcome->functions_max);
}

daffi_status_t daffi_read_welcome (const void *body, size_t size, daffi_welcome_t *out)
{
    memset (out, 0, sizeof *out);
    daffi_value_t map, limits;
    if (open_map (body, size, &map) || key_uint (&map, "protocol", &out->protocol) ||
        key_incarnation (&map, "epoch", out->epoch) ||
        key_uint (&map, "heartbeat_ms", &out->heartbeat_ms) ||
        key_uint (&map, "timeout_ms", &out->timeout_ms) ||
        key_uint (&map, "clock_ms", &out->clock_ms))
        return DAFFI_PROTOCOL;
    if (daffi_value_find (&map, "limits", &limits))
        return DAFFI_OK;
    if (key_uint (&limits, "message", &out->message_max) ||
        key_uint (&limits, "calls", &out->calls_max) ||
        key_uint (&limits, "functions", &out->functions_max))
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}

//  --- UPDATE -----------------------------------------------------------------------

void daffi_write_add (daffi_buffer_t *out, const daffi_offer_body_t *offer)
{
    daffi_write_map (out, 1);
    daffi_write_string (out, "add");
    daffi_write_array (out, 1);
    daffi_write_offer_body (out, offer);
}

void daffi_write_remove (daffi_buffer_t *out, daffi_text_t name)
{
    daffi_write_map (out, 1);
    daffi_write_string (out, "remove");
    daffi_write_array (out, 1);
    daffi_write_text (out, name);
}

daffi_status_t daffi_read_update (const void *body, size_t size, daffi_update_t *out)
{
    memset (out, 0, sizeof *out);
    out->capacity = UINT64_MAX;
    daffi_value_t map;
    if (open_map (body, size, &map) || key_array (&map, "add", &out->add) ||
        key_array (&map, "remove", &out->remove) ||
        key_uint (&map, "capacity", &out->capacity))
        return DAFFI_PROTOCOL;
    out->has_capacity = out->capacity != UINT64_MAX;
    return DAFFI_OK;
}

//  --- EVENT ------------------------------------------------------------------------

void daffi_write_event (daffi_buffer_t *out, const daffi_event_body_t *event)
{
    daffi_write_map (out, 5);
    daffi_write_key_uint (out, "type", event->type);
    daffi_write_key_text (out, "process", event->process);
    daffi_write_key_text (out, "function", event->function);
    daffi_write_key_text (out, "signature", event->signature);
    daffi_write_key_uint (out, "reason", event->reason);
}

daffi_status_t daffi_read_event (const void *body, size_t size, daffi_event_body_t *out)
{
    memset (out, 0, sizeof *out);
    out->process = out->function = out->signature = daffi_text ("", 0);
    daffi_value_t map;
    if (open_map (body, size, &map) || key_uint (&map, "type", &out->type) ||
        key_text (&map, "process", &out->process) ||
        key_text (&map, "function", &out->function) ||
        key_text (&map, "signature", &out->signature) ||
        key_uint (&map, "reason", &out->reason))
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}

const char *daffi_left_reason_name (daffi_left_reason_t reason)
{
    switch (reason) {
    case DAFFI_LEFT_GOODBYE:
        return "goodbye";
    case DAFFI_LEFT_LOST:
        return "lost";
    case DAFFI_LEFT_SUPERSEDED:
        return "superseded";
    case DAFFI_LEFT_EXPIRED:
        return "expired";
    }
    return "unknown";
}

//  --- PROGRESS ---------------------------------------------------------------------

void daffi_write_progress (daffi_buffer_t *out, const daffi_progress_body_t *progress)
{
    daffi_write_array (out, 3);
    daffi_write_uint (out, progress->done);
    daffi_write_uint (out, progress->total);
    daffi_write_text (out, progress->text);
}

daffi_status_t daffi_read_progress (const void *body, size_t size,
                                    daffi_progress_body_t *out)
{
    daffi_value_t list, item;
    memset (out, 0, sizeof *out);
    if (daffi_value_unpack (body, size, &list) || list.kind != DAFFI_KIND_ARRAY ||
        daffi_value_item (&list, 0, &item) ||
        daffi_value_get_uint (&item, &out->done) ||
        daffi_value_item (&list, 1, &item) ||
        daffi_value_get_uint (&item, &out->total) || daffi_value_item (&list, 2, &item))
        return DAFFI_PROTOCOL;
    out->text = daffi_value_text_of (&item);
    return DAFFI_OK;
}

//  --- PONG -------------------------------------------------------------------------

void daffi_write_clock (daffi_buffer_t *out, uint64_t clock_ms)
{
    daffi_write_map (out, 1);
    daffi_write_key_uint (out, "clock_ms", clock_ms);
}

daffi_status_t daffi_read_clock (const void *body, size_t size, uint64_t *clock_ms)
{
    daffi_value_t map;
    *clock_ms = UINT64_MAX;
    if (open_map (body, size, &map) || key_uint (&map, "clock_ms", clock_ms) ||
        *clock_ms == UINT64_MAX)
        return DAFFI_PROTOCOL;
    return DAFFI_OK;
}
