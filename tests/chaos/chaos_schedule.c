//  SPDX-License-Identifier: MPL-2.0
//  Who is hurt next, how, and for how long.
//
//  The seed decides the order of the faults and their lengths; what the processes were
//  doing at that moment is as it comes.
#include "chaos_schedule.h"

#include <signal.h>
#include <stdio.h>

enum {
    PAUSE_MIN_MS = 80,  //  between two faults
    PAUSE_MAX_MS = 500,
    AWAY_MAX_MS = 400,  //  until somebody new takes the place
    STOP_MIN_MS = 20,
    STOP_MAX_MS = 2500,
    LINK_MIN_MS = 50,
    LINK_MAX_MS = 2000,
    QUIET_S = 4,  //  at the end, without faults
    //  a caller's outcomes may take as long as the longest timeout, and then some
    CALLER_END_S = 15
};

typedef struct {
    chaos_scene_t *scene;
    uint64_t random;
    int64_t link_due_ns[CHAOS_SLOTS];  //  0: no fault
    uint32_t link_event[CHAOS_SLOTS];
} play_t;

static volatile sig_atomic_t interrupted;

static void on_interrupt (int number)
{
    (void)number;
    interrupted = 1;
}

static int64_t in_ms (play_t *play, uint32_t low, uint32_t high)
{
    return chaos_now () + chaos_between (&play->random, low, high) * CHAOS_MS;
}

//  --- what time brings ---------------------------------------------------------------

static bool fill (chaos_scene_t *scene, chaos_place_t *place)
{
    char title[64];
    chaos_scene_title (place, title);
    chaos_scene_say (scene, "%s starts", title);
    return place->role == CHAOS_BROKER ? chaos_scene_start_broker (scene)
                                       : chaos_scene_start (scene, place);
}

static bool tend (play_t *play, chaos_place_t *place)
{
    int64_t now = chaos_now ();
    bool was_there = place->pid != 0;
    if (chaos_scene_ended (play->scene, place)) {
        if (was_there)
            place->due_ns = in_ms (play, 0, AWAY_MAX_MS);
        return now < place->due_ns || fill (play->scene, place);
    }
    if (place->stop_event && now >= place->due_ns)
        chaos_scene_continue (play->scene, place);
    return true;
}

static void heal_link (play_t *play, uint32_t slot)
{
    chaos_board_t *board = play->scene->board;
    if (!play->link_due_ns[slot])
        return;
    play->link_due_ns[slot] = 0;
    atomic_store (&board->links[slot].mode, 0);
    atomic_store (&board->events[play->link_event[slot]].to_ns, chaos_now ());
}

//  Where it is as long as an outcome was late, it was the machine.
static void look_at_self (chaos_scene_t *scene)
{
    int64_t now = chaos_now ();
    if (scene->turned_ns && now - scene->turned_ns > scene->stood_ns)
        scene->stood_ns = now - scene->turned_ns;
    scene->turned_ns = now;
}

static bool tend_all (play_t *play)
{
    chaos_scene_t *scene = play->scene;
    look_at_self (scene);
    bool good = tend (play, &scene->broker);
    for (uint32_t i = 0; good && i < scene->node_count; i++) {
        if (play->link_due_ns[i] && chaos_now () >= play->link_due_ns[i])
            heal_link (play, i);
        good = tend (play, &scene->nodes[i]);
    }
    if (good && scene->proxied && chaos_scene_ended (scene, &scene->proxy))
        good = false;
    return good && !interrupted;
}

//  --- faults -------------------------------------------------------------------------

static void hurt_process (play_t *play, chaos_place_t *place, chaos_event_kind_t how)
{
    char title[64];
    chaos_scene_t *scene = play->scene;
    if (!place->pid || (how != CHAOS_KILL && (place->stop_event || place->leaving)))
        return;
    chaos_scene_title (place, title);
    chaos_scene_say (scene, "%s: %s", title, chaos_event_name (how));
    if (how == CHAOS_KILL) {
        chaos_scene_kill (scene, place);
        place->due_ns = in_ms (play, 0, AWAY_MAX_MS);
    } else if (how == CHAOS_STOP) {
        chaos_scene_stop (scene, place);
        place->due_ns = in_ms (play, STOP_MIN_MS, STOP_MAX_MS);
    } else {
        chaos_scene_ask_to_leave (scene, place);
    }
}

static void hurt_link (play_t *play, uint32_t slot, chaos_event_kind_t how)
{
    char title[64];
    chaos_board_t *board = play->scene->board;
    chaos_link_t *link = &board->links[slot];
    if (play->link_due_ns[slot])
        return;
    uint32_t amount = how == CHAOS_DELAY     ? chaos_between (&play->random, 5, 400)
                      : how == CHAOS_TRICKLE ? chaos_between (&play->random, 1, 400)
                                             : 0;
    chaos_scene_title (&play->scene->nodes[slot], title);
    chaos_scene_say (play->scene, "link of %s: %s %u", title, chaos_event_name (how),
                     amount);
    uint32_t index = chaos_board_event (board, how, chaos_now ());
    board->events[index].slot = (uint16_t)slot;
    board->events[index].role = (uint8_t)play->scene->nodes[slot].role;
    board->events[index].amount = amount;
    if (how == CHAOS_CUT) {
        atomic_fetch_add (&link->cuts, 1);
        atomic_store (&board->events[index].to_ns, chaos_now ());
        return;
    }
    atomic_store (&link->amount, amount);
    atomic_store (&link->mode, how);
    play->link_event[slot] = index;
    play->link_due_ns[slot] = in_ms (play, LINK_MIN_MS, LINK_MAX_MS);
}

static void hurt (play_t *play)
{
    static const chaos_event_kind_t to_process[] = {CHAOS_KILL, CHAOS_STOP,
                                                    CHAOS_LEAVE};
    chaos_scene_t *scene = play->scene;
    uint32_t who = chaos_between (&play->random, 0, 100);
    uint32_t slot = chaos_between (&play->random, 0, scene->node_count);
    uint32_t worker = chaos_between (&play->random, 0, scene->settings->workers);
    chaos_event_kind_t how = to_process[chaos_between (&play->random, 0, 3)];
    uint32_t link_how = chaos_between (&play->random, CHAOS_DELAY, CHAOS_CUT + 1);
    if (scene->proxied && who < 50)
        hurt_link (play, slot, (chaos_event_kind_t)link_how);
    else if (who % 50 < 9)
        hurt_process (play, &scene->broker, how);
    else if (who % 50 < 30)
        hurt_process (play, &scene->nodes[worker], how);
    else
        hurt_process (play, &scene->nodes[slot], how);
}

//  --- beginning and end --------------------------------------------------------------

static bool begin (chaos_scene_t *scene)
{
    if (!chaos_scene_start_broker (scene) ||
        (scene->proxied && !chaos_scene_start_proxy (scene)))
        return false;
    for (uint32_t i = 0; i < scene->node_count; i++)
        if (!chaos_scene_start (scene, &scene->nodes[i]))
            return false;
    return true;
}

static bool all_there (const chaos_scene_t *scene)
{
    bool there =
        scene->broker.pid && !scene->broker.leaving && !scene->broker.stop_event;
    for (uint32_t i = 0; i < scene->node_count; i++)
        there = there && scene->nodes[i].pid && !scene->nodes[i].leaving &&
                !scene->nodes[i].stop_event;
    return there;
}

//  After the last fault service must come back, to every caller.
static bool be_quiet (play_t *play)
{
    chaos_scene_t *scene = play->scene;
    for (uint32_t i = 0; i < scene->node_count; i++)
        heal_link (play, i);
    while (!all_there (scene))
        if (!tend_all (play))
            return false;
        else
            chaos_sleep (2 * CHAOS_MS);
    int64_t healed = chaos_now ();
    while (chaos_now () < healed + QUIET_S * CHAOS_SECOND)
        if (!tend_all (play))
            return false;
        else
            chaos_sleep (5 * CHAOS_MS);
    for (uint32_t i = scene->settings->workers; i < scene->node_count; i++) {
        int64_t last = scene->board->lives[scene->nodes[i].life].last_ok_ns;
        if (last > healed + QUIET_S * CHAOS_SECOND / 2)
            continue;
        printf ("VIOLATION caller-%u was not served again within %d s of the last "
                "fault\n",
                i, QUIET_S);
        scene->unclean++;
    }
    return true;
}

static void end_in_order (chaos_scene_t *scene)
{
    atomic_store (&scene->board->ending, true);
    for (uint32_t i = scene->settings->workers; i < scene->node_count; i++) {
        chaos_place_t *caller = &scene->nodes[i];
        caller->leaving = true;  //  by itself
        caller->left_ns = chaos_now ();
        if (!chaos_scene_wait_end (scene, caller, CALLER_END_S)) {
            printf ("VIOLATION caller-%u does not come to its end\n", i);
            scene->unclean++;
        }
    }
    for (uint32_t i = 0; i < scene->settings->workers; i++)
        chaos_scene_ask_to_leave (scene, &scene->nodes[i]);
    for (uint32_t i = 0; i < scene->settings->workers; i++)
        chaos_scene_wait_end (scene, &scene->nodes[i], CALLER_END_S);
    chaos_scene_ask_to_leave (scene, &scene->broker);
    chaos_scene_wait_end (scene, &scene->broker, CALLER_END_S);
    chaos_scene_ask_to_leave (scene, &scene->proxy);
    if (scene->proxy.pid)
        chaos_scene_wait_end (scene, &scene->proxy, CALLER_END_S);
}

bool chaos_schedule_play (chaos_scene_t *scene)
{
    play_t play = {.scene = scene, .random = scene->settings->seed};
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    if (!begin (scene))
        return false;
    int64_t end = chaos_now () + scene->settings->duration_s * CHAOS_SECOND;
    int64_t next = chaos_now () + CHAOS_SECOND;
    while (chaos_now () < end || scene->board->last_call < scene->settings->calls) {
        if (scene->board->last_call >= scene->board->calls_room)
            break;
        if (chaos_now () >= next) {
            hurt (&play);
            next = in_ms (&play, PAUSE_MIN_MS, PAUSE_MAX_MS);
        }
        if (!tend_all (&play))
            return false;
        chaos_sleep (2 * CHAOS_MS);
    }
    if (!be_quiet (&play))
        return false;
    end_in_order (scene);
    return true;
}
