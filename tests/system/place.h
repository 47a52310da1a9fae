//  SPDX-License-Identifier: MPL-2.0
//  Where a test's processes meet: each sentence is proved over TCP and over a UNIX
//  socket.

#ifndef DAFFI_SYSTEM_PLACE_H
#define DAFFI_SYSTEM_PLACE_H

#include <daffi.h>

#include "board.h"
#include "serve.h"
#include "test.h"

typedef struct {
    bool tcp;
    uint16_t port;     //  0: not known yet
    char folder[100];  //  of the UNIX socket
    char board[128];
} place_t;

void place_init (place_t *self, bool tcp);

#define SYSTEM_TEST(sentence)             SYSTEM_TEST_AT_ (sentence, __COUNTER__)
#define SYSTEM_TEST_AT_(sentence, number) SYSTEM_TEST_NUMBERED_ (sentence, number)
#define SYSTEM_TEST_NUMBERED_(sentence, number)     \
    static void system_test_##number (place_t *at); \
    TEST (sentence " (TCP)")                        \
    {                                               \
        place_t place;                              \
        place_init (&place, true);                  \
        system_test_##number (&place);              \
    }                                               \
    TEST (sentence " (UNIX socket)")                \
    {                                               \
        place_t place;                              \
        place_init (&place, false);                 \
        system_test_##number (&place);              \
    }                                               \
    static void system_test_##number (place_t *at)

//  Copies the options and says in them where to listen or to connect.
daffi_options_t place_options (const place_t *self, const daffi_options_t *options);

//  A Global of this process; the test fails where it does not start. A node waits until
//  it is connected.
daffi_global_t *place_start (place_t *self, const daffi_options_t *options);
#define START(at, ...) place_start ((at), DAFFI_OPTIONS (__VA_ARGS__))

//  A controller alone, without settling time: what is unknown is answered at once.
daffi_global_t *hub_start (place_t *self);
//  A node that offers all of serve.h.
daffi_global_t *server_start (place_t *self, const char *name);
daffi_global_t *caller_start (place_t *self);

//  --- other processes --------------------------------------------------------------

typedef struct {
    int pid;
    int in;   //  closing it asks the process to stop in good order
    int out;  //  what it prints
} process_t;

//  daffi-broker; returns once it is ready. Options end with NULL. The first one chooses
//  the port, and those after it take the same.
process_t broker_start_with (place_t *self, const char *const *options);
#define BROKER(at, ...) \
    broker_start_with ((at), (const char *const[]){__VA_ARGS__, NULL})

//  SIGTERM, and checks that it ended with 0.
void broker_stop (process_t *self);

//  This program once more, in a role (roles.c); returns once it is connected, unless
//  "early=1" is among the options, which are "key=value" and end with NULL.
process_t process_start (const place_t *self, const char *role,
                         const char *const *options);
#define PROCESS(at, role, ...) \
    process_start ((at), role, (const char *const[]){__VA_ARGS__, NULL})

void process_signal (const process_t *self, int number);
//  SIGSTOP, and it stands still when this returns. SIGCONT lets it go on.
void process_freeze (const process_t *self);
//  kill -9, and gone when this returns.
void process_kill (process_t *self);
//  Asks it to stop, and checks that it ended with 0.
void process_stop (process_t *self);
//  Does not wait for the end.
void process_ask_to_stop (process_t *self);
void process_await (process_t *self);
//  Waits for the next line that it prints.
void process_read_line (const process_t *self, char *line, size_t capacity);

//  --- checks -----------------------------------------------------------------------

//  The wait succeeds; what it cannot do fails the test with the error's text.
void wait_for_process (daffi_global_t *global, const char *name);
void wait_for_function (daffi_global_t *global, const char *name);
//  Until the function is offered by that many processes.
void wait_for_providers (daffi_global_t *global, const char *function, size_t count);
size_t count_providers (daffi_global_t *global, const char *function);

//  daffi_call_start (); the test fails where that does.
daffi_future_t *call_begin (daffi_global_t *caller, const char *function,
                            daffi_args_t args, const daffi_call_options_t *options);

//  The call succeeds and its result is this number.
void check_int (const char *file, int line, daffi_status_t status, int64_t actual,
                int64_t expected, const daffi_error_t *error);
#define CHECK_CALL_INT(global, function, args, expected)                              \
    do {                                                                              \
        daffi_error_t call_error_ = {0};                                              \
        int64_t call_result_ = 0;                                                     \
        daffi_status_t call_status_ =                                                 \
            daffi_call_int ((global), (function), args, &call_result_, &call_error_); \
        check_int (__FILE__, __LINE__, call_status_, call_result_, (expected),        \
                   &call_error_);                                                     \
    } while (0)

//  It succeeds; the error's text is shown where not.
#define CHECK_FINE(status_, error_)                                      \
    do {                                                                 \
        daffi_status_t fine_ = (status_);                                \
        if (fine_)                                                       \
            daffi_test_fail (__FILE__, __LINE__, "%s: %s: %s", #status_, \
                             daffi_status_name (fine_), (error_).text);  \
    } while (0)

#endif
