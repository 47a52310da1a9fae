/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_function.h - the functions that a process offers.
 *
 *  A callback under a name, with what others are shown of it and what is held against
 *  its arguments. What a callback does with a call stands in daffi_request.h. Part of
 *  daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_FUNCTION_H
#define DAFFI_API_FUNCTION_H

#include "daffi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  Runs when somebody calls the function. Answers with daffi_request_reply () or
 *  daffi_request_fail (), at most once; a return of DAFFI_OK without an answer replies
 *  nil, any other status without an answer is sent as an error with that status.
 *  The request and all that is read from it are valid until the callback returns. */
typedef daffi_status_t (daffi_callback_fn) (daffi_request_t *request, void *arg);

typedef struct {
    const char *name;
    daffi_callback_fn *callback;
    void *arg;                  /*  handed to the callback, never touched */
    const char *signature;      /*  "(int, int) -> int": shown to others, and checked
                                    against the arguments; see below */
    const char *doc;            /*  a line or some for people, shown to others; at most
                                    1,024 bytes */
    const char *const *aliases; /*  further names, NULL-terminated; or NULL */
    bool run_inline;            /*  run in the node's actor: for functions of a few
                                    microseconds that never block */
    bool local;                 /*  callable by this process only, not offered; not for
                                    broadcasts, streams and casts, which say INVALID */
    bool replace;               /*  take the place of a function of the same name */
    uint32_t max_running; /*  runs of it at once in this process, 1 = one after the
                              other; 0 = no limit but the pool's. The controller
                              knows it: more calls wait there, for whichever process
                              is free first; casts wait in this process */
    void (*release) (void *arg); /*  called once when it was withdrawn and the last run
                                     of it is over, from any thread; or NULL */
} daffi_function_t;

/*  A signature is checked where it begins with `(`: one word for each argument, with
 *  commas between, and what is wrong is answered with DAFFI_TYPE before the function
 *  runs. Words: nil bool int uint float double string binary bytes array map any,
 *  `bytes` being a string or a binary, and `float` and `double` any number. `int?` may
 *  be nil, or left out at the end; `...` stands for any further arguments, `...int` for
 *  further ints. A word that is none of these stands for anything, and so does a second
 *  word (`int width`). What follows the `)` is for people. */

/*  --- functions of this process ------------------------------------------- */

/*  Offers `callback` under `name`; takes effect at once, connected or not.
 *  DAFFI_EXISTS: the name is registered; DAFFI_INVALID: a bad name or no callback;
 *  DAFFI_TOO_BIG: more than 4,096 functions. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_register (daffi_global_t *self, const char *name,
                       daffi_callback_fn *callback, void *arg, daffi_error_t *error);

/*  The same with all options. An alias that is taken refuses the whole. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_register_function (
    daffi_global_t *self, const daffi_function_t *function, daffi_error_t *error);

/*  All functions of a table, which an element without a name ends; the same table may
 *  stand in daffi_options_t.functions. With a group "math" the function "add" becomes
 *  "math.add", and so do aliases. All or none; errors as above, and DAFFI_EXISTS where
 *  the table holds a name twice.
 *
 *      static const daffi_function_t table[] = {
 *          DAFFI_FUNCTION (add, "(int, int) -> int", "The sum of two integers."),
 *          DAFFI_FUNCTION (mul, "(int, int) -> int", "Their product."), {0}};
 *      daffi_global_register_table (g, "math", table, &error);
 *
 *  The rows may as well come from an X-macro of the program's. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_register_table (daffi_global_t *self, const char *group,
                             const daffi_function_t *table, daffi_error_t *error);
#ifndef __cplusplus
#define DAFFI_FUNCTION(callback_, signature_, doc_)                         \
    {                                                                       \
        .name = #callback_, .callback = callback_, .signature = signature_, \
        .doc = doc_                                                         \
    }
#endif

/*  Withdraws one name. Calls that run go on; calls that arrive later are answered with
 *  DAFFI_NO_FUNCTION. DAFFI_NOT_FOUND: not registered. Does not wait for running calls:
 *  keep `arg` alive until they have ended, as `release` in daffi_function_t tells. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_unregister (daffi_global_t *self, const char *name, daffi_error_t *error);

/*  Withdraws all names of a group: the group's own and those that go on behind it with
 *  a dot, so "math" withdraws math, math.add and math.trig.sin, and leaves maths.
 *  DAFFI_NOT_FOUND: there is none. Otherwise as above. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_unregister_group (
    daffi_global_t *self, const char *group, daffi_error_t *error);

typedef struct {
    const char *process;
    const char *function;
    const char *signature; /*  "" = none given */
    const char *doc;       /*  "" = none given */
    uint32_t max_running;  /*  0 = no limit of its own */
} daffi_registered_t;

typedef struct {
    size_t count;
    daffi_registered_t *items; /*  by process, then by function */
} daffi_callbacks_t;

/*  Every function that is offered at the controller now. A snapshot that the caller
 *  destroys. Blocks; errors as daffi_call (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_callbacks_t *
daffi_global_registered_callbacks (daffi_global_t *self, daffi_error_t *error);
/*  Those of a group alone. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_callbacks_t *
daffi_global_registered_group (daffi_global_t *self, const char *group,
                               daffi_error_t *error);
DAFFI_EXPORT void daffi_callbacks_destroy (daffi_callbacks_t **self_p);

#ifdef __cplusplus
}
#endif
#endif
