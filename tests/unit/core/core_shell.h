//  SPDX-License-Identifier: MPL-2.0
//  A shell around the core that is made of text: what goes in and what comes out.
//
//      PLAY (core,
//            "w -> HELLO offers=add\n"
//            "  w <- WELCOME 1 p=hub\n"
//            "c -> HELLO\n"
//            "  c <- WELCOME 1 p=hub\n"
//            "c -> CALL 7 f=add body=x\n"
//            "  w <- CALL t1 f=add p=c body=x\n"
//            "w -> RESULT t1 body=y\n"
//            "  c <- RESULT 7 p=w body=y\n");
//
//  Lines with `->` go in, the indented ones must come out, these and no others, before
//  the next one goes in. A peer is a word, and by its first record it is connected. Its
//  process name is that word, unless HELLO says as=NAME.
//
//  Records in:  TYPE [ID] [as= f= p= ttl= sent= body= offers=a,b add= remove= capacity=
//               timeout= inc= min= max= status= executed= takeover raw=HEX
//               all= policy= key= items= bytes= priority= delay= stream part]
//               offers and add: name, name:signature, name*limit
//               without ID: HELLO 1, all others 0. t1 is the token of the first
//               dispatched call, t1+1 a wrong one.
//  Other lines: PEER !            its connection breaks
//               PEER room=N       what more may wait for it; no room= at all: all
//               PEER writable     its queue got room
//               PEER garbage      bytes that are no records
//               + MS              time passes, all timers in their order
//               jump MS           time passes as for somebody who was stopped
//               sleep MS          the same, and the timers have not been looked at
//               drain, close      the controller
//               stats a=N b=N     of daffi_core_stats ()

#ifndef DAFFI_CORE_SHELL_H
#define DAFFI_CORE_SHELL_H

#include "parts.h"

enum { SHELL_PEERS = 24, SHELL_LINES = 2048, SHELL_LINE = 240 };

typedef struct shell shell_t;

typedef struct {
    shell_t *shell;
    char name[24];
    daffi_session_t *session;
    size_t room;
} shell_peer_t;

struct shell {
    daffi_core_t *core;
    int64_t now_ms;
    uint64_t random;
    shell_peer_t peers[SHELL_PEERS];
    uint64_t tokens[SHELL_LINES];
    unsigned token_count;
    char lines[SHELL_LINES][SHELL_LINE];
    unsigned line_count;
    unsigned line_next;
    daffi_buffer_t last_body;  //  of the last record that came out
};

//  `options` may be NULL; its output is filled in here. settle_ms 0 is none here.
shell_t *shell_new (const daffi_core_options_t *options);
//  All connections break; then nothing may be left in any table.
void shell_end (shell_t **self_p);

#define PLAY(shell, script) shell_play ((shell), __FILE__, __LINE__, (script))
void shell_play (shell_t *self, const char *file, int line, const char *script);

//  For shell_play (): runs one line that is no expectation; false: what is this?
bool shell_run_line (shell_t *self, const char *line);
//  The peer of that name, new if there is none.
shell_peer_t *shell_peer (shell_t *self, const char *name);
void shell_note (shell_t *self, const char *format, ...) DAFFI_PRINTF (2, 3);
//  What came out, as a line.
void shell_render (shell_t *self, const shell_peer_t *to, const daffi_header_t *header,
                   const daffi_body_t *body);

#endif
