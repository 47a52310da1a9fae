//  SPDX-License-Identifier: MPL-2.0
//  $sys.*: what the controller tells about itself is what is so.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"
#include "validate.h"

static daffi_value_t answer_of (shell_t *core)
{
    daffi_value_t value;
    CHECK_OK (daffi_value_unpack (core->last_body.data, core->last_body.size, &value));
    return value;
}

static uint64_t number_at (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    uint64_t number;
    CHECK_OK (daffi_value_find (map, key, &value));
    CHECK_OK (daffi_value_get_uint (&value, &number));
    return number;
}

static void check_text (const daffi_value_t *value, const char *expected)
{
    daffi_text_t text = daffi_value_text_of (value);
    CHECK_EQ_MEM (text.data, text.size, expected, strlen (expected));
}

static void check_text_at (const daffi_value_t *map, const char *key,
                           const char *expected)
{
    daffi_value_t value;
    CHECK_OK (daffi_value_find (map, key, &value));
    check_text (&value, expected);
}

static shell_t *populated (void)
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=g:(int),f capacity=3\n"
                "  w <- WELCOME 1 p=hub\n"
                "a -> HELLO offers=f\n"
                "  a <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=g\n"
                "  w <- CALL t1 f=g p=c\n"
                "w -> DRAIN\n"
                "  w <- DRAIN\n"
                "w -> HELLO offers=g:(int),f capacity=3\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=w\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> CALL 2 f=g\n"
                "  w <- CALL t2 f=g p=c\n"
                "c -> CALL 9 f=none\n"
                "  c <- ERROR 9 NO_FUNCTION no p=hub\n");
    return core;
}

TEST ("what has more values than a body may hold is refused, not sent for nothing")
{
    enum { COUNT = DAFFI_ITEMS_MAX / 4, SESSIONS = COUNT / DAFFI_FUNCTIONS_MAX + 1 };
    shell_t *core = shell_new (NULL);
    char text[128];
    for (int i = 0; i < SESSIONS; i++) {
        snprintf (text, sizeof text, "p%d -> HELLO\n  p%d <- WELCOME 1 p=hub\n", i, i);
        PLAY (core, text);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf (text, sizeof text, "f%d", i);
        const daffi_offer_body_t offer = {.name = daffi_text_of (text),
                                          .signature = daffi_text ("", 0),
                                          .doc = daffi_text ("", 0)};
        char name[8];
        snprintf (name, sizeof name, "p%d", i % SESSIONS);
        CHECK_OK (daffi_registry_add_offer (core->core,
                                            shell_peer (core, name)->session, &offer));
    }
    PLAY (core, "p0 -> CALL 3 f=$sys.functions\n"
                "  p0 <- ERROR 3 TOO_BIG no p=hub\n");
    const daffi_value_t value = answer_of (core);
    daffi_text_t said = daffi_value_text_of (&value);
    CHECK (memmem (said.data, said.size, "100,000", 7));
    PLAY (core, "p0 -> UPDATE remove=f0\n");
    PLAY (core, "p0 -> CALL 3 f=$sys.functions\n"
                "  p0 <- RESULT 3 p=hub\n");
    shell_end (&core);
}

TEST ("who asks for everything again and again is BUSY, and others are not")
{
    enum { COUNT = 4000, ENOUGH = 250000 / COUNT + 1 };
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO\n  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n  c <- WELCOME 1 p=hub\n"
                "d -> HELLO\n  d <- WELCOME 1 p=hub\n");
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        snprintf (text, sizeof text, "f%d", i);
        const daffi_offer_body_t offer = {.name = daffi_text_of (text),
                                          .signature = daffi_text ("", 0),
                                          .doc = daffi_text ("", 0)};
        CHECK_OK (daffi_registry_add_offer (core->core, shell_peer (core, "w")->session,
                                            &offer));
    }
    for (int i = 0; i < ENOUGH; i++)
        PLAY (core, "c -> CALL 3 f=$sys.functions\n"
                    "  c <- RESULT 3 p=hub\n");
    PLAY (core, "c -> CALL 3 f=$sys.functions\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> CALL 3 f=$sys.processes\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> CALL 3 f=$sys.calls\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> CALL 3 f=$sys.tasks\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> WAIT 3 f=group all=0\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> SUBSCRIBE 5\n"
                "  c <- RESULT 5 p=hub\n");
    //  it is told later
    CHECK (shell_peer (core, "c")->session->subscription_behind);
    PLAY (core, "c -> SUBSCRIBE 0\n"
                "c -> CALL 3 f=$sys.stats\n"
                "  c <- RESULT 3 p=hub\n"
                "c -> WAIT 4 f=f7\n"
                "  c <- RESULT 4 p=hub is=w\n"
                "d -> CALL 3 f=$sys.functions\n"
                "  d <- RESULT 3 p=hub\n"
                "+ 100\n"
                "c -> CALL 3 f=$sys.functions\n"
                "  c <- RESULT 3 p=hub\n");
    shell_end (&core);
}

TEST ("$sys.functions is every function of every process, sorted, with its signature")
{
    shell_t *core = populated ();
    PLAY (core, "c -> CALL 3 f=$sys.functions body=x\n"
                "  c <- RESULT 3 p=hub\n");
    static const char *const expected[3][3] = {
        {"a", "f", ""}, {"w", "f", ""}, {"w", "g", "(int)"}};
    daffi_value_t list = answer_of (core), row, cell;
    CHECK_EQ_UINT (list.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < 3; j++) {
            CHECK_OK (daffi_value_item (&list, i, &row));
            CHECK_OK (daffi_value_item (&row, j, &cell));
            check_text (&cell, expected[i][j]);
        }
    shell_end (&core);
}

TEST ("$sys.processes tells what each runs and may run")
{
    shell_t *core = populated ();
    PLAY (core, "c -> CALL 3 f=$sys.processes\n"
                "  c <- RESULT 3 p=hub\n");
    daffi_value_t list = answer_of (core), row;
    CHECK_EQ_UINT (list.count, 3);
    CHECK_OK (daffi_value_item (&list, 0, &row));
    check_text_at (&row, "process", "w");
    check_text_at (&row, "language", "c");
    check_text_at (&row, "version", "0");
    CHECK_EQ_UINT (number_at (&row, "functions"), 2);
    CHECK_EQ_UINT (number_at (&row, "running"), 1);
    CHECK_EQ_UINT (number_at (&row, "capacity"), 3);
    shell_end (&core);
}

TEST ("$sys.info and $sys.stats count what happened")
{
    shell_t *core = populated ();
    PLAY (core, "+ 250\n"
                "c -> CALL 3 f=$sys.info\n"
                "  c <- RESULT 3 p=hub\n");
    daffi_value_t map = answer_of (core);
    check_text_at (&map, "name", "hub");
    check_text_at (&map, "version", DAFFI_VERSION);
    CHECK_EQ_UINT (number_at (&map, "protocol"), 1);
    CHECK_EQ_UINT (number_at (&map, "uptime_ms"), 250);
    CHECK_EQ_UINT (number_at (&map, "processes"), 3);
    CHECK_EQ_UINT (number_at (&map, "functions"), 2);
    CHECK_EQ_UINT (number_at (&map, "calls"), 1);
    PLAY (core, "c -> CALL 3 f=$sys.stats\n"
                "  c <- RESULT 3 p=hub\n");
    map = answer_of (core);
    CHECK_EQ_UINT (map.count, 23);
    CHECK_EQ_UINT (number_at (&map, "calls"), 5);
    CHECK_EQ_UINT (number_at (&map, "refused"), 1);
    CHECK_EQ_UINT (number_at (&map, "lost"), 1);
    CHECK_EQ_UINT (number_at (&map, "running"), 1);
    CHECK_EQ_UINT (number_at (&map, "sessions"), 3);
    shell_end (&core);
}

TEST ("an answer that finds no room is an error, not a queue without end")
{
    shell_t *core = populated ();
    PLAY (core, "c room=10\n"
                "c -> CALL 3 f=$sys.functions\n"
                "  c <- ERROR 3 BUSY no p=hub\n"
                "c -> CALL 4 f=$sys.\n"
                "  c <- ERROR 4 NO_FUNCTION no p=hub\n");
    shell_end (&core);
}

TEST ("where nothing is, the answers are empty lists")
{
    shell_t *core = shell_new (NULL);
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_core_write_functions (core->core, &out);
    CHECK_EQ_MEM (out.data, out.size, "\x90", 1);
    daffi_buffer_done (&out);
    shell_end (&core);
}
