//  SPDX-License-Identifier: MPL-2.0
//  Sessions begin: HELLO, what it agrees upon, and who may have a name.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"

//  --- HELLO ------------------------------------------------------------------------

TEST ("a HELLO that is not right is refused, and the next one may be")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO 9 min=2 max=3\n"
                "  x <- ERROR 9 UNSUPPORTED no p=hub\n"
                "x -> HELLO 9 min=0 max=0\n"
                "  x <- ERROR 9 UNSUPPORTED no p=hub\n"
                "x -> HELLO 9 as=$x\n"
                "  x <- ERROR 9 INVALID no p=hub\n"
                "x -> HELLO 9 as=\n"
                "  x <- ERROR 9 INVALID no p=hub\n"
                "x -> HELLO 9 offers=good,$bad\n"
                "  x <- ERROR 9 INVALID no p=hub\n"
                "x -> HELLO 9 offers=not/good\n"
                "  x <- ERROR 9 INVALID no p=hub\n"
                "x -> HELLO 9 raw=\n"
                "  x <- ERROR 9 PROTOCOL no p=hub\n"
                "x -> HELLO 9 raw=c0\n"
                "  x <- ERROR 9 PROTOCOL no p=hub\n"
                "x -> HELLO 9 raw=81a36d696ea0\n"
                "  x <- ERROR 9 PROTOCOL no p=hub\n"
                "x -> HELLO 9 raw=dfffffffff\n"
                "  x <- ERROR 9 PROTOCOL no p=hub\n"
                "stats processes=0 functions=0 sessions=1\n"
                "x -> HELLO 9 min=1 max=7\n"
                "  x <- WELCOME 9 p=hub\n"
                "stats processes=1\n");
    shell_end (&core);
}

TEST ("a HELLO that is refused leaves nothing behind, nobody saw it come")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "s -> WAIT 6 p=x\n"
                "x -> HELLO offers=f,not/good\n"
                "  x <- ERROR 1 INVALID no p=hub\n"
                "stats waits=1\n");
    CHECK_EQ_UINT (core->core->functions.count, 0);
    shell_end (&core);
}

TEST ("more functions than 4,096 are refused")
{
    shell_t *core = shell_new (NULL);
    shell_peer_t *peer = shell_peer (core, "x");
    daffi_buffer_t body;
    daffi_buffer_init (&body);
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = 1,
                             .peer = daffi_text_of ("x"),
                             .ttl_ms = DAFFI_TTL_NONE};
    peer->session = daffi_core_connect (core->core, peer, core->now_ms);
    for (unsigned more = 2; more-- > 0;) {
        daffi_hello_t hello = {.min = 1, .max = 1};
        daffi_buffer_clear (&body);
        daffi_write_hello (&body, &hello);
        daffi_write_array (&body, DAFFI_FUNCTIONS_MAX + more);
        for (unsigned i = 0; i < DAFFI_FUNCTIONS_MAX + more; i++) {
            char name[16];
            snprintf (name, sizeof name, "f%u", i);
            daffi_write_offer (&body, daffi_text_of (name), daffi_text ("", 0));
        }
        daffi_body_t borrowed = daffi_body_borrowed (body.data, body.size);
        daffi_core_receive (core->core, peer->session, &header, &borrowed,
                            core->now_ms);
    }
    daffi_buffer_done (&body);
    CHECK_EQ_STR (core->lines[0], "x <- ERROR 1 INVALID no p=hub");
    CHECK_EQ_STR (core->lines[1], "x <- WELCOME 1 p=hub");
    core->line_count = 0;
    PLAY (core, "stats functions=4096\n"
                "x -> UPDATE 5 add=f7:(int)\n"
                "x -> UPDATE 6 add=one-more\n"
                "  x <- ERROR 6 TOO_BIG no p=hub\n"
                "x -> UPDATE 7 remove=f0 add=one-more\n"
                "stats functions=4096\n");
    shell_end (&core);
}

TEST ("WELCOME says what was agreed upon")
{
    daffi_core_options_t options = {.name = "hub",
                                    .heartbeat_ms = 700,
                                    .heartbeat_timeout_ms = 2500,
                                    .calls_max = 12};
    shell_t *core = shell_new (&options);
    daffi_welcome_t welcome;
    PLAY (core, "x -> HELLO\n"
                "  x <- WELCOME 1 p=hub\n");
    CHECK_OK (
        daffi_read_welcome (core->last_body.data, core->last_body.size, &welcome));
    CHECK_EQ_UINT (welcome.protocol, 1);
    CHECK_EQ_UINT (welcome.heartbeat_ms, 700);
    CHECK_EQ_UINT (welcome.timeout_ms, 2500);
    CHECK_EQ_UINT (welcome.clock_ms, core->now_ms);
    CHECK_EQ_UINT (welcome.calls_max, 12);
    CHECK_EQ_MEM (welcome.epoch, 16, core->core->epoch, 16);
    PLAY (core, "y -> HELLO timeout=1\n"
                "  y <- WELCOME 1 p=hub\n");
    CHECK_OK (
        daffi_read_welcome (core->last_body.data, core->last_body.size, &welcome));
    CHECK_EQ_UINT (welcome.timeout_ms, 100);
    CHECK_EQ_UINT (welcome.heartbeat_ms, 50);
    shell_end (&core);
}

TEST ("HELLO within a session ends what was, calls both ways included")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "x -> HELLO offers=f\n"
                "  s <- EVENT 5 joined x\n"
                "  s <- EVENT 5 added x f\n"
                "  x <- WELCOME 1 p=hub\n"
                "s -> CALL 1 f=f\n"
                "  x <- CALL t1 f=f p=s\n"
                "x -> CALL 2 f=f\n"
                "  x <- CALL t2 f=f p=x\n"
                "x -> WAIT 3 p=later\n"
                "x -> HELLO 2 offers=g\n"
                "  x <- CANCEL t2\n"
                "  s <- EVENT 5 removed x f\n"
                "  s <- ERROR 1 PROCESS_LOST maybe p=x\n"
                "  s <- EVENT 5 left x lost\n"
                "  s <- EVENT 5 joined x\n"
                "  s <- EVENT 5 added x g\n"
                "  x <- WELCOME 2 p=hub\n"
                "x -> RESULT t1 body=y\n"
                "x -> RESULT t2 body=y\n"
                "stats late=2 running=0 waits=0 processes=2 functions=1 sessions=2\n"
                "s -> CALL 4 f=g\n"
                "  x <- CALL t3 f=g p=s\n"
                "x -> HELLO 3 as=not/valid\n"
                "  s <- EVENT 5 removed x g\n"
                "  s <- ERROR 4 PROCESS_LOST maybe p=x\n"
                "  s <- EVENT 5 left x lost\n"
                "  x <- ERROR 3 INVALID no p=hub\n"
                "stats processes=1 sessions=2\n"
                "+ 1999\n"
                "s -> PONG\n"
                "+ 1\n"
                "  x dropped\n"
                "stats sessions=1\n");
    shell_end (&core);
}

TEST ("HELLO may take another name on the same connection")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO as=old offers=f\n"
                "  x <- WELCOME 1 p=hub\n"
                "x -> HELLO as=new offers=f\n"
                "  x <- WELCOME 1 p=hub\n"
                "y -> HELLO as=old\n"
                "  y <- WELCOME 1 p=hub\n"
                "y -> CALL 1 f=f p=new\n"
                "  x <- CALL t1 f=f p=old\n"
                "stats processes=2\n");
    shell_end (&core);
}

//  --- names ------------------------------------------------------------------------

TEST ("a name that is taken is refused to the newcomer")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO as=a inc=1 offers=f\n"
                "  x <- WELCOME 1 p=hub\n"
                "y -> HELLO as=a inc=2 offers=f\n"
                "  y <- ERROR 1 NAME_TAKEN no p=hub\n"
                "y -> CALL 1 f=f\n"
                "  y <- WHO\n"
                "y -> HELLO as=b inc=2\n"
                "  y <- WELCOME 1 p=hub\n"
                "y -> CALL 1 f=f p=a\n"
                "  x <- CALL t1 f=f p=b\n"
                "stats processes=2\n");
    shell_end (&core);
}

TEST ("the same incarnation on a new connection replaces the old one")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO as=a inc=7 offers=f\n"
                "  x <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n"
                "c -> CALL 1 f=f\n"
                "  x <- CALL t1 f=f p=c\n"
                "y -> HELLO as=a inc=7 offers=f\n"
                "  c <- ERROR 1 PROCESS_LOST maybe p=a\n"
                "  x dropped\n"
                "  y <- WELCOME 1 p=hub\n"
                "x -> RESULT t1 body=y\n"
                "  x <- WHO\n"
                "y -> RESULT t1 body=y\n"
                "stats late=1 processes=2\n");
    shell_end (&core);
}

TEST ("who says no incarnation is nobody's successor")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO as=a inc=0\n"
                "  x <- WELCOME 1 p=hub\n"
                "y -> HELLO as=a inc=0\n"
                "  y <- ERROR 1 NAME_TAKEN no p=hub\n");
    shell_end (&core);
}

TEST ("a takeover ends the other process, which is told")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "s -> HELLO\n"
                "  s <- WELCOME 1 p=hub\n"
                "s -> SUBSCRIBE 5\n"
                "  s <- EVENT 5 joined s\n"
                "  s <- RESULT 5 p=hub\n"
                "x -> HELLO as=a inc=1 offers=f\n"
                "  s <- EVENT 5 joined a\n"
                "  s <- EVENT 5 added a f\n"
                "  x <- WELCOME 1 p=hub\n"
                "y -> HELLO as=a inc=2 offers=f takeover\n"
                "  x <- ERROR NAME_TAKEN no p=hub\n"
                "  s <- EVENT 5 removed a f\n"
                "  s <- EVENT 5 left a superseded\n"
                "  x dropped\n"
                "  s <- EVENT 5 joined a\n"
                "  s <- EVENT 5 added a f\n"
                "  y <- WELCOME 1 p=hub\n"
                "s -> CALL 1 f=f\n"
                "  y <- CALL t1 f=f p=s\n");
    shell_end (&core);
}

TEST ("a name is free as soon as its process is gone")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO as=a inc=1\n"
                "  x <- WELCOME 1 p=hub\n"
                "x !\n"
                "y -> HELLO as=a inc=2\n"
                "  y <- WELCOME 1 p=hub\n"
                "y -> GOODBYE\n"
                "  y dropped\n"
                "x -> HELLO as=a inc=3\n"
                "  x <- WELCOME 1 p=hub\n");
    shell_end (&core);
}

static size_t room_for_calls (const shell_t *core)
{
    size_t room = 0;
    DAFFI_LIST_EACH (&core->core->sessions, link, follower)
        room += daffi_container (link, daffi_session_t, link)->entries.capacity;
    return room;
}

TEST ("a process that only lives costs no memory for calls, also where it made some")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "w -> HELLO offers=f\n"
                "  w <- WELCOME 1 p=hub\n"
                "c -> HELLO\n"
                "  c <- WELCOME 1 p=hub\n");
    CHECK_EQ_UINT (room_for_calls (core), 0);
    PLAY (core, "c -> CALL 7 f=f\n"
                "  w <- CALL t1 f=f p=c\n"
                "c -> PING 1\n"
                "  c <- PONG 1\n");
    CHECK (room_for_calls (core) > 0);
    PLAY (core, "w -> RESULT t1\n"
                "  c <- RESULT 7 p=w\n"
                "c -> PING 2\n"
                "  c <- PONG 2\n");
    CHECK_EQ_UINT (room_for_calls (core), 0);
    shell_end (&core);
}
