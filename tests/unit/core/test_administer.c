//  SPDX-License-Identifier: MPL-2.0
//  $sys.calls, $sys.cancel and $sys.monitor: who looks on, and who interferes.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"

//  a and w offer f with one place each, c calls, o is the operator
#define CAST                           \
    "w -> HELLO offers=f capacity=1\n" \
    "  w <- WELCOME 1 p=hub\n"         \
    "c -> HELLO\n"                     \
    "  c <- WELCOME 1 p=hub\n"         \
    "o -> HELLO\n"                     \
    "  o <- WELCOME 1 p=hub\n"

//  ["c", 7] and so on
#define CANCEL_7 "o -> CALL 3 f=$sys.cancel raw=92a16307\n"
#define CANCEL_8 "o -> CALL 3 f=$sys.cancel raw=92a16308\n"

static daffi_value_t answer_of (shell_t *core)
{
    daffi_value_t value;
    CHECK_OK (daffi_value_unpack (core->last_body.data, core->last_body.size, &value));
    return value;
}

static void check_text_at (const daffi_value_t *map, const char *key,
                           const char *expected)
{
    daffi_value_t value;
    CHECK_OK (daffi_value_find (map, key, &value));
    daffi_text_t text = daffi_value_text_of (&value);
    CHECK_EQ_MEM (text.data, text.size, expected, strlen (expected));
}

static uint64_t number_at (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    uint64_t number;
    CHECK_OK (daffi_value_find (map, key, &value));
    CHECK_OK (daffi_value_get_uint (&value, &number));
    return number;
}

TEST ("$sys.calls tells of each call where it is and how old it is")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "c -> CALL 7 f=f ttl=5000\n"
                     "  w <- CALL t1 f=f p=c ttl=5000\n"
                     "+ 40\n"
                     "c -> CALL 8 f=f\n"
                     "+ 2\n"
                     "o -> CALL 3 f=$sys.calls\n"
                     "  o <- RESULT 3 p=hub\n");
    daffi_value_t list = answer_of (core), row;
    CHECK_EQ_UINT (list.count, 2);
    CHECK_OK (daffi_value_item (&list, 0, &row));
    check_text_at (&row, "caller", "c");
    check_text_at (&row, "function", "f");
    check_text_at (&row, "process", "w");
    check_text_at (&row, "state", "running");
    CHECK_EQ_UINT (number_at (&row, "id"), 7);
    CHECK_EQ_UINT (number_at (&row, "age_ms"), 42);
    CHECK_EQ_UINT (number_at (&row, "running_ms"), 42);
    CHECK_EQ_UINT (number_at (&row, "left_ms"), 4958);
    CHECK_OK (daffi_value_item (&list, 1, &row));
    check_text_at (&row, "state", "waiting");
    check_text_at (&row, "process", "");
    CHECK_EQ_UINT (number_at (&row, "age_ms"), 2);
    shell_end (&core);
}

TEST (
    "$sys.calls tells what runs although nobody waits for it, and parts of broadcasts")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "c -> CALL 7 f=f all=0\n"
                     "  w <- CALL t1 f=f p=c\n"
                     "o -> CALL 3 f=$sys.calls\n"
                     "  o <- RESULT 3 p=hub\n");
    daffi_value_t list = answer_of (core), row;
    CHECK_EQ_UINT (list.count, 2);
    CHECK_OK (daffi_value_item (&list, 0, &row));
    check_text_at (&row, "state", "running");
    check_text_at (&row, "process", "w");
    CHECK_OK (daffi_value_item (&list, 1, &row));
    check_text_at (&row, "state", "broadcast");
    check_text_at (&row, "function", "f");
    PLAY (core, "c !\n"
                "  w <- CANCEL t1\n"
                "o -> CALL 3 f=$sys.calls\n"
                "  o <- RESULT 3 p=hub\n");
    list = answer_of (core);
    CHECK_EQ_UINT (list.count, 1);
    CHECK_OK (daffi_value_item (&list, 0, &row));
    check_text_at (&row, "state", "abandoned");
    check_text_at (&row, "caller", "");
    shell_end (&core);
}

TEST ("$sys.cancel ends a call of somebody else as if its caller had cancelled it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "c -> CALL 7 f=f\n"
                     "  w <- CALL t1 f=f p=c\n"
                     "c -> CALL 8 f=f\n" CANCEL_8 "  c <- ERROR 8 CANCELLED no p=hub\n"
                     "  o <- RESULT 3 p=hub\n" CANCEL_7 "  w <- CANCEL t1\n"
                     "  o <- RESULT 3 p=hub\n"
          //  once is enough
          CANCEL_7 "  o <- RESULT 3 p=hub\n"
                     "stats cancelled=2 running=1\n"
                     "w -> ERROR t1 status=CANCELLED executed=maybe\n"
                     "  c <- ERROR 7 CANCELLED maybe p=w\n"
                     "stats running=0 waiting=0\n");
    shell_end (&core);
}

TEST ("$sys.cancel ends a broadcast: each part is told of, and END comes")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "c -> CALL 7 f=f all=0\n"
                     "  w <- CALL t1 f=f p=c\n" CANCEL_7
                     "  c <- ERROR 7 CANCELLED maybe p=w part\n"
                     "  w <- CANCEL t1\n"
                     "  c <- END 7\n"
                     "  o <- RESULT 3 p=hub\n"
                     "stats groups=0 abandoned=1\n");
    shell_end (&core);
}

TEST ("$sys.cancel of what is no call is an error, and harms nobody")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "c -> WAIT 7 f=later\n" CANCEL_7
                     "  o <- ERROR 3 NOT_FOUND no p=hub\n" CANCEL_8
                     "  o <- ERROR 3 NOT_FOUND no p=hub\n"
                     //  ["x", 7]; "c"; nothing; ["c"]; ["c", "7"]; half a value
                     "o -> CALL 3 f=$sys.cancel raw=92a17807\n"
                     "  o <- ERROR 3 NOT_FOUND no p=hub\n"
                     "o -> CALL 3 f=$sys.cancel raw=a163\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "o -> CALL 3 f=$sys.cancel\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "o -> CALL 3 f=$sys.cancel raw=91a163\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "o -> CALL 3 f=$sys.cancel raw=92a163a137\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "o -> CALL 3 f=$sys.cancel raw=92a1\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "stats waits=1\n");
    shell_end (&core);
}

TEST ("$sys.monitor tells of every call when it is given and when it ends")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "o -> CALL 3 f=$sys.monitor stream items=9 bytes=9000\n"
                     "c -> CALL 7 f=f\n"
                     "  w <- CALL t1 f=f p=c\n"
                     "  o <- CHUNK 3\n");
    daffi_value_t item = answer_of (core);
    check_text_at (&item, "event", "given");
    check_text_at (&item, "caller", "c");
    check_text_at (&item, "function", "f");
    check_text_at (&item, "process", "w");
    CHECK_EQ_UINT (number_at (&item, "id"), 7);
    PLAY (core, "+ 15\n"
                "w -> ERROR t1 status=FAILED executed=yes\n"
                "  c <- ERROR 7 FAILED yes p=w\n"
                "  o <- CHUNK 3\n");
    item = answer_of (core);
    check_text_at (&item, "event", "ended");
    CHECK_EQ_UINT (number_at (&item, "status"), DAFFI_FAILED);
    CHECK_EQ_UINT (number_at (&item, "time_ms"), 15);
    PLAY (core, "o -> CANCEL 3\n"
                "  o <- ERROR 3 CANCELLED maybe p=hub\n"
                "c -> CALL 8 f=f\n"
                "  w <- CALL t2 f=f p=c\n");
    shell_end (&core);
}

TEST ("a monitor that reads too slowly misses calls and is told how many")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "o -> CALL 3 f=$sys.monitor stream items=1 bytes=9000\n"
                     "c -> CALL 7 f=f\n"
                     "  w <- CALL t1 f=f p=c\n"
                     "  o <- CHUNK 3\n"
                     "w -> RESULT t1\n"
                     "  c <- RESULT 7 p=w\n"
                     "c -> CALL 8 f=f\n"
                     "  w <- CALL t2 f=f p=c\n"
                     "o -> CREDIT 3 items=1 bytes=100\n"
                     "w -> RESULT t2\n"
                     "  c <- RESULT 8 p=w\n"
                     "  o <- CHUNK 3\n");
    daffi_value_t item = answer_of (core);
    CHECK_EQ_UINT (number_at (&item, "missed"), 2);
    PLAY (core, "o room=10\n"
                "o -> CREDIT 3 items=9 bytes=1000\n"
                "c -> CALL 9 f=f\n"
                "  w <- CALL t3 f=f p=c\n");
    shell_end (&core);
}

TEST ("monitors are bounded, since each looks at every call")
{
    shell_t *core = shell_new (NULL);
    char script[400];
    unsigned sessions = DAFFI_MONITORS_MAX / DAFFI_MONITORS_NODE_MAX;
    for (unsigned i = 0; i <= sessions; i++) {
        snprintf (script, sizeof script, "m%u -> HELLO\n  m%u <- WELCOME 1 p=hub\n", i,
                  i);
        PLAY (core, script);
    }
    for (unsigned i = 0; i < DAFFI_MONITORS_MAX; i++) {
        snprintf (script, sizeof script,
                  "m%u -> CALL %u f=$sys.monitor stream items=1 bytes=1\n",
                  i % sessions, 10 + i);
        PLAY (core, script);
    }
    snprintf (script, sizeof script,
              "m%u -> CALL 7 f=$sys.monitor stream items=1 bytes=1\n"
              "  m%u <- ERROR 7 BUSY no p=hub\n"
              "m0 -> CANCEL 10\n"
              "  m0 <- ERROR 10 CANCELLED maybe p=hub\n"
              "m%u -> CALL 7 f=$sys.monitor stream items=1 bytes=1\n"
              "m%u -> CANCEL 7\n"
              "  m%u <- ERROR 7 CANCELLED maybe p=hub\n",
              sessions, sessions, sessions, sessions, sessions);
    PLAY (core, script);
    //  the whole is not full, and one process has had its share
    PLAY (core, "m1 -> CALL 7 f=$sys.monitor stream items=1 bytes=1\n"
                "  m1 <- ERROR 7 BUSY no p=hub\n");
    shell_end (&core);
}

TEST ("a monitor ends with its deadline, its process, or by order, and wants a stream")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, CAST "o -> CALL 3 f=$sys.monitor\n"
                     "  o <- ERROR 3 INVALID no p=hub\n"
                     "c -> CALL 7 f=$sys.monitor stream items=1 bytes=1 ttl=20\n"
                     "c -> CHUNK 7 body=x\n"
                     "c -> END 7\n"
                     "+ 20\n"
                     "  c <- ERROR 7 TIMEOUT no p=hub\n"
                     "c -> CALL 7 f=$sys.monitor stream items=1 bytes=1\n" CANCEL_7
                     "  c <- ERROR 7 CANCELLED maybe p=hub\n"
                     "  o <- RESULT 3 p=hub\n"
                     "c -> CALL 7 f=$sys.monitor stream items=1 bytes=1\n"
                     "c !\n"
                     "o -> CALL 3 f=f\n"
                     "  w <- CALL t1 f=f p=o\n");
    shell_end (&core);
}
