/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_request.h - inside a callback: arguments, answers, streams.
 *
 *  The request is valid until its callback returns. Part of daffi.h, whose conventions
 *  count here.
 */
#ifndef DAFFI_API_REQUEST_H
#define DAFFI_API_REQUEST_H

#include "daffi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  How many arguments there are, and the name that was called. */
DAFFI_EXPORT size_t daffi_request_count (const daffi_request_t *self);
DAFFI_EXPORT const char *daffi_request_function (const daffi_request_t *self);
/*  The process that calls, as the controller knows it. */
DAFFI_EXPORT const char *daffi_request_caller (const daffi_request_t *self);
/*  The Global that this callback runs in: for calls further on. */
DAFFI_EXPORT daffi_global_t *daffi_request_global (const daffi_request_t *self);

/*  Read argument `index`: DAFFI_OK, DAFFI_TYPE, or DAFFI_NOT_FOUND (fewer arguments).
 */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_value (const daffi_request_t *self, size_t index, daffi_value_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_bool (const daffi_request_t *self, size_t index, bool *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_int (const daffi_request_t *self, size_t index, int64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_uint (const daffi_request_t *self, size_t index, uint64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_double (const daffi_request_t *self, size_t index, double *out);
/*  NUL-terminated, a copy that the request owns. DAFFI_TYPE also where the string holds
 *  a NUL byte. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_string (daffi_request_t *self,
                                                                 size_t index,
                                                                 const char **out);
/*  A string or a binary, borrowed from the received frame. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_bytes (
    const daffi_request_t *self, size_t index, const void **data, size_t *size);

/*  Nobody waits for the answer any more: cancelled, timed out, or the caller is gone.
 */
DAFFI_EXPORT bool daffi_request_cancelled (daffi_request_t *self);
/*  Readable once that is so; owned by the request; -1 where no descriptor is left. */
DAFFI_EXPORT int daffi_request_cancel_fd (daffi_request_t *self);
/*  Milliseconds until the deadline, 0 = passed, DAFFI_FOREVER = there is none. */
DAFFI_EXPORT int64_t daffi_request_time_left (daffi_request_t *self);

/*  Tells the caller how far it is: `done` of `total` (0: not known) and a text, format
 *  NULL for none. The caller sees the last one; those that come too fast are left out.
 *  DAFFI_OK, or DAFFI_CANCELLED: nobody waits for it any more. Not inline. Never
 *  blocks. */
DAFFI_EXPORT daffi_status_t daffi_request_progress (daffi_request_t *self,
                                                    uint64_t done, uint64_t total,
                                                    const char *format, ...)
    DAFFI_PRINTF (4, 5);

/*  The caller opened a stream: items can be received and yielded. */
DAFFI_EXPORT bool daffi_request_is_stream (const daffi_request_t *self);

/*  The next item that the caller sends, borrowed until the next one is received or the
 *  callback returns. DAFFI_OK; DAFFI_END: none comes any more (at once where the call
 *  is no stream); DAFFI_PENDING after the timeout; DAFFI_CANCELLED. One thread receives
 *  and one yields, both before the callback returns; not inline. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_receive (daffi_request_t *self,
                                                                  int64_t timeout_ms,
                                                                  daffi_value_t *item);

/*  Yields one item to the caller. DAFFI_OK; DAFFI_PENDING: it has not read enough
 *  within the timeout (0 = do not wait), and the item was not sent; DAFFI_CANCELLED: it
 *  reads no more; DAFFI_INVALID: it opened no stream. As above. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_yield_value (
    daffi_request_t *self, daffi_value_t item, int64_t timeout_ms);
#ifndef __cplusplus
/*  Waits as long as it takes, or until the caller reads no more. */
#define daffi_request_yield(request, x) \
    daffi_request_yield_value ((request), DAFFI_VALUE (x), DAFFI_FOREVER)
#endif

/*  The same for a binary that goes by reference, released as daffi_call_start_take ()
 *  does it, also where it could not be yielded; but with DAFFI_PENDING nothing was
 *  taken. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_yield_take (daffi_request_t *self, void *data, size_t size,
                          daffi_free_fn *free_fn, void *hint, int64_t timeout_ms);

/*  Answers. DAFFI_EXISTS: answered before; DAFFI_TOO_BIG: over 64 MiB; DAFFI_INVALID: a
 *  raw value that is not msgpack. */
DAFFI_EXPORT daffi_status_t daffi_request_reply_value (daffi_request_t *self,
                                                       daffi_value_t value);
#ifndef __cplusplus
/*  return daffi_request_reply (request, a + b); */
#define daffi_request_reply(request, x) \
    daffi_request_reply_value ((request), DAFFI_VALUE (x))
#endif
/*  A binary that travels by reference, released as in daffi_call_start_take (). */
DAFFI_EXPORT daffi_status_t daffi_request_reply_take (daffi_request_t *self, void *data,
                                                      size_t size,
                                                      daffi_free_fn *free_fn,
                                                      void *hint);

/*  Answers with an error; the caller sees status DAFFI_FAILED, or the one given, and
 *  the text. Returns that status, so that a callback can end with it. */
DAFFI_EXPORT daffi_status_t daffi_request_fail (daffi_request_t *self,
                                                const char *format, ...)
    DAFFI_PRINTF (2, 3);
DAFFI_EXPORT daffi_status_t daffi_request_fail_with (daffi_request_t *self,
                                                     daffi_status_t status,
                                                     const char *format, ...)
    DAFFI_PRINTF (3, 4);

/*  --- several arguments at once ------------------------------------------- */

/*  Where an argument goes. `optional`: nil, or fewer arguments, leave it as it is. */
typedef enum {
    DAFFI_INTO_BOOL = 1,
    DAFFI_INTO_INT = 2,
    DAFFI_INTO_UINT = 3,
    DAFFI_INTO_DOUBLE = 4,
    DAFFI_INTO_STRING = 5,
    DAFFI_INTO_VALUE = 6
} daffi_into_kind_t;
typedef struct {
    daffi_into_kind_t kind;
    uint32_t size; /*  of the integer, in bytes */
    bool optional;
    void *out;
} daffi_into_t;

/*  Reads the first `count` arguments. DAFFI_OK; else the request is answered with
 *  DAFFI_TYPE and a text that names the argument, nothing was written, and the callback
 *  can return what this does. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_read_into (daffi_request_t *self, const daffi_into_t *into, size_t count);

#ifndef __cplusplus
/*  NOLINTBEGIN(readability-non-const-parameter): the library writes there */
static inline daffi_into_t daffi_into_bool (bool *out)
{
    daffi_into_t self = {DAFFI_INTO_BOOL, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_int (int *out)
{
    daffi_into_t self = {DAFFI_INTO_INT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_long (long *out)
{
    daffi_into_t self = {DAFFI_INTO_INT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_llong (long long *out)
{
    daffi_into_t self = {DAFFI_INTO_INT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_unsigned (unsigned *out)
{
    daffi_into_t self = {DAFFI_INTO_UINT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_ulong (unsigned long *out)
{
    daffi_into_t self = {DAFFI_INTO_UINT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_ullong (unsigned long long *out)
{
    daffi_into_t self = {DAFFI_INTO_UINT, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_double (double *out)
{
    daffi_into_t self = {DAFFI_INTO_DOUBLE, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_string (const char **out)
{
    daffi_into_t self = {DAFFI_INTO_STRING, sizeof *out, false, out};
    return self;
}
static inline daffi_into_t daffi_into_value (daffi_value_t *out)
{
    daffi_into_t self = {DAFFI_INTO_VALUE, sizeof *out, false, out};
    return self;
}
/*  NOLINTEND(readability-non-const-parameter) */
static inline daffi_into_t daffi_into_same (daffi_into_t into)
{
    return into;
}

/*  1 to 16 pointers to: bool, an integer of 32 or 64 bits, double, const char * (as
 *  daffi_request_string ()), daffi_value_t. An integer that does not fit is refused.
 *
 *      int64_t width, height = 80;
 *      const char *title;
 *      daffi_status_t status =
 *          daffi_request_read (request, &title, &width, DAFFI_OPTIONAL (&height));
 *      if (status)
 *          return status;                                                          */
#define daffi_request_read(request, ...)                            \
    daffi_request_read_into ((request), DAFFI_INTOS_ (__VA_ARGS__), \
                             DAFFI_COUNT_ (__VA_ARGS__))
#define DAFFI_OPTIONAL(x) daffi_into_optional (DAFFI_INTO (x))

static inline daffi_into_t daffi_into_optional (daffi_into_t into)
{
    into.optional = true;
    return into;
}

#define DAFFI_INTO(x) \
    _Generic ((x), bool *: daffi_into_bool \
              , int *: daffi_into_int \
              , long *: daffi_into_long \
              , long long *: daffi_into_llong \
              , unsigned *: daffi_into_unsigned \
              , unsigned long *: daffi_into_ulong \
              , unsigned long long *: daffi_into_ullong \
              , double *: daffi_into_double \
              , const char **: daffi_into_string \
              , daffi_value_t *: daffi_into_value \
              , daffi_into_t: daffi_into_same) (x)

/* clang-format off */
#define DAFFI_INTOS_(...) \
    ((const daffi_into_t[]){DAFFI_INTOS_2_ (DAFFI_COUNT_ (__VA_ARGS__), __VA_ARGS__)})
#define DAFFI_INTOS_2_(count, ...) DAFFI_INTOS_3_ (count, __VA_ARGS__)
#define DAFFI_INTOS_3_(count, ...) DAFFI_EACH_##count##_ (__VA_ARGS__)
#define DAFFI_EACH_1_(a)       DAFFI_INTO (a)
#define DAFFI_EACH_2_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_1_ (__VA_ARGS__)
#define DAFFI_EACH_3_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_2_ (__VA_ARGS__)
#define DAFFI_EACH_4_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_3_ (__VA_ARGS__)
#define DAFFI_EACH_5_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_4_ (__VA_ARGS__)
#define DAFFI_EACH_6_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_5_ (__VA_ARGS__)
#define DAFFI_EACH_7_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_6_ (__VA_ARGS__)
#define DAFFI_EACH_8_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_7_ (__VA_ARGS__)
#define DAFFI_EACH_9_(a, ...)  DAFFI_INTO (a), DAFFI_EACH_8_ (__VA_ARGS__)
#define DAFFI_EACH_10_(a, ...) DAFFI_INTO (a), DAFFI_EACH_9_ (__VA_ARGS__)
#define DAFFI_EACH_11_(a, ...) DAFFI_INTO (a), DAFFI_EACH_10_ (__VA_ARGS__)
#define DAFFI_EACH_12_(a, ...) DAFFI_INTO (a), DAFFI_EACH_11_ (__VA_ARGS__)
#define DAFFI_EACH_13_(a, ...) DAFFI_INTO (a), DAFFI_EACH_12_ (__VA_ARGS__)
#define DAFFI_EACH_14_(a, ...) DAFFI_INTO (a), DAFFI_EACH_13_ (__VA_ARGS__)
#define DAFFI_EACH_15_(a, ...) DAFFI_INTO (a), DAFFI_EACH_14_ (__VA_ARGS__)
#define DAFFI_EACH_16_(a, ...) DAFFI_INTO (a), DAFFI_EACH_15_ (__VA_ARGS__)
/* clang-format on */
#endif

#ifdef __cplusplus
}
#endif
#endif
