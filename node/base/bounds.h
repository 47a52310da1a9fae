//  SPDX-License-Identifier: MPL-2.0
//  Every bound on what a peer can make us keep, in one place, each with its reason.

#ifndef DAFFI_BOUNDS_H
#define DAFFI_BOUNDS_H

enum {
    DAFFI_BODY_MAX = 64 << 20,      //  one body: larger things are streams
    DAFFI_FUNCTIONS_MAX = 4096,     //  functions of one node
    DAFFI_SIGNATURE_MAX = 512,      //  bytes of a signature string
    DAFFI_DOC_MAX = 1024,           //  bytes of a documentation string
    DAFFI_PROGRESS_MAX = 512,       //  bytes of one report of progress
    DAFFI_PRIORITY_MAX = 9,         //  of a call; 0 is the least and the default
    DAFFI_PRIORITY_STEP_MS = 1000,  //  each step counts as so long a wait, so that
                                    //  nothing starves
    DAFFI_CALLS_MAX = 10000,        //  calls in flight of one session
    DAFFI_FRAME_SLACK = 64 << 10,   //  ZMTP cuts off frames over DAFFI_BODY_MAX + this
    DAFFI_QUEUE_MAX = 128 << 20,    //  bytes waiting for one session: bodies that were
                                    //  sent count until libzmq lets go of them
    DAFFI_TOTAL_QUEUE_MAX = 1 << 30,  //  bytes waiting in a controller: of calls that
                                      //  nobody was given, and for nodes
    DAFFI_QUEUE_SHARE = 1 << 20,      //  that may wait for a node whatever waits for
                                      //  others
    DAFFI_FRAMES_MAX = 1024,          //  frames of one message: a run of empty frames
                                      //  costs 30 times its bytes
    DAFFI_CAPACITY_DEFAULT = 256,  //  calls given to a node that does not say at once
    DAFFI_CAPACITY_NODE = 1024,    //  and what ours says: room for one that is asked
                                   //  for much at a time to get it in one packet
    DAFFI_MONITORS_NODE_MAX = 8,   //  $sys.monitor of one session,
    DAFFI_MONITORS_MAX = 64,       //  and of all: each looks at every call
    DAFFI_EVENTS_MAX = 10000,      //  events that a slow subscriber may be behind

    DAFFI_HELLO_TIMEOUT_MS = 2000,
    DAFFI_HANDSHAKE_TIMEOUT_MS = 3000,
    DAFFI_HEARTBEAT_MS = 1000,
    DAFFI_HEARTBEAT_TIMEOUT_MS = 3000,
    DAFFI_DRAIN_TIMEOUT_MS = 5000,
    DAFFI_SETTLE_MS = 1000,
    DAFFI_CALL_TIMEOUT_MS = 30000,
    DAFFI_DEADLINE_MAX_MS = 48 * 3600 * 1000,
    DAFFI_LINGER_MS = 500,  //  for goodbyes
};

#endif
