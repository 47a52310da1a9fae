//  SPDX-License-Identifier: MPL-2.0
//  A cable between a node and its controller that a test cuts and mends.

#ifndef DAFFI_SYSTEM_CABLE_H
#define DAFFI_SYSTEM_CABLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "place.h"

enum { CABLE_WIRES = 8 };

typedef struct {
    place_t far;  //  where the node connects
    const place_t *hub;
    pthread_t thread;
    int listener;
    atomic_bool cut;
    atomic_bool over;
    int wires[CABLE_WIRES][2];  //  connections: the node's end, the controller's
    size_t count;
} cable_t;

void cable_lay (cable_t *self, const place_t *hub);
//  Both ends stay up, and nothing comes through any more.
void cable_cut (cable_t *self);
//  What was in it is lost, and so are its connections: new ones can be made.
void cable_mend (cable_t *self);
void cable_remove (cable_t *self);

#endif
