//  SPDX-License-Identifier: MPL-2.0
//  What the roles have in common: the board, SIGTERM, the Global.
#include "chaos_role.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_board.h"

enum { HEARTBEAT_MS = 250, HEARTBEAT_TIMEOUT_MS = 1000, DRAIN_MS = 1500 };

//  Whichever thread the signal comes to, others look at it: volatile would not do.
static atomic_bool asked;

static void on_term (int number)
{
    (void)number;
    atomic_store (&asked, true);
}

bool chaos_role_asked_to_leave (void)
{
    return atomic_load (&asked);
}

//  Blocked since before exec (): one that came meanwhile is noticed now.
static void obey_term (void)
{
    sigset_t term;
    struct sigaction action = {.sa_handler = on_term};
    sigaction (SIGTERM, &action, NULL);
    sigemptyset (&term);
    sigaddset (&term, SIGTERM);
    pthread_sigmask (SIG_UNBLOCK, &term, NULL);
}

void chaos_role_name_of (char name[64], unsigned role, unsigned slot)
{
    snprintf (name, 64, "%s-%u", chaos_role_name (role), slot);
}

daffi_global_t *chaos_role_global (const chaos_self_t *self,
                                   const daffi_function_t *functions)
{
    const chaos_address_t *address = &self->board->address[self->life->slot];
    char name[64];
    daffi_error_t error;
    chaos_role_name_of (name, self->life->role, self->life->slot);
    daffi_global_t *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = name, .functions = functions,
                       .host = address->port ? "127.0.0.1" : NULL,
                       .port = address->port,
                       .unix_sock_path = address->port ? NULL : address->folder,
                       .heartbeat_ms = HEARTBEAT_MS,
                       .heartbeat_timeout_ms = HEARTBEAT_TIMEOUT_MS,
                       .drain_timeout_ms = DRAIN_MS),
        &error);
    if (!global)
        fprintf (stderr, "daffi-chaos: %s: %s\n", name, error.text);
    return global;
}

static const struct {
    const char *name;
    int (*run) (chaos_self_t *self);
} roles[] = {{"@worker", chaos_worker},
             {"@caller", chaos_caller},
             {"@proxy", chaos_proxy},
             {"@crowd", chaos_crowd}};

int chaos_role_run (int argc, char **argv)
{
    static chaos_self_t self;  //  threads look at it until the process is gone
    if (argc != 4 || !(self.board = chaos_board_map (argv[2], 0))) {
        fprintf (stderr, "daffi-chaos: not a role's arguments\n");
        return 2;
    }
    self.number = (uint32_t)strtoul (argv[3], NULL, 10) % CHAOS_LIVES_MAX;
    self.life = &self.board->lives[self.number];
    obey_term ();
    signal (SIGINT, SIG_IGN);  //  of the terminal: the conductor decides
    signal (SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < CHAOS_COUNT (roles); i++)
        if (strcmp (argv[1], roles[i].name) == 0)
            return roles[i].run (&self);
    return 2;
}
