//  SPDX-License-Identifier: MPL-2.0
//  A shell around the core that is made of text: the core's output, and the player.

#include "core_shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "test.h"

void shell_note (shell_t *self, const char *format, ...)
{
    CHECK (self->line_count < SHELL_LINES);
    va_list args;
    va_start (args, format);
    vsnprintf (self->lines[self->line_count++], SHELL_LINE, format, args);
    va_end (args);
}

//  --- what the core wants ----------------------------------------------------------

static void out_send (void *context, void *peer, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    shell_t *self = context;
    shell_peer_t *to = peer;
    //  a deadline comes with each ttl, and a call is never in the fast lane
    CHECK ((header->ttl_ms == DAFFI_TTL_NONE) == (deadline_ms == DAFFI_NEVER));
    CHECK (!control || header->type != DAFFI_RECORD_CALL);
    CHECK (to->session);
    shell_render (self, to, header, body);
    daffi_buffer_clear (&self->last_body);
    daffi_buffer_append (&self->last_body, body->data, body->size);
}

static bool out_fits (void *context, void *peer, size_t size)
{
    (void)context;
    return size <= ((shell_peer_t *)peer)->room;
}

static void out_drop (void *context, void *peer)
{
    shell_peer_t *gone = peer;
    gone->session = NULL;
    shell_note (context, "%s dropped", gone->name);
}

static uint64_t out_random (void *context)
{
    shell_t *self = context;
    //  SplitMix64: the same in every run
    uint64_t x = self->random += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
}

//  --- the shell --------------------------------------------------------------------

shell_t *shell_new (const daffi_core_options_t *options)
{
    shell_t *self = daffi_new (sizeof *self);
    self->now_ms = 1000000;
    daffi_buffer_init (&self->last_body);
    daffi_core_options_t own = {.name = "hub"};
    if (options)
        own = *options;
    if (!own.settle_ms)
        own.settle_ms = -1;
    own.output =
        (daffi_core_output_t){self, out_send, out_fits, out_drop, out_random, NULL};
    self->core = daffi_core_new (&own, self->now_ms);
    return self;
}

void shell_end (shell_t **self_p)
{
    shell_t *self = *self_p;
    daffi_core_t *core = self->core;
    self->line_count = self->line_next = 0;
    for (unsigned i = 0; i < SHELL_PEERS; i++)
        if (self->peers[i].session) {
            daffi_session_t *session = self->peers[i].session;
            daffi_core_disconnect (core, session, self->now_ms);
            self->peers[i].session = NULL;
        }
    CHECK_EQ_UINT (core->stats.sessions, 0);
    CHECK_EQ_UINT (core->stats.processes, 0);
    CHECK_EQ_UINT (core->stats.functions, 0);
    CHECK_EQ_UINT (core->stats.waiting, 0);
    CHECK_EQ_UINT (core->stats.running, 0);
    CHECK_EQ_UINT (core->stats.abandoned, 0);
    CHECK_EQ_UINT (core->stats.groups, 0);
    CHECK_EQ_UINT (core->stats.waits, 0);
    CHECK_EQ_UINT (core->stats.queued_bytes, 0);
    CHECK_EQ_UINT (core->processes.count, 0);
    CHECK_EQ_UINT (core->functions.count, 0);
    CHECK_EQ_UINT (core->tasks.caller->entries.count, 0);
    DAFFI_LIST_EACH (&core->sessions, link, follower)
        CHECK_EQ_UINT (daffi_container (link, daffi_session_t, link)->entries.count, 0);
    CHECK_EQ_UINT (core->offers.count, 0);
    CHECK_EQ_UINT (core->starving_count, 0);
    CHECK_EQ_UINT (core->wheel.count, core->settling ? 1 : 0);
    daffi_core_destroy (&self->core);
    daffi_buffer_done (&self->last_body);
    free (self);
    *self_p = NULL;
}

shell_peer_t *shell_peer (shell_t *self, const char *name)
{
    for (unsigned i = 0; i < SHELL_PEERS; i++) {
        shell_peer_t *peer = &self->peers[i];
        if (!peer->name[0]) {
            snprintf (peer->name, sizeof peer->name, "%s", name);
            peer->shell = self;
            peer->room = SIZE_MAX;
        }
        if (strcmp (peer->name, name) == 0)
            return peer;
    }
    daffi_test_fail (__FILE__, __LINE__, "more than %d peers", SHELL_PEERS);
}

//  --- playing ----------------------------------------------------------------------

static void expect (shell_t *self, const char *file, int line, const char *expected,
                    const char *cause)
{
    if (self->line_next == self->line_count)
        daffi_test_fail (file, line, "after `%s`: nothing came, expected `%s`", cause,
                         expected);
    const char *actual = self->lines[self->line_next++];
    if (strcmp (actual, expected) != 0)
        daffi_test_fail (file, line, "after `%s`: came `%s`, expected `%s`", cause,
                         actual, expected);
}

static void expect_no_more (shell_t *self, const char *file, int line,
                            const char *cause)
{
    if (self->line_next < self->line_count)
        daffi_test_fail (file, line, "after `%s`: came `%s`, expected nothing more",
                         cause, self->lines[self->line_next]);
    self->line_next = self->line_count = 0;
}

//  The next line, or false at the end.
static bool next_line (const char **script, char *line)
{
    size_t size = strcspn (*script, "\n");
    if (!size)
        return false;
    CHECK (size < SHELL_LINE);
    memcpy (line, *script, size);
    line[size] = 0;
    *script += size + ((*script)[size] == '\n');
    return true;
}

void shell_play (shell_t *self, const char *file, int line, const char *script)
{
    char text[SHELL_LINE], cause[SHELL_LINE] = "the beginning";
    while (next_line (&script, text)) {
        if (strncmp (text, "  ", 2) == 0) {
            expect (self, file, line, text + 2, cause);
            continue;
        }
        expect_no_more (self, file, line, cause);
        memcpy (cause, text, sizeof cause);
        if (!shell_run_line (self, text))
            daffi_test_fail (file, line, "what is `%s`?", text);
    }
    expect_no_more (self, file, line, cause);
}
