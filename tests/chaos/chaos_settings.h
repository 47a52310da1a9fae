//  SPDX-License-Identifier: MPL-2.0
//  The command line of daffi-chaos.
#ifndef CHAOS_SETTINGS_H
#define CHAOS_SETTINGS_H

#include "chaos_base.h"

typedef enum { CHAOS_MODE_RUN, CHAOS_MODE_KILL, CHAOS_MODE_RECOVER } chaos_mode_t;

typedef enum {
    CHAOS_TCP,
    CHAOS_UNIX,
    CHAOS_PROXIED  //  the nodes by turns over TCP and UNIX sockets into the proxy
} chaos_transport_t;

typedef struct {
    chaos_mode_t mode;
    chaos_transport_t transport;
    const char *program;  //  this one
    const char *broker;   //  the daffi-broker program
    uint64_t seed;
    uint32_t duration_s;
    uint32_t calls;  //  at least so many
    uint32_t workers;
    uint32_t callers;
    uint32_t rate;  //  calls a second, all callers
    uint32_t kills;
    uint32_t nodes;
    uint32_t processes;
    uint32_t rounds;
    uint32_t slack_ms;  //  for outcomes after their deadlines, and for starts
    bool strict;
    bool keep;
    bool verbose;
} chaos_settings_t;

//  False: the program ends with that code.
bool chaos_settings_read (chaos_settings_t *self, int argc, char **argv, int *code);
const char *chaos_transport_name (chaos_transport_t transport);

#endif
