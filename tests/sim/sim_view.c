//  SPDX-License-Identifier: MPL-2.0
//  What a subscriber believes of the others, from the events that it was told.

#include "sim.h"

void sim_view_reset (node_t *node)
{
    node->view_known = false;
    memset (node->view_present, 0, sizeof node->view_present);
    memset (node->view_offers, 0, sizeof node->view_offers);
}

static void believe (world_t *self, node_t *node, const daffi_event_body_t *event)
{
    unsigned name =
        event->process.size == 2 ? (unsigned)event->process.data[1] - '0' : NAMES_MAX;
    unsigned function =
        event->function.size == 2 ? (unsigned)event->function.data[1] - '0' : 0;
    if (name >= NAMES_MAX || function >= FUNCTIONS_MAX) {
        sim_broken (self, "an event about somebody who never was");
        return;
    }
    uint8_t bit = (uint8_t)(1u << function);
    bool *present = &node->view_present[name];
    uint8_t *offers = &node->view_offers[name];
    bool fits = false;
    switch (event->type) {
    case DAFFI_EVENT_PROCESS_JOINED:
        fits = !*present && !*offers;
        *present = true;
        break;
    case DAFFI_EVENT_PROCESS_LEFT:
        fits = *present && !*offers && event->reason >= 1 && event->reason <= 4;
        *present = false;
        break;
    case DAFFI_EVENT_FUNCTION_ADDED:
        fits = *present;
        *offers |= bit;
        break;
    case DAFFI_EVENT_FUNCTION_REMOVED:
        fits = *present && *offers & bit;
        *offers &= (uint8_t)~bit;
        break;
    default:
        break;
    }
    if (!fits)
        sim_broken (self, "an event %u about n%u that does not follow from the others",
                    (unsigned)event->type, name);
}

void sim_view_event (world_t *self, node_t *node, const message_t *message)
{
    daffi_event_body_t event;
    if (daffi_read_event (message->body, message->size, &event))
        sim_broken (self, "an event that cannot be read");
    else if (event.type == DAFFI_EVENT_LOST)
        sim_view_reset (node);
    else
        believe (self, node, &event);
}

//  In quiet times it must be what is so.
void sim_view_check (world_t *self, const node_t *node)
{
    bool present[NAMES_MAX] = {false};
    uint8_t offers[NAMES_MAX] = {0};
    for (unsigned i = 0; i < self->node_count; i++) {
        const node_t *other = &self->nodes[i];
        if (other->state != NODE_CONNECTED)
            continue;
        present[other->name] = true;
        offers[other->name] = other->offers;
    }
    for (unsigned name = 0; name < NAMES_MAX; name++)
        if (node->view_present[name] != present[name] ||
            node->view_offers[name] != offers[name])
            sim_broken (
                self, "n%u believes n%u to be %s, offering %02x; it is %s, %02x",
                sim_index_of (self, node), name,
                node->view_present[name] ? "there" : "away", node->view_offers[name],
                present[name] ? "there" : "away", offers[name]);
}
