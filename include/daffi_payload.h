/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_payload.h - write functions that can be shipped to another process.
 *
 *  A payload is a shared object that holds such functions. It links with nothing of
 *  daffi: what a function needs comes through a table that its host hands in.
 *
 *      #include <daffi_payload.h>
 *      #include <unistd.h>
 *
 *      DAFFI_PAYLOAD_FUNCTION (get_pid, "() -> int")
 *      {
 *          return daffi_payload_reply (call, getpid ());
 *      }
 *
 *      cc -shared -fPIC -O2 -o get_pid.so get_pid.c
 *
 *  The body is that of a function with one parameter, `daffi_payload_call_t *call`,
 *  that returns a status: DAFFI_OK, or what it failed with. It answers once; DAFFI_OK
 *  without an answer is nil. `call` and all that was read from it are valid until it
 *  returns, and belong to the thread that was called.
 *
 *  Other languages: export, with the C ABI, `int daffi_payload_fn_NAME (call *)` for
 *  each function, the 32-bit number 1 as `daffi_payload_abi_1`, and, if you like, the
 *  signature as the NUL-terminated bytes `daffi_payload_sig_NAME`. A call is a pointer
 *  to a pointer to the table below.
 *
 *  The rest of the host process is not to be touched: no exit (), no signal handlers,
 *  no thread that outlives the call (see DAFFI_PAYLOAD_STAYS), no constructors that do
 *  more than set up memory.
 */
#ifndef DAFFI_PAYLOAD_H
#define DAFFI_PAYLOAD_H

#include <stdarg.h>
#include <stdio.h>

#include "daffi_value.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  Of the table and of daffi_value_t. A host refuses a payload of another one. */
#define DAFFI_PAYLOAD_ABI 1

typedef struct daffi_payload_call daffi_payload_call_t;

/*  What a host offers. `size` tells how much of it there is: members are added at the
 *  end and never change. Statuses are those of daffi_status.h, as int. */
typedef struct {
    uint32_t abi;
    uint32_t size;

    /*  arguments: DAFFI_OK, DAFFI_TYPE or DAFFI_NOT_FOUND */
    size_t (*count) (daffi_payload_call_t *call);
    int (*argument) (daffi_payload_call_t *call, size_t index, daffi_value_t *out);
    int (*get_bool) (daffi_payload_call_t *call, size_t index, bool *out);
    int (*get_int) (daffi_payload_call_t *call, size_t index, int64_t *out);
    int (*get_uint) (daffi_payload_call_t *call, size_t index, uint64_t *out);
    int (*get_double) (daffi_payload_call_t *call, size_t index, double *out);
    int (*get_bytes) (daffi_payload_call_t *call, size_t index, const void **data,
                      size_t *size);
    int (*get_string) (daffi_payload_call_t *call, size_t index, const char **out);

    /*  containers: as daffi_value_iterate (), _next, _item and _find */
    void (*iterate) (const daffi_value_t *value, daffi_iterator_t *out);
    bool (*next) (daffi_iterator_t *iterator, daffi_value_t *key, daffi_value_t *value);
    int (*item) (const daffi_value_t *value, size_t index, daffi_value_t *out);
    int (*find) (const daffi_value_t *value, const char *key, daffi_value_t *out);

    /*  the answer */
    int (*reply) (daffi_payload_call_t *call, const daffi_value_t *value);
    int (*reply_int) (daffi_payload_call_t *call, int64_t value);
    int (*reply_double) (daffi_payload_call_t *call, double value);
    int (*reply_text) (daffi_payload_call_t *call, const char *text, size_t size);
    int (*reply_bytes) (daffi_payload_call_t *call, const void *data, size_t size);
    int (*fail) (daffi_payload_call_t *call, const char *text, size_t size);

    /*  meanwhile */
    bool (*cancelled) (daffi_payload_call_t *call);
    int64_t (*time_left) (daffi_payload_call_t *call);
    void (*progress) (daffi_payload_call_t *call, uint64_t done, uint64_t total);
    void (*log) (daffi_payload_call_t *call, int level, const char *text, size_t size);
    bool (*is_stream) (daffi_payload_call_t *call);
    int (*receive) (daffi_payload_call_t *call, int64_t timeout_ms,
                    daffi_value_t *item);
    int (*yield) (daffi_payload_call_t *call, const daffi_value_t *item,
                  int64_t timeout_ms);

    const char *(*function) (daffi_payload_call_t *call);
    const char *(*caller) (daffi_payload_call_t *call);
} daffi_payload_host_t;

struct daffi_payload_call {
    const daffi_payload_host_t *host; /*  the rest is the host's */
};

/*  --- exporting ----------------------------------------------------------- */

#ifdef __cplusplus
#define DAFFI_PAYLOAD_C_ extern "C"
#else
#define DAFFI_PAYLOAD_C_ extern
#endif
#define DAFFI_PAYLOAD_SHOWN_ __attribute__ ((visibility ("default")))
#define DAFFI_PAYLOAD_WEAK_  __attribute__ ((weak, visibility ("default")))

#ifndef DAFFI_PAYLOAD_HOST /*  a host is no payload */
extern DAFFI_PAYLOAD_WEAK_ const uint32_t daffi_payload_abi_1;
const uint32_t daffi_payload_abi_1 = DAFFI_PAYLOAD_ABI;
#endif

/*  A function that can be called, its name (a C identifier) and the signature that is
 *  shown to people; followed by its body. */
#define DAFFI_PAYLOAD_FUNCTION(name, signature)                                  \
    DAFFI_PAYLOAD_C_ DAFFI_PAYLOAD_SHOWN_ const char daffi_payload_sig_##name[]; \
    const char daffi_payload_sig_##name[] = signature;                           \
    DAFFI_PAYLOAD_C_ DAFFI_PAYLOAD_SHOWN_ int daffi_payload_fn_##name (          \
        daffi_payload_call_t *);                                                 \
    int daffi_payload_fn_##name (DAFFI_MAYBE_UNUSED daffi_payload_call_t *call)

/*  Stands once in a payload that starts threads of its own: where it runs inside a node
 *  it is never unmapped, not even when it is unloaded. */
#define DAFFI_PAYLOAD_STAYS                                               \
    DAFFI_PAYLOAD_C_ DAFFI_PAYLOAD_SHOWN_ const char daffi_payload_stays; \
    const char daffi_payload_stays = 1

/*  --- arguments ----------------------------------------------------------- */

static inline size_t daffi_payload_count (daffi_payload_call_t *call)
{
    return call->host->count (call);
}

/*  Argument `index`: 0, DAFFI_TYPE, or DAFFI_NOT_FOUND (fewer arguments). */
static inline int daffi_payload_value (daffi_payload_call_t *call, size_t index,
                                       daffi_value_t *out)
{
    return call->host->argument (call, index, out);
}

static inline int daffi_payload_bool (daffi_payload_call_t *call, size_t index,
                                      bool *out)
{
    return call->host->get_bool (call, index, out);
}

static inline int daffi_payload_int (daffi_payload_call_t *call, size_t index,
                                     int64_t *out)
{
    return call->host->get_int (call, index, out);
}

static inline int daffi_payload_uint (daffi_payload_call_t *call, size_t index,
                                      uint64_t *out)
{
    return call->host->get_uint (call, index, out);
}

static inline int daffi_payload_double (daffi_payload_call_t *call, size_t index,
                                        double *out)
{
    return call->host->get_double (call, index, out);
}

/*  A string or a binary, borrowed. */
static inline int daffi_payload_bytes (daffi_payload_call_t *call, size_t index,
                                       const void **data, size_t *size)
{
    return call->host->get_bytes (call, index, data, size);
}

/*  NUL-terminated; DAFFI_TYPE also where the string holds a NUL byte. */
static inline int daffi_payload_string (daffi_payload_call_t *call, size_t index,
                                        const char **out)
{
    return call->host->get_string (call, index, out);
}

/*  Arrays and maps, as in daffi_value.h:
 *
 *      daffi_value_t list, item;
 *      ... daffi_payload_value (call, 0, &list) ...
 *      daffi_iterator_t it = daffi_payload_iterate (call, &list);
 *      while (daffi_payload_next (call, &it, NULL, &item)) ...                   */
static inline daffi_iterator_t daffi_payload_iterate (daffi_payload_call_t *call,
                                                      const daffi_value_t *value)
{
    daffi_iterator_t iterator;
    call->host->iterate (value, &iterator);
    return iterator;
}

static inline bool daffi_payload_next (daffi_payload_call_t *call,
                                       daffi_iterator_t *iterator, daffi_value_t *key,
                                       daffi_value_t *value)
{
    return call->host->next (iterator, key, value);
}

static inline int daffi_payload_item (daffi_payload_call_t *call,
                                      const daffi_value_t *value, size_t index,
                                      daffi_value_t *out)
{
    return call->host->item (value, index, out);
}

static inline int daffi_payload_find (daffi_payload_call_t *call,
                                      const daffi_value_t *value, const char *key,
                                      daffi_value_t *out)
{
    return call->host->find (value, key, out);
}

/*  What stands in an array or a map: 0, or DAFFI_TYPE. */
static inline int daffi_payload_as_int (const daffi_value_t *value, int64_t *out)
{
    if (value->kind != DAFFI_KIND_INT &&
        (value->kind != DAFFI_KIND_UINT || value->as.uinteger > INT64_MAX))
        return DAFFI_TYPE;
    *out = value->as.integer;
    return DAFFI_OK;
}

static inline int daffi_payload_as_double (const daffi_value_t *value, double *out)
{
    int64_t number;
    if (value->kind == DAFFI_KIND_DOUBLE)
        *out = value->as.number;
    else if (!daffi_payload_as_int (value, &number))
        *out = (double)number;
    else
        return DAFFI_TYPE;
    return DAFFI_OK;
}

/*  --- the answer ---------------------------------------------------------- */

/*  The value is copied. DAFFI_EXISTS: answered before; DAFFI_TOO_BIG: over 64 MiB. */
static inline int daffi_payload_reply_value (daffi_payload_call_t *call,
                                             daffi_value_t value)
{
    return call->host->reply (call, &value);
}

/*  return daffi_payload_fail (call, "no file '%s'", name); the caller sees DAFFI_FAILED
 *  and the text, of which 255 bytes count. */
DAFFI_PRINTF (2, 3)
static inline int daffi_payload_fail (daffi_payload_call_t *call, const char *format,
                                      ...)
{
    char text[DAFFI_TEXT_MAX + 1];
    va_list args;
    va_start (args, format);
    int size = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (size < 0)
        size = 0;
    return call->host->fail (call, text,
                             size < (int)sizeof text ? (size_t)size : sizeof text - 1);
}

/*  --- meanwhile ----------------------------------------------------------- */

/*  Nobody waits for the answer any more: return soon. */
static inline bool daffi_payload_cancelled (daffi_payload_call_t *call)
{
    return call->host->cancelled (call);
}

/*  Milliseconds until the deadline; negative = there is none. */
static inline int64_t daffi_payload_time_left (daffi_payload_call_t *call)
{
    return call->host->time_left (call);
}

/*  Tells how far the work is. A total of 0 = not known. */
static inline void daffi_payload_progress (daffi_payload_call_t *call, uint64_t done,
                                           uint64_t total)
{
    call->host->progress (call, done, total);
}

/*  One line for the log of the process that runs it; 1 = error … 4 = debug. */
DAFFI_PRINTF (3, 4)
static inline void daffi_payload_log (daffi_payload_call_t *call, int level,
                                      const char *format, ...)
{
    char text[512];
    va_list args;
    va_start (args, format);
    int size = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (size < 0)
        return;
    call->host->log (call, level, text,
                     size < (int)sizeof text ? (size_t)size : sizeof text - 1);
}

/*  The caller opened a stream: items can be received and yielded. */
static inline bool daffi_payload_is_stream (daffi_payload_call_t *call)
{
    return call->host->is_stream (call);
}

/*  The next item that the caller sends, borrowed until the next one. DAFFI_OK;
 *  DAFFI_END: none comes any more; DAFFI_PENDING after the timeout; DAFFI_CANCELLED. */
static inline int daffi_payload_receive (daffi_payload_call_t *call, int64_t timeout_ms,
                                         daffi_value_t *item)
{
    return call->host->receive (call, timeout_ms, item);
}

/*  Yields one item to the caller. DAFFI_OK; DAFFI_PENDING: not within the timeout (-1 =
 *  wait as long as it takes); DAFFI_CANCELLED; DAFFI_INVALID: it opened no stream. */
static inline int daffi_payload_yield_value (daffi_payload_call_t *call,
                                             daffi_value_t item, int64_t timeout_ms)
{
    return call->host->yield (call, &item, timeout_ms);
}

#ifndef __cplusplus
/*  return daffi_payload_reply (call, a + b); */
#define daffi_payload_reply(call, x) daffi_payload_reply_value ((call), DAFFI_VALUE (x))
#define daffi_payload_yield(call, x) \
    daffi_payload_yield_value ((call), DAFFI_VALUE (x), -1)
#endif

#ifdef __cplusplus
}
#endif
#endif
