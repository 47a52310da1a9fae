//  SPDX-License-Identifier: MPL-2.0
//  Tests that read as sentences.
//
//      TEST ("a timer that was cancelled never fires")
//      {
//          CHECK_OK (wheel_add (&wheel, 5));
//          CHECK_EQ_INT (wheel_count (&wheel), 1);
//      }
//
//  Each test runs in a process of its own, so that a crash, a hang, a leaked descriptor
//  or a changed limit is the failure of that test alone. A check that fails says where
//  and what, and ends its test; it may stand in a helper function or another thread
//  too.

#ifndef DAFFI_TEST_H
#define DAFFI_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <daffi_status.h>

typedef void (daffi_test_fn) (void);

typedef struct daffi_test {
    const char *sentence;
    daffi_test_fn *run;
    const char *file;
    int line;
    struct daffi_test *next;
} daffi_test_t;

void daffi_test_register (daffi_test_t *test);

#define TEST(sentence_)             TEST_AT_ (sentence_, __COUNTER__)
#define TEST_AT_(sentence_, number) TEST_NUMBERED_ (sentence_, number)
#define TEST_NUMBERED_(sentence_, number)                                              \
    static void test_body_##number (void);                                             \
    static void __attribute__ ((constructor)) test_register_##number (void)            \
    {                                                                                  \
        static daffi_test_t test = {sentence_, test_body_##number, __FILE__, __LINE__, \
                                    NULL};                                             \
        daffi_test_register (&test);                                                   \
    }                                                                                  \
    static void test_body_##number (void)

//  The condition holds.
#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition))                                           \
            daffi_test_fail (__FILE__, __LINE__, "%s", #condition); \
    } while (0)

//  Actual value first, expected value second; the order matters to the message only.
#define CHECK_EQ_INT(actual, expected)                                            \
    daffi_test_eq_int (__FILE__, __LINE__, #actual, (int64_t)(actual), #expected, \
                       (int64_t)(expected))
#define CHECK_EQ_UINT(actual, expected)                                             \
    daffi_test_eq_uint (__FILE__, __LINE__, #actual, (uint64_t)(actual), #expected, \
                        (uint64_t)(expected))
#define CHECK_EQ_DOUBLE(actual, expected) \
    daffi_test_eq_double (__FILE__, __LINE__, #actual, (actual), #expected, (expected))
#define CHECK_EQ_STR(actual, expected) \
    daffi_test_eq_str (__FILE__, __LINE__, #actual, (actual), #expected, (expected))
#define CHECK_EQ_MEM(actual, actual_size, expected, expected_size)                   \
    daffi_test_eq_mem (__FILE__, __LINE__, #actual, (actual), (size_t)(actual_size), \
                       (expected), (size_t)(expected_size))

//  A daffi_status_t; the message names it.
#define CHECK_OK(actual) \
    daffi_test_status (__FILE__, __LINE__, #actual, DAFFI_OK, (actual))
#define CHECK_STATUS(expected, actual) \
    daffi_test_status (__FILE__, __LINE__, #actual, (expected), (actual))

//  This machine cannot show it (no IPv6, not root …). Counted as skipped, never as
//  passed.
#define SKIP(...) daffi_test_skip (__FILE__, __LINE__, __VA_ARGS__)

//  An empty folder of this test, gone when it ends. The path is short enough for
//  sockets.
const char *test_tmpdir (void);

_Noreturn void daffi_test_fail (const char *file, int line, const char *format, ...)
    DAFFI_PRINTF (3, 4);
_Noreturn void daffi_test_skip (const char *file, int line, const char *format, ...)
    DAFFI_PRINTF (3, 4);
void daffi_test_eq_int (const char *file, int line, const char *actual_text,
                        int64_t actual, const char *expected_text, int64_t expected);
void daffi_test_eq_uint (const char *file, int line, const char *actual_text,
                         uint64_t actual, const char *expected_text, uint64_t expected);
void daffi_test_eq_double (const char *file, int line, const char *actual_text,
                           double actual, const char *expected_text, double expected);
void daffi_test_eq_str (const char *file, int line, const char *actual_text,
                        const char *actual, const char *expected_text,
                        const char *expected);
void daffi_test_eq_mem (const char *file, int line, const char *actual_text,
                        const void *actual, size_t actual_size, const void *expected,
                        size_t expected_size);
void daffi_test_status (const char *file, int line, const char *actual_text,
                        daffi_status_t expected, daffi_status_t actual);

#endif
