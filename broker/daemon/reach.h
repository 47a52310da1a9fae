//  SPDX-License-Identifier: MPL-2.0
//  Who can reach a TCP address that we are to listen on.

#ifndef DAFFI_REACH_H
#define DAFFI_REACH_H

typedef enum {
    DAFFI_REACH_THIS_HOST,  //  loopback only
    DAFFI_REACH_NETWORK,    //  other machines, or at least nothing speaks against it
    DAFFI_REACH_UNKNOWN     //  the name says nothing to the resolver
} daffi_reach_t;

//  *why: the resolver's reason where it is UNKNOWN; static storage. Blocks as
//  getaddrinfo (3) does.
daffi_reach_t daffi_reach_of (const char *host, const char **why);

#endif
