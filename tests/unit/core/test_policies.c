//  SPDX-License-Identifier: MPL-2.0
//  Who gets a call, by the policy that its caller wishes.

#include <stdio.h>
#include <stdlib.h>

#include "core_shell.h"
#include "test.h"

enum { PEERS = 12, KEYS = 600 };

#define CALLER     \
    "c -> HELLO\n" \
    "  c <- WELCOME 1 p=hub\n"

//  Calls f by that policy, lets it be answered, and returns the number of the peer that
//  it was given to: they are called p0, p1 and so on.
static int ask (shell_t *core, const char *options)
{
    char line[SHELL_LINE];
    snprintf (line, sizeof line, "c -> CALL 5 f=f %s", options);
    CHECK (shell_run_line (core, line));
    CHECK_EQ_UINT (core->line_count, 1);
    int number = -1;
    CHECK (sscanf (core->lines[0], "p%d <- CALL", &number) == 1);
    core->line_count = core->line_next = 0;
    snprintf (line, sizeof line, "p%d -> RESULT t%u body=y", number, core->token_count);
    CHECK (shell_run_line (core, line));
    core->line_count = core->line_next = 0;
    core->token_count = 0;
    return number;
}

static void join (shell_t *core, int number)
{
    char line[SHELL_LINE];
    snprintf (line, sizeof line, "p%d -> HELLO offers=f", number);
    CHECK (shell_run_line (core, line));
    core->line_count = core->line_next = 0;
}

static shell_t *with_providers (int count)
{
    shell_t *core = shell_new (NULL);
    for (int i = 0; i < count; i++)
        join (core, i);
    PLAY (core, CALLER);
    return core;
}

static void leave (shell_t *core, int number)
{
    char line[SHELL_LINE];
    snprintf (line, sizeof line, "p%d !", number);
    CHECK (shell_run_line (core, line));
    CHECK_EQ_UINT (core->line_count, 0);
}

TEST ("round robin goes round, however many calls each has")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f,g\n"
                "  u <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=g\n"
                "  u <- CALL t1 f=g p=c\n"
                "c -> CALL 2 f=f policy=1\n"
                "  u <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f policy=1\n"
                "  v <- CALL t3 f=f p=c\n"
                "c -> CALL 4 f=f policy=1\n"
                "  u <- CALL t4 f=f p=c\n"
                "c -> CALL 5 f=f policy=1\n"
                "  v <- CALL t5 f=f p=c\n"
                "c -> CALL 6 f=f\n"
                "  v <- CALL t6 f=f p=c\n");
    shell_end (&core);
}

TEST ("round robin passes over who has no room, and waits where nobody has")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f capacity=1\n"
                "  u <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f capacity=2\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f policy=1\n"
                "  u <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f policy=1\n"
                "  v <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f policy=1\n"
                "  v <- CALL t3 f=f p=c\n"
                "c -> CALL 4 f=f policy=1\n"
                "stats waiting=1\n"
                "u -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=u body=y\n"
                "  u <- CALL t4 f=f p=c\n");
    shell_end (&core);
}

TEST ("random reaches all, and not in turn")
{
    shell_t *core = with_providers (4);
    int count[4] = {0}, repeats = 0, last = -1;
    for (int i = 0; i < 400; i++) {
        int number = ask (core, "policy=2");
        count[number]++;
        repeats += number == last;
        last = number;
    }
    for (int i = 0; i < 4; i++)
        CHECK (count[i] > 60);
    CHECK (repeats > 40);
    shell_end (&core);
}

static int ask_key (shell_t *core, int key)
{
    char options[64];
    snprintf (options, sizeof options, "policy=3 key=customer-%d", key);
    return ask (core, options);
}

TEST ("a key is always given to the same process, and keys spread over all")
{
    shell_t *core = with_providers (PEERS);
    int count[PEERS] = {0}, owner[KEYS];
    for (int key = 0; key < KEYS; key++)
        count[owner[key] = ask_key (core, key)]++;
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (core, key), owner[key]);
    for (int i = 0; i < PEERS; i++)
        CHECK (count[i] > KEYS / PEERS / 2 && count[i] < KEYS / PEERS * 2);
    shell_end (&core);
}

TEST ("a process that leaves moves its own keys and no others, and takes them back")
{
    shell_t *core = with_providers (PEERS);
    int owner[KEYS];
    for (int key = 0; key < KEYS; key++)
        owner[key] = ask_key (core, key);
    leave (core, 5);
    for (int key = 0; key < KEYS; key++)
        if (owner[key] == 5)
            CHECK (ask_key (core, key) != 5);
        else
            CHECK_EQ_INT (ask_key (core, key), owner[key]);
    join (core, 5);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (core, key), owner[key]);
    shell_end (&core);
}

TEST ("the owner of a key does not depend on who came first")
{
    shell_t *there = with_providers (PEERS);
    shell_t *here = shell_new (NULL);
    for (int i = PEERS; i-- > 0;)
        join (here, i);
    PLAY (here, CALLER);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (here, key), ask_key (there, key));
    shell_end (&here);
    shell_end (&there);
}

//  The numbers of PROTOCOL.md, section 8.4, say in which order.
TEST ("the owner of a key is the one that PROTOCOL.md computes")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "gpu-1 -> HELLO offers=f\n"
                "  gpu-1 <- WELCOME 1 p=hub\n"
                "gpu-2 -> HELLO offers=f\n"
                "  gpu-2 <- WELCOME 1 p=hub\n"
                "gpu-3 -> HELLO offers=f\n"
                "  gpu-3 <- WELCOME 1 p=hub\n" CALLER
                "c -> CALL 1 f=f policy=3 key=customer-17\n"
                "  gpu-2 <- CALL t1 f=f p=c\n"
                "gpu-2 -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=gpu-2 body=y\n"
                "gpu-2 !\n"
                "c -> CALL 2 f=f policy=3 key=customer-17\n"
                "  gpu-3 <- CALL t2 f=f p=c\n"
                "gpu-3 -> RESULT t2 body=y\n"
                "  c <- RESULT 2 p=gpu-3 body=y\n"
                "gpu-3 !\n"
                "c -> CALL 3 f=f policy=3 key=customer-17\n"
                "  gpu-1 <- CALL t3 f=f p=c\n");
    shell_end (&core);
}

TEST ("a key waits for its process, also where another one is free")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "gpu-2 -> HELLO offers=f capacity=1\n"
                "  gpu-2 <- WELCOME 1 p=hub\n"
                "gpu-3 -> HELLO offers=f capacity=1\n"
                "  gpu-3 <- WELCOME 1 p=hub\n" CALLER
                "c -> CALL 1 f=f policy=3 key=customer-17\n"
                "  gpu-2 <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f policy=3 key=customer-17\n"
                "stats waiting=1\n"
                "gpu-2 -> RESULT t1 body=y\n"
                "  c <- RESULT 1 p=gpu-2 body=y\n"
                "  gpu-2 <- CALL t2 f=f p=c\n"
                "c -> CALL 3 f=f policy=3 key=customer-17\n"
                "gpu-2 !\n"
                "  c <- ERROR 2 PROCESS_LOST maybe p=gpu-2\n"
                "  c <- ERROR 3 PROCESS_LOST no p=hub\n");
    shell_end (&core);
}

TEST ("local first is the caller itself while it has room, and then the least busy")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f capacity=2\n"
                "  u <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "u -> CALL 1 f=f policy=4\n"
                "  u <- CALL t1 f=f p=u\n"
                "u -> CALL 2 f=f policy=4\n"
                "  u <- CALL t2 f=f p=u\n"
                "u -> CALL 3 f=f policy=4\n"
                "  v <- CALL t3 f=f p=u\n"
                "u -> RESULT t1 body=y\n"
                "  u <- RESULT 1 p=u body=y\n"
                "u -> CALL 4 f=f policy=4\n"
                "  u <- CALL t4 f=f p=u\n"
                "c -> CALL 5 f=f policy=4\n"
                "  v <- CALL t5 f=f p=c\n");
    shell_end (&core);
}

TEST ("a policy that the controller does not know is the least busy")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f,g\n"
                "  u <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=g\n"
                "  u <- CALL t1 f=g p=c\n"
                "c -> CALL 2 f=f policy=200 key=k\n"
                "  v <- CALL t2 f=f p=c\n");
    shell_end (&core);
}

TEST ("a named process gets the call whatever the policy is")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "u -> HELLO offers=f\n"
                "  u <- WELCOME 1 p=hub\n"
                "v -> HELLO offers=f\n"
                "  v <- WELCOME 1 p=hub\n" CALLER "c -> CALL 1 f=f p=v policy=1\n"
                "  v <- CALL t1 f=f p=c\n"
                "c -> CALL 2 f=f p=v policy=1\n"
                "  v <- CALL t2 f=f p=c\n"
                "u -> CALL 3 f=f p=v policy=4\n"
                "  v <- CALL t3 f=f p=u\n"
                "c -> CALL 4 f=f p=u policy=3 key=customer-17\n"
                "  u <- CALL t4 f=f p=c\n");
    shell_end (&core);
}

TEST ("no policy finds a provider where there is none")
{
    for (int policy = 0; policy < 6; policy++) {
        shell_t *core = shell_new (NULL);
        char script[SHELL_LINE];
        snprintf (script, sizeof script,
                  "c -> HELLO\n  c <- WELCOME 1 p=hub\n"
                  "c -> CALL 1 f=f policy=%d key=k\n"
                  "  c <- ERROR 1 NO_FUNCTION no p=hub\n",
                  policy);
        PLAY (core, script);
        shell_end (&core);
    }
}

TEST ("in the settling time a call of any policy waits for the first provider")
{
    for (int policy = 0; policy < 5; policy++) {
        const daffi_core_options_t options = {.name = "hub", .settle_ms = 1000};
        shell_t *core = shell_new (&options);
        char script[SHELL_LINE];
        snprintf (script, sizeof script,
                  "c -> HELLO\n  c <- WELCOME 1 p=hub\n"
                  "c -> CALL 1 f=f policy=%d key=k\n"
                  "u -> HELLO offers=f\n  u <- WELCOME 1 p=hub\n"
                  "  u <- CALL t1 f=f p=c\n",
                  policy);
        PLAY (core, script);
        shell_end (&core);
    }
}

TEST ("a cast goes by the policy and the key that it asks for")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "gpu-1 -> HELLO offers=f\n"
                "  gpu-1 <- WELCOME 1 p=hub\n"
                "gpu-2 -> HELLO offers=f\n"
                "  gpu-2 <- WELCOME 1 p=hub\n"
                "gpu-3 -> HELLO offers=f\n"
                "  gpu-3 <- WELCOME 1 p=hub\n"
                "gpu-3 -> CAST f=f policy=4\n"
                "  gpu-3 <- CAST f=f p=gpu-3\n"
                "gpu-3 -> CAST f=f policy=3 key=customer-17\n"
                "  gpu-2 <- CAST f=f p=gpu-3\n"
                "gpu-3 -> CAST f=f policy=3 key=customer-17 priority=4\n"
                "  gpu-2 <- CAST f=f p=gpu-3 priority=4\n");
    shell_end (&core);
}
