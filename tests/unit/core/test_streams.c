//  SPDX-License-Identifier: MPL-2.0
//  Streams through the core: what goes from one end of a call to the other, what is
//  dropped, and what breaks a call off.

#include "core_shell.h"
#include "test.h"

#define PROVIDER                       \
    "w -> HELLO offers=f capacity=1\n" \
    "  w <- WELCOME 1 p=hub\n"
#define CALLER     \
    "c -> HELLO\n" \
    "  c <- WELCOME 1 p=hub\n"
#define OPEN                                              \
    "c -> CALL 7 f=f stream items=64 bytes=1000 body=x\n" \
    "  w <- CALL t1 f=f p=c stream items=64 bytes=1000 body=x\n"

TEST ("the provider learns that items go with the call, and the caller's first credit")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    shell_end (&core);
    core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER "c -> CALL 7 f=f stream\n"
                                "  w <- CALL t1 f=f p=c stream items=0 bytes=0\n");
    shell_end (&core);
}

TEST ("items, credit and ends go from one end of the call to the other, in order")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    PLAY (core, "w -> CREDIT t1 items=64 bytes=1048576\n"
                "  c <- CREDIT 7 items=64 bytes=1048576\n"
                "c -> CHUNK 7 body=one\n"
                "  w <- CHUNK t1 body=one\n"
                "c -> CHUNK 7 body=two\n"
                "  w <- CHUNK t1 body=two\n"
                "w -> CHUNK t1 body=1\n"
                "  c <- CHUNK 7 body=1\n"
                "c -> CREDIT 7 items=32 bytes=5\n"
                "  w <- CREDIT t1 items=32 bytes=5\n"
                "c -> END 7\n"
                "  w <- END t1\n"
                "w -> CHUNK t1 body=2\n"
                "  c <- CHUNK 7 body=2\n"
                "w -> RESULT t1 body=sum\n"
                "  c <- RESULT 7 p=w body=sum\n"
                "stats late=0 running=0\n");
    shell_end (&core);
}

TEST ("an item carries nothing but its body: names, ttl and other options stay behind")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    PLAY (core, "c -> CHUNK 7 f=f p=w ttl=5 all=1 part stream body=one\n"
                "  w <- CHUNK t1 body=one\n"
                "w -> CHUNK t1 f=f p=w status=FAILED part body=one\n"
                "  c <- CHUNK 7 body=one\n");
    shell_end (&core);
}

TEST ("what belongs to no call that runs is dropped without a word")
{
    shell_t *core = shell_new (NULL);
    PLAY (core,
          PROVIDER CALLER "c -> CHUNK 7 body=x\n"
                          "c -> CREDIT 7 items=1 bytes=1\n"
                          "c -> END 7\n"
                          "w -> CHUNK 12345678901 body=x\n"
                          "w -> END 0\n"
                          "stats late=5 malformed=0\n" OPEN "w -> RESULT t1 body=y\n"
                          "  c <- RESULT 7 p=w body=y\n"
                          "c -> CHUNK 7 body=x\n"
                          "w -> CHUNK t1 body=x\n"
                          "stats late=7 sessions=2\n");
    shell_end (&core);
}

TEST ("a call that is no stream takes no items, from either side")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER "c -> CALL 7 f=f\n"
                                "  w <- CALL t1 f=f p=c\n"
                                "c -> CHUNK 7 body=x\n"
                                "c -> END 7\n"
                                "w -> CHUNK t1 body=x\n"
                                "w -> CREDIT t1 items=5 bytes=5\n"
                                "stats late=4 running=1\n"
                                "c -> WAIT 8 p=later\n"
                                "c -> CHUNK 8 body=x\n"
                                "c -> END 8\n"
                                "stats late=6 waits=1\n");
    shell_end (&core);
}

TEST ("a third process cannot put items into a stream, nor end it")
{
    shell_t *core = shell_new (NULL);
    PLAY (core,
          PROVIDER CALLER "z -> HELLO\n"
                          "  z <- WELCOME 1 p=hub\n" OPEN "z -> CHUNK t1 body=forged\n"
                          "z -> CHUNK 7 body=forged\n"
                          "z -> END t1\n"
                          "c -> CHUNK t1 body=forged\n"
                          "w -> CHUNK 7 body=forged\n"
                          "w -> CHUNK t1+1 body=forged\n"
                          "stats late=6 running=1\n");
    shell_end (&core);
}

TEST (
    "END and CREDIT of a call that waits are kept for its provider, items are dropped")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER "c -> CALL 1 f=f\n"
                                "  w <- CALL t1 f=f p=c\n"
                                "c -> CALL 7 f=f stream items=5 bytes=50\n"
                                "c -> CREDIT 7 items=2 bytes=4294967295\n"
                                "c -> CHUNK 7 body=early\n"
                                "c -> END 7\n"
                                "stats waiting=1 late=1\n"
                                "w -> RESULT t1 body=y\n"
                                "  c <- RESULT 1 p=w body=y\n"
                                "  w <- CALL t2 f=f p=c stream items=7 "
                                "bytes=4294967295\n"
                                "  w <- END t2\n"
                                "w -> RESULT t2 body=z\n"
                                "  c <- RESULT 7 p=w body=z\n"
                                "c -> CALL 8 f=f stream items=5 bytes=50\n"
                                "  w <- CALL t3 f=f p=c stream items=5 bytes=50\n");
    shell_end (&core);
}

TEST ("a caller that cancels, or is lost, ends the stream for the provider")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    PLAY (core, "c -> CANCEL 7\n"
                "  w <- CANCEL t1\n"
                "w -> CHUNK t1 body=late\n"
                "c -> CHUNK 7 body=late\n"
                "stats late=2 abandoned=0\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 7 p=w body=y\n"
                "c -> CALL 8 f=f stream items=1 bytes=1\n"
                "  w <- CALL t2 f=f p=c stream items=1 bytes=1\n"
                "c !\n"
                "  w <- CANCEL t2\n"
                "w -> CHUNK t2 body=late\n"
                "stats late=3\n");
    shell_end (&core);
}

TEST ("a provider that is lost, and a deadline that passes, end the stream")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER "c -> CALL 7 f=f stream items=1 bytes=1 ttl=500\n"
                                "  w <- CALL t1 f=f p=c ttl=500 stream items=1 "
                                "bytes=1\n"
                                "w -> CHUNK t1 body=one\n"
                                "  c <- CHUNK 7 body=one\n"
                                "+ 500\n"
                                "  c <- ERROR 7 TIMEOUT maybe p=w\n"
                                "  w <- CANCEL t1\n"
                                "w -> CHUNK t1 body=two\n"
                                "w -> RESULT t1 body=y\n"
                                "stats late=2\n"
                                "c -> CALL 8 f=f stream items=1 bytes=1\n"
                                "  w <- CALL t2 f=f p=c stream items=1 bytes=1\n"
                                "w !\n"
                                "  c <- ERROR 8 PROCESS_LOST maybe p=w\n"
                                "c -> CHUNK 8 body=x\n"
                                "stats late=3\n");
    shell_end (&core);
}

TEST ("items that do not fit break the call off, and no other")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    PLAY (core, "w room=3\n"
                "c -> CHUNK 7 body=abc\n"
                "  w <- CHUNK t1 body=abc\n"
                "c -> CHUNK 7 body=abcd\n"
                "  c <- ERROR 7 BUSY maybe p=w\n"
                "  w <- CANCEL t1\n"
                "stats running=1 abandoned=1\n"
                "w room\n"
                "w -> RESULT t1 body=y\n"
                "c -> CALL 8 f=f stream items=1 bytes=1\n"
                "  w <- CALL t2 f=f p=c stream items=1 bytes=1\n"
                "c room=3\n"
                "w -> CHUNK t2 body=abcd\n"
                "  c <- ERROR 8 BUSY maybe p=w\n"
                "  w <- CANCEL t2\n"
                "c room\n"
                "c -> PING 5\n"
                "  c <- PONG 5\n");
    shell_end (&core);
}

static void receive_large (shell_t *core, const char *peer, uint64_t id)
{
    //  nobody looks into it, so it need not be there
    uint8_t byte = 0;
    daffi_body_t large = daffi_body_borrowed (&byte, DAFFI_BODY_MAX + 1);
    daffi_header_t chunk = {
        .type = DAFFI_RECORD_CHUNK, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_core_receive (core->core, shell_peer (core, peer)->session, &chunk, &large,
                        core->now_ms);
}

TEST ("an item over 64 MiB breaks the call off, from either side")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    receive_large (core, "c", 7);
    CHECK_EQ_UINT (core->line_count, 2);
    CHECK_EQ_STR (core->lines[0], "c <- ERROR 7 TOO_BIG maybe p=w");
    CHECK_EQ_STR (core->lines[1], "w <- CANCEL t1");
    core->line_count = 0;
    PLAY (core, "w -> RESULT t1 body=y\n"
                "c -> CALL 8 f=f stream items=1 bytes=1\n"
                "  w <- CALL t2 f=f p=c stream items=1 bytes=1\n");
    receive_large (core, "w", core->tokens[1]);
    CHECK_EQ_UINT (core->line_count, 2);
    CHECK_EQ_STR (core->lines[0], "c <- ERROR 8 TOO_BIG maybe p=w");
    CHECK_EQ_STR (core->lines[1], "w <- CANCEL t2");
    shell_end (&core);
}

TEST ("a process may stream to itself")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER "w -> CALL 7 f=f stream items=1 bytes=1\n"
                         "  w <- CALL t1 f=f p=w stream items=1 bytes=1\n"
                         "w -> CHUNK 7 body=up\n"
                         "  w <- CHUNK t1 body=up\n"
                         "w -> CHUNK t1 body=down\n"
                         "  w <- CHUNK 7 body=down\n"
                         "w -> END 7\n"
                         "  w <- END t1\n"
                         "w -> RESULT t1 body=y\n"
                         "  w <- RESULT 7 p=w body=y\n");
    shell_end (&core);
}

TEST ("a stream that is broadcast is no stream")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER "c -> CALL 7 f=f all=0 stream items=1 bytes=1\n"
                                "  w <- CALL t1 f=f p=c\n"
                                "c -> CHUNK 7 body=x\n"
                                "w -> CHUNK t1 body=x\n"
                                "stats late=2\n");
    shell_end (&core);
}

TEST ("a place that a stream has left makes no stream of the next call")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, PROVIDER CALLER OPEN);
    PLAY (core, "c -> END 7\n"
                "  w <- END t1\n"
                "w -> RESULT t1 body=y\n"
                "  c <- RESULT 7 p=w body=y\n"
                "c -> CALL 8 f=f\n"
                "  w <- CALL t2 f=f p=c\n"
                "w -> CHUNK t2 body=x\n"
                "stats late=1\n");
    shell_end (&core);
}
