/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_status.h - what went wrong, said once.
 *
 *  Every status has one name, one number and one text. The number is what
 *  travels in an ERROR record (node/wire/PROTOCOL.md, "Statuses"); it is never
 *  used again for something else.
 */
#ifndef DAFFI_STATUS_H
#define DAFFI_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Compiler attributes, and nothing else in the project spells them out. */
#if defined(__GNUC__) || defined(__clang__)
#define DAFFI_EXPORT        __attribute__ ((visibility ("default")))
#define DAFFI_MUST_USE      __attribute__ ((warn_unused_result))
#define DAFFI_PRINTF(f, a)  __attribute__ ((format (printf, f, a)))
#define DAFFI_CLEANUP(func) __attribute__ ((cleanup (func)))
#define DAFFI_MAYBE_UNUSED  __attribute__ ((unused))
#else
#error "daffi needs gcc or clang"
#endif

/*  name, wire number, text */
#define DAFFI_STATUS_MAP(X)                                           \
    X (OK, 0, "no error")                                             \
    X (INVALID, 1, "invalid argument")                                \
    X (NO_MEMORY, 2, "out of memory")                                 \
    X (SYSTEM, 3, "the operating system refused")                     \
    X (INTERNAL, 4, "internal error")                                 \
    X (PENDING, 5, "not finished yet")                                \
    X (TIMEOUT, 6, "the deadline passed")                             \
    X (CANCELLED, 7, "cancelled")                                     \
    X (FAILED, 8, "the function failed")                              \
    X (TYPE, 9, "a value of another type was expected")               \
    X (NO_PROCESS, 10, "no such process")                             \
    X (NO_FUNCTION, 11, "no such function")                           \
    X (PROCESS_LOST, 12, "the process that ran the call is gone")     \
    X (CONTROLLER_LOST, 13, "the connection to the controller broke") \
    X (NOT_CONNECTED, 14, "not connected to a controller")            \
    X (BUSY, 15, "too much in flight")                                \
    X (TOO_BIG, 16, "larger than the limit")                          \
    X (DRAINING, 17, "draining: no new work is taken")                \
    X (STOPPED, 18, "stopped")                                        \
    X (REFUSED, 19, "not allowed")                                    \
    X (NAME_TAKEN, 20, "another process has this name")               \
    X (EXISTS, 21, "exists already")                                  \
    X (NOT_FOUND, 22, "not found")                                    \
    X (ENDPOINT, 23, "the endpoint cannot be used")                   \
    X (PROTOCOL, 24, "the peer broke the protocol")                   \
    X (UNSUPPORTED, 25, "no common protocol version")                 \
    X (DEADLOCK, 26, "waiting here would wait for itself")            \
    X (END, 27, "nothing more comes")                                 \
    X (NO_PAYLOAD, 28, "the process does not have the payload")       \
    X (BAD_PAYLOAD, 29, "the payload cannot be used")                 \
    X (CRASHED, 30, "the function crashed")                           \
    X (LIMIT, 31, "the function went over a limit")                   \
    X (FORBIDDEN, 32, "the function tried what it must not")

#define DAFFI_STATUS_ENUM(name, number, text) DAFFI_##name = number,
typedef enum { DAFFI_STATUS_MAP (DAFFI_STATUS_ENUM) } daffi_status_t;
#undef DAFFI_STATUS_ENUM

/*  Was the function run? The one thing a caller must know before it tries again.
 *  NO: certainly not. MAYBE: it was handed to a process and no answer came.
 *  YES: it ran, and this is what it answered. */
typedef enum {
    DAFFI_EXECUTED_NO = 0,
    DAFFI_EXECUTED_MAYBE = 1,
    DAFFI_EXECUTED_YES = 2
} daffi_executed_t;

#define DAFFI_NAME_MAX 128 /*  bytes of a process or function name, NUL excluded */
#define DAFFI_TEXT_MAX 255 /*  bytes of an error text, NUL excluded; longer is cut */

/*  What a failed call of this library says. Lives where the caller put it; no
 *  member needs to be freed. Left untouched on success. */
typedef struct {
    daffi_status_t status;
    daffi_executed_t executed;
    char process[DAFFI_NAME_MAX + 1];  /*  who reported it; "" = this process */
    char function[DAFFI_NAME_MAX + 1]; /*  "" where no function is concerned */
    char text[DAFFI_TEXT_MAX + 1];     /*  what, why, and what to do next */
} daffi_error_t;

/*  The identifier without its prefix, for example "NO_PROCESS"; "UNKNOWN" for a
 *  number that is none. Static storage; any thread. */
DAFFI_EXPORT const char *daffi_status_name (daffi_status_t status);

/*  One line for people, for example "no such process". Static storage; any thread. */
DAFFI_EXPORT const char *daffi_status_text (daffi_status_t status);

#ifdef __cplusplus
}
#endif
#endif
