//  SPDX-License-Identifier: MPL-2.0
//  Every record in every state of a session: the table of PROTOCOL.md, section 7.1.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"

//  What a session in that state is answered to each record type, in the order of their
//  numbers; "" is nothing.
typedef struct {
    const char *before;
    const char *answers[DAFFI_RECORD_LIMIT];
} state_row_t;

static const state_row_t states[] = {
    {"NEW",
     {[DAFFI_RECORD_HELLO] = "  x <- WELCOME 1 p=hub\n",
      [DAFFI_RECORD_WELCOME] = "  x <- WHO\n",
      [DAFFI_RECORD_UPDATE] = "  x <- WHO\n",
      [DAFFI_RECORD_CALL] = "  x <- WHO\n",
      [DAFFI_RECORD_RESULT] = "  x <- WHO\n",
      [DAFFI_RECORD_ERROR] = "  x <- WHO\n",
      [DAFFI_RECORD_CAST] = "  x <- WHO\n",
      [DAFFI_RECORD_CHUNK] = "  x <- WHO\n",
      [DAFFI_RECORD_CREDIT] = "  x <- WHO\n",
      [DAFFI_RECORD_END] = "  x <- WHO\n",
      [DAFFI_RECORD_CANCEL] = "  x <- WHO\n",
      [DAFFI_RECORD_WAIT] = "  x <- WHO\n",
      [DAFFI_RECORD_SUBSCRIBE] = "  x <- WHO\n",
      [DAFFI_RECORD_EVENT] = "  x <- WHO\n",
      [DAFFI_RECORD_SCHEDULE] = "  x <- WHO\n",
      [DAFFI_RECORD_PING] = "  x <- WHO\n",
      [DAFFI_RECORD_PONG] = "  x <- WHO\n",
      [DAFFI_RECORD_DRAIN] = "  x <- WHO\n",
      [DAFFI_RECORD_GOODBYE] = "  x dropped\n",
      [DAFFI_RECORD_WHO] = "  x <- WHO\n",
      [DAFFI_RECORD_PROGRESS] = "  x <- WHO\n"}},
    {"READY",
     {[DAFFI_RECORD_HELLO] = "  x <- WELCOME 1 p=hub\n",
      [DAFFI_RECORD_WELCOME] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_UPDATE] = "",
      [DAFFI_RECORD_CALL] = "  x <- CALL t1 f=f p=x\n",
      [DAFFI_RECORD_RESULT] = "",
      [DAFFI_RECORD_ERROR] = "",
      [DAFFI_RECORD_CAST] = "  x <- CAST f=f p=x\n",
      [DAFFI_RECORD_CHUNK] = "",
      [DAFFI_RECORD_CREDIT] = "",
      [DAFFI_RECORD_END] = "",
      [DAFFI_RECORD_CANCEL] = "",
      [DAFFI_RECORD_WAIT] = "  x <- RESULT 5 p=hub is=x\n",
      [DAFFI_RECORD_SUBSCRIBE] = "  x <- EVENT 5 joined x\n"
                                 "  x <- EVENT 5 added x f\n"
                                 "  x <- RESULT 5 p=hub\n",
      [DAFFI_RECORD_EVENT] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_SCHEDULE] = "  x <- RESULT 5 p=hub\n",
      [DAFFI_RECORD_PING] = "  x <- PONG 5\n",
      [DAFFI_RECORD_PONG] = "",
      [DAFFI_RECORD_DRAIN] = "  x <- DRAIN 5\n",
      [DAFFI_RECORD_GOODBYE] = "  x dropped\n",
      [DAFFI_RECORD_WHO] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_PROGRESS] = ""}},
    {"DRAINING",
     {[DAFFI_RECORD_HELLO] = "  x <- WELCOME 1 p=hub\n",
      [DAFFI_RECORD_WELCOME] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_UPDATE] = "  x <- ERROR 5 DRAINING no p=hub\n",
      [DAFFI_RECORD_CALL] = "  x <- ERROR 5 NO_FUNCTION no p=hub\n",
      [DAFFI_RECORD_RESULT] = "",
      [DAFFI_RECORD_ERROR] = "",
      [DAFFI_RECORD_CAST] = "",
      [DAFFI_RECORD_CHUNK] = "",
      [DAFFI_RECORD_CREDIT] = "",
      [DAFFI_RECORD_END] = "",
      [DAFFI_RECORD_CANCEL] = "",
      [DAFFI_RECORD_WAIT] = "",
      [DAFFI_RECORD_SUBSCRIBE] = "  x <- EVENT 5 joined x\n"
                                 "  x <- RESULT 5 p=hub\n",
      [DAFFI_RECORD_EVENT] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_SCHEDULE] = "  x <- RESULT 5 p=hub\n",
      [DAFFI_RECORD_PING] = "  x <- PONG 5\n",
      [DAFFI_RECORD_PONG] = "",
      [DAFFI_RECORD_DRAIN] = "  x <- DRAIN 5\n",
      [DAFFI_RECORD_GOODBYE] = "  x dropped\n",
      [DAFFI_RECORD_WHO] = "  x <- ERROR 5 PROTOCOL no p=hub\n",
      [DAFFI_RECORD_PROGRESS] = ""}},
};

//  What is sent: a plausible record of each type, with id 5.
static const char *record_of (unsigned type)
{
    switch (type) {
    case DAFFI_RECORD_HELLO:
        return "HELLO 1 offers=f";
    case DAFFI_RECORD_UPDATE:
        return "UPDATE 5 add=g";
    case DAFFI_RECORD_CALL:
        return "CALL 5 f=f";
    case DAFFI_RECORD_CAST:
        return "CAST 0 f=f";
    case DAFFI_RECORD_WAIT:
        return "WAIT 5 f=f";
    case DAFFI_RECORD_SCHEDULE:  //  {"delay_ms": 1000}
        return "SCHEDULE 5 f=f raw=81a864656c61795f6d73cd03e8";
    default:
        return NULL;
    }
}

static void bring_into (shell_t *core, const char *state)
{
    if (strcmp (state, "NEW") == 0)
        return;
    PLAY (core, "x -> HELLO offers=f\n"
                "  x <- WELCOME 1 p=hub\n");
    if (strcmp (state, "DRAINING") == 0)
        PLAY (core, "x -> DRAIN\n"
                    "  x <- DRAIN\n");
}

TEST ("every record type in every state of a session is answered as PROTOCOL.md says")
{
    for (size_t row = 0; row < sizeof states / sizeof states[0]; row++)
        for (unsigned type = 1; type < DAFFI_RECORD_LIMIT; type++) {
            shell_t *core = shell_new (NULL);
            bring_into (core, states[row].before);
            char script[512];
            const char *record = record_of (type);
            CHECK (states[row].answers[type]);
            if (record)
                snprintf (script, sizeof script, "x -> %s\n%s", record,
                          states[row].answers[type]);
            else
                snprintf (script, sizeof script, "x -> %s 5\n%s",
                          daffi_record_name (type), states[row].answers[type]);
            PLAY (core, script);
            shell_end (&core);
        }
}

TEST ("types that no version knows are answered, and the session goes on")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> HELLO\n"
                "  x <- WELCOME 1 p=hub\n"
                "x -> 0 5\n"
                "  x <- ERROR 5 PROTOCOL no p=hub\n"
                "x -> 22 5\n"
                "  x <- ERROR 5 PROTOCOL no p=hub\n"
                "x -> 127 5\n"
                "  x <- ERROR 5 PROTOCOL no p=hub\n"
                "x garbage\n"
                "  x <- ERROR PROTOCOL no p=hub\n"
                "x -> PING 6\n"
                "  x <- PONG 6\n"
                "stats malformed=4 processes=1\n"
                "y -> 99 5\n"
                "  y <- WHO\n"
                "y garbage\n"
                "  y <- ERROR PROTOCOL no p=hub\n");
    shell_end (&core);
}

TEST ("WHO is sent once, and again after the next HELLO")
{
    shell_t *core = shell_new (NULL);
    PLAY (core, "x -> CALL 1 f=f\n"
                "  x <- WHO\n"
                "x -> CALL 2 f=f\n"
                "x -> PING\n"
                "x -> HELLO as=not/valid\n"
                "  x <- ERROR 1 INVALID no p=hub\n"
                "x -> PING\n"
                "x -> HELLO\n"
                "  x <- WELCOME 1 p=hub\n"
                "x -> GOODBYE\n"
                "  x dropped\n"
                "x -> PING\n"
                "  x <- WHO\n"
                "stats calls=0 sessions=1 processes=0\n");
    shell_end (&core);
}
