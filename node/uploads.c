//  SPDX-License-Identifier: MPL-2.0
//  Payloads on their way in.
//
//  First the manifest, which is judged before a byte of the payload is taken; then,
//  where the payload is not here already, its bytes in pieces, in any order, since the
//  calls that bring them run in several threads. The piece that completes it is
//  answered when the whole has been checked.

#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "clock.h"
#include "failure.h"
#include "payloads.h"

typedef struct {
    daffi_link_t link;
    daffi_payload_t *payload;
    const daffi_trust_t *trust;
    daffi_blob_t *bytes;
    bool *arrived;  //  one a piece
    uint32_t missing;
    uint32_t writing;  //  threads that copy into it at the moment
    int64_t used_ms;
    char caller[DAFFI_NAME_MAX + 1];
} upload_t;

static void destroy (upload_t *upload)
{
    daffi_link_remove (&upload->link);
    daffi_payload_destroy (&upload->payload);
    daffi_blob_unref (upload->bytes);
    free (upload->arrived);
    free (upload);
}

void daffi_payloads_forget_uploads (daffi_payloads_t *self)
{
    DAFFI_LIST_EACH (&self->uploads, link, follower)
        destroy (daffi_container (link, upload_t, link));
}

static daffi_status_t answer (daffi_request_t *request, bool have)
{
    return daffi_request_reply (request, DAFFI_MAP ("have", daffi_value_bool (have),
                                                    "chunk", (int)DAFFI_CHUNK_BYTES,
                                                    "window", (int)DAFFI_CHUNK_WINDOW));
}

static daffi_status_t refuse (daffi_payloads_t *self, daffi_request_t *request,
                              const daffi_payload_t *payload,
                              const daffi_error_t *error)
{
    daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.refused",
               "hash=%s caller=%s status=%s text=%s",
               payload ? payload->hash_text : "unknown", daffi_request_caller (request),
               daffi_status_name (error->status), error->text);
    return daffi_payloads_refuse (request, error);
}

//  --- the whole ----------------------------------------------------------------------

static daffi_status_t accept (daffi_payloads_t *self, daffi_request_t *request,
                              daffi_payload_t *payload, const daffi_trust_t *trust,
                              daffi_blob_t *bytes)
{
    daffi_error_t error;
    daffi_held_t *held = NULL;
    if (daffi_payload_fill (payload, bytes, &error) ||
        daffi_vault_put (&self->vault, payload, trust, daffi_request_caller (request),
                         &held, &error))
        return refuse (self, request, payload, &error);
    daffi_held_unref (held);
    daffi_log (&self->log, DAFFI_LOG_INFO, "payload.accepted",
               "hash=%s name=%s version=%s size=%llu signer=%s caller=%s",
               payload->hash_text, payload->info.name, payload->info.version,
               (unsigned long long)payload->info.size_bytes,
               payload->info.signer ? payload->info.signer : "none",
               daffi_request_caller (request));
    return answer (request, true);
}

//  --- offers -------------------------------------------------------------------------

//  Locked.
static upload_t *find (daffi_payloads_t *self, const uint8_t *hash, const char *caller)
{
    DAFFI_LIST_EACH (&self->uploads, link, follower) {
        upload_t *upload = daffi_container (link, upload_t, link);
        if (memcmp (upload->payload->hash, hash, DAFFI_HASH_SIZE) == 0 &&
            strcmp (upload->caller, caller) == 0)
            return upload;
    }
    return NULL;
}

//  Locked. Room for one more: those that nobody goes on with make way.
static daffi_status_t make_room (daffi_payloads_t *self, uint64_t size,
                                 daffi_error_t *error)
{
    int64_t now_ms = daffi_clock_ms ();
    uint32_t count = 0;
    DAFFI_LIST_EACH (&self->uploads, link, follower) {
        upload_t *upload = daffi_container (link, upload_t, link);
        if (!upload->writing && now_ms - upload->used_ms > DAFFI_UPLOAD_IDLE_MS) {
            destroy (upload);
            continue;
        }
        count++;
        size += upload->bytes->size;
    }
    if (count >= DAFFI_UPLOADS_MAX || size > self->policy.options.memory_bytes)
        return daffi_fail (error, DAFFI_BUSY,
                           "too many payloads are on their way to this process");
    return DAFFI_OK;
}

static uint32_t pieces_of (uint64_t size)
{
    return (uint32_t)((size + DAFFI_CHUNK_BYTES - 1) / DAFFI_CHUNK_BYTES);
}

//  Takes the payload.
static daffi_status_t begin (daffi_payloads_t *self, daffi_request_t *request,
                             daffi_payload_t *payload, const daffi_trust_t *trust)
{
    daffi_error_t error;
    const char *caller = daffi_request_caller (request);
    pthread_mutex_lock (&self->lock);
    daffi_status_t status = DAFFI_OK;
    if (!find (self, payload->hash, caller)) {
        daffi_blob_t *bytes = NULL;
        status = make_room (self, payload->read.size, &error);
        if (!status && !(bytes = daffi_blob_new ((size_t)payload->read.size)))
            status = daffi_fail (&error, DAFFI_NO_MEMORY, "no memory for the payload");
        if (!status) {
            upload_t *upload = daffi_new (sizeof *upload);
            upload->payload = daffi_payload_ref (payload);
            upload->trust = trust;
            upload->bytes = bytes;
            upload->missing = pieces_of (payload->read.size);
            upload->arrived = daffi_new (upload->missing * sizeof *upload->arrived);
            upload->used_ms = daffi_clock_ms ();
            daffi_name_copy (upload->caller, daffi_text_of (caller));
            daffi_list_append (&self->uploads, &upload->link);
        }
    }
    pthread_mutex_unlock (&self->lock);
    return status ? refuse (self, request, payload, &error) : answer (request, false);
}

static const uint8_t *optional (daffi_request_t *request, size_t index, size_t size)
{
    const void *data;
    size_t length;
    if (daffi_request_bytes (request, index, &data, &length) || length != size)
        return NULL;
    return data;
}

static daffi_status_t take_offer (daffi_payloads_t *self, daffi_request_t *request,
                                  daffi_payload_t *payload)
{
    daffi_error_t error;
    const daffi_trust_t *trust;
    const void *data;
    size_t size;
    if (daffi_transfer_policy_judge (&self->policy, payload, time (NULL), &trust,
                                     &error))
        return refuse (self, request, payload, &error);
    daffi_held_t *held = daffi_payloads_find (self, payload->hash, &error);
    if (held) {
        daffi_held_unref (held);
        return answer (request, true);
    }
    if (payload->read.size == 0) {
        daffi_fail (&error, DAFFI_BAD_PAYLOAD, "the payload is empty");
        return refuse (self, request, payload, &error);
    }
    if (daffi_request_bytes (request, 3, &data, &size))
        return begin (self, request, payload, trust);
    daffi_blob_t *bytes = daffi_blob_copy (data, size);
    if (!bytes)
        return DAFFI_NO_MEMORY;
    return accept (self, request, payload, trust, bytes);
}

//  [manifest, key | nil, signature | nil, ?bytes]
daffi_status_t daffi_payloads_offer (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size)) {
        daffi_fail (&error, DAFFI_INVALID, "the first argument must be a manifest");
        return daffi_payloads_refuse (request, &error);
    }
    daffi_payload_t *payload =
        daffi_payload_announced (data, size, optional (request, 1, DAFFI_KEY_SIZE),
                                 optional (request, 2, DAFFI_SIGNATURE_SIZE), &error);
    if (!payload)
        return refuse (self, request, NULL, &error);
    daffi_status_t status = take_offer (self, request, payload);
    daffi_payload_destroy (&payload);
    return status;
}

//  --- pieces -------------------------------------------------------------------------

//  Locked. The upload, if this piece belongs to it.
static upload_t *place (daffi_payloads_t *self, const uint8_t *hash, const char *caller,
                        uint64_t offset, size_t size)
{
    upload_t *upload = find (self, hash, caller);
    if (!upload || offset >= upload->bytes->size || offset % DAFFI_CHUNK_BYTES)
        return NULL;
    uint64_t rest = upload->bytes->size - offset;
    return size == (rest < DAFFI_CHUNK_BYTES ? rest : DAFFI_CHUNK_BYTES) ? upload
                                                                         : NULL;
}

//  Copies the piece, unlocked, and returns the upload if it was the last one: out of
//  the list, and the caller's.
static upload_t *write_piece (daffi_payloads_t *self, upload_t *upload, uint64_t offset,
                              const void *data, size_t size)
{
    bool *arrived = &upload->arrived[offset / DAFFI_CHUNK_BYTES];
    upload->used_ms = daffi_clock_ms ();
    if (*arrived)
        return NULL;
    *arrived = true;
    upload->writing++;
    pthread_mutex_unlock (&self->lock);
    memcpy ((uint8_t *)upload->bytes->data + offset, data, size);
    pthread_mutex_lock (&self->lock);
    upload->writing--;
    upload->missing--;
    if (upload->missing)
        return NULL;
    daffi_link_remove (&upload->link);
    return upload;
}

//  [hash, offset, bytes]
daffi_status_t daffi_payloads_put (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    uint64_t offset;
    const void *data;
    size_t size;
    upload_t *complete = NULL;
    const uint8_t *hash = daffi_payloads_hash_of (request);
    if (!hash)
        return DAFFI_INVALID;
    bool sound = !daffi_request_uint (request, 1, &offset) &&
                 !daffi_request_bytes (request, 2, &data, &size);
    pthread_mutex_lock (&self->lock);
    upload_t *upload =
        sound ? place (self, hash, daffi_request_caller (request), offset, size) : NULL;
    if (upload)
        complete = write_piece (self, upload, offset, data, size);
    pthread_mutex_unlock (&self->lock);
    if (!upload) {
        daffi_fail (&error, DAFFI_INVALID, "no such piece of a payload is expected");
        return daffi_payloads_refuse (request, &error);
    }
    if (!complete)
        return answer (request, false);
    daffi_status_t status = accept (self, request, complete->payload, complete->trust,
                                    daffi_blob_ref (complete->bytes));
    destroy (complete);
    return status;
}
