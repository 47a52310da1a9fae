/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_stream.h - calls that items go with, both ways.
 *
 *  Part of daffi.h, whose conventions count here. The function's side of a stream
 *  stands in daffi_request.h.
 */
#ifndef DAFFI_API_STREAM_H
#define DAFFI_API_STREAM_H

#include "daffi_call.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  A call that items go with, both ways: the caller sends some to the function, the
 *  function yields some to the caller, and its result comes at the end. Each end may be
 *  512 items or 4 MiB ahead of the other, whichever comes first (one larger item goes
 *  alone); then it waits until the other has read. Items are in order. */
typedef struct daffi_stream daffi_stream_t;

/*  Begins a call, as daffi_call_start () does, and never tries again by itself. The
 *  timeout counts for the whole of it: give one that is long enough. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_stream_t *
daffi_stream_open (daffi_global_t *self, const char *function, daffi_args_t args,
                   const daffi_call_options_t *options, daffi_error_t *error);

/*  Sends one item. DAFFI_OK: it is on its way; DAFFI_PENDING: the function has not read
 *  enough within the timeout (0 = do not wait), and the item was not sent; DAFFI_END:
 *  the call is over, see daffi_stream_wait (); TOO_BIG, INVALID as for arguments,
 *  INVALID also after daffi_stream_send_end (); DEADLOCK in an inline callback. One
 *  thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_send_value (
    daffi_stream_t *self, daffi_value_t item, int64_t timeout_ms, daffi_error_t *error);
#ifndef __cplusplus
#define daffi_stream_send(stream, x, timeout_ms, error) \
    daffi_stream_send_value ((stream), DAFFI_VALUE (x), (timeout_ms), (error))
#endif
/*  The same for a binary that goes by reference: `data` is not copied where it is
 *  large, and is released as daffi_call_start_take () does it, also where it could not
 *  be sent. With DAFFI_PENDING nothing was taken: it is still yours, to be sent again
 *  or not. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_send_take (
    daffi_stream_t *self, void *data, size_t size, daffi_free_fn *free_fn, void *hint,
    int64_t timeout_ms, daffi_error_t *error);
/*  No more items come: the function's daffi_request_receive () gets DAFFI_END. */
DAFFI_EXPORT void daffi_stream_send_end (daffi_stream_t *self);

/*  The next item that the function yielded, the caller's to destroy. DAFFI_OK;
 *  DAFFI_PENDING after the timeout; DAFFI_END: the function has ended well, its result
 *  is there; or the error that it ended with. One thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_receive (daffi_stream_t *self,
                                                                 int64_t timeout_ms,
                                                                 daffi_result_t **item,
                                                                 daffi_error_t *error);

#ifndef __cplusplus
/*  The items as they come, each destroyed behind the loop's body; ends with the stream,
 *  or where none comes within the timeout, which daffi_stream_wait () then tells:
 *
 *      DAFFI_STREAM_EACH (item, stream, 5000)
 *          print (daffi_result_value (item));
 *      if (daffi_stream_wait (stream, 0, &error)) ...                              */
#define DAFFI_STREAM_EACH(item, stream, timeout_ms) \
    for (DAFFI_AUTO (daffi_result) * (item) = NULL; \
         daffi_stream_next_ ((stream), (timeout_ms), &(item));)
static inline bool daffi_stream_next_ (daffi_stream_t *self, int64_t timeout_ms,
                                       daffi_result_t **item)
{
    daffi_result_destroy (item);
    return daffi_stream_receive (self, timeout_ms, item, NULL) == DAFFI_OK;
}
#endif

/*  The outcome of the call, as daffi_future_wait (), and its result. A function waits
 *  for room once 512 items are not read: read them, or destroy the stream. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_wait (daffi_stream_t *self,
                                                              int64_t timeout_ms,
                                                              daffi_error_t *error);
/*  As daffi_future_value () and daffi_future_process (). */
DAFFI_EXPORT const daffi_value_t *daffi_stream_value (daffi_stream_t *self);
DAFFI_EXPORT const char *daffi_stream_process (daffi_stream_t *self);

/*  As daffi_future_progress (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_stream_progress (daffi_stream_t *self, daffi_progress_t *progress);

/*  For poll () and its like, with timeouts of 0: readable while daffi_stream_receive ()
 *  has something to tell (an item, or the end), and while daffi_stream_send () need not
 *  wait (there is room, or the call is over). Owned by the stream; -1 where no
 *  descriptor is left. */
DAFFI_EXPORT int daffi_stream_receive_fd (daffi_stream_t *self);
DAFFI_EXPORT int daffi_stream_send_fd (daffi_stream_t *self);

/*  Cancels the call if it still runs (the function is told), frees the stream and nulls
 *  the pointer. */
DAFFI_EXPORT void daffi_stream_destroy (daffi_stream_t **self_p);

#ifdef __cplusplus
}
#endif
#endif
