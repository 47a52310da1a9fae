//  SPDX-License-Identifier: MPL-2.0
//  16_sticky: calls with a key always go to the same process.
//
//  Three shards keep a counter for each user in their own memory. The key decides which
//  shard has a user (rendezvous hashing), so no table of who is where is needed. When a
//  shard leaves, its users move to the others, and no other user moves.
//
//  RUN: ./16_sticky
//  OUTPUT:
//  | 60 users, 3 visits each: every visit found the one before it
//  | all three shards have some of them
//  | after shard-2 left, its users moved, and 0 others
//  END

#include <daffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS = 3, USERS = 60, VISITS = 3 };

typedef struct {
    daffi_global_t *global;
    int visits[USERS];
} shard_t;

//  How often this user was here, and where that is.
static daffi_status_t visit (daffi_request_t *request, void *arg)
{
    shard_t *self = arg;
    unsigned user;
    daffi_status_t status = daffi_request_read (request, &user);
    if (status || user >= USERS)
        return DAFFI_TYPE;
    const char *name = daffi_global_process_name (daffi_request_global (request));
    return daffi_request_reply_value (request,
                                      DAFFI_ARRAY (++self->visits[user], name[6]));
}

//  Which shard (the digit of its name) answered; the visits in *visits.
static int64_t call (daffi_global_t *global, int user, int64_t *visits)
{
    char key[16];
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_value_t count, digit;
    int64_t shard = -1;
    snprintf (key, sizeof key, "user-%d", user);
    if (daffi_call (global, "visit", DAFFI_ARGS (user),
                    DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = key), &result,
                    &error)) {
        fprintf (stderr, "%s\n", error.text);
        exit (EXIT_FAILURE);
    }
    if (!daffi_value_item (daffi_result_value (result), 0, &count) &&
        !daffi_value_get_int (&count, visits) &&
        !daffi_value_item (daffi_result_value (result), 1, &digit) &&
        !daffi_value_get_int (&digit, &shard))
        shard -= '1';
    daffi_result_destroy (&result);
    return shard;
}

static shard_t shards[SHARDS];

static void start (uint16_t port)
{
    daffi_error_t error;
    for (int i = 0; i < SHARDS; i++) {
        char name[16];
        snprintf (name, sizeof name, "shard-%d", i + 1);
        const daffi_function_t functions[] = {
            {.name = "visit", .callback = visit, .arg = &shards[i], .max_running = 1},
            {0}};
        shards[i].global = daffi_global_new (
            DAFFI_OPTIONS (.process_name = name, .host = "127.0.0.1", .port = port,
                           .functions = functions, .connect_timeout_ms = 5000),
            &error);
        if (!shards[i].global) {
            fprintf (stderr, "%s\n", error.text);
            exit (EXIT_FAILURE);
        }
    }
}

static void run (daffi_global_t *hub)
{
    int64_t owner[USERS], visits;
    int found = 0, kept[SHARDS] = {0}, moved = 0, gone_still = 0;
    for (int user = 0; user < USERS; user++)
        kept[owner[user] = call (hub, user, &visits)]++;
    for (int i = 2; i <= VISITS; i++)
        for (int user = 0; user < USERS; user++)
            found += call (hub, user, &visits) == owner[user] && visits == i;
    printf ("%d users, %d visits each: every visit found the one before it%s\n", USERS,
            VISITS, found == USERS * (VISITS - 1) ? "" : ", but for some");
    printf ("all three shards have some of them%s\n",
            kept[0] && kept[1] && kept[2] ? "" : ", but for one");
    daffi_global_destroy (&shards[1].global);
    for (int user = 0; user < USERS; user++) {
        int64_t now = call (hub, user, &visits);
        moved += owner[user] != 1 && now != owner[user];
        gone_still += now == 1;
    }
    printf ("after shard-2 left, its users moved%s, and %d others\n",
            gone_still ? " in part" : "", moved);
}

int main (void)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *hub =
        daffi_global_new (DAFFI_OPTIONS (.process_name = "hub", .init_controller = true,
                                         .host = "127.0.0.1"),
                          &error);
    if (!hub) {
        fprintf (stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    const char *port = strrchr (daffi_global_endpoint (hub), ':') + 1;
    start ((uint16_t)strtoul (port, NULL, 10));
    run (hub);
    for (int i = 0; i < SHARDS; i++)
        daffi_global_destroy (&shards[i].global);
    return EXIT_SUCCESS;
}
