//  SPDX-License-Identifier: MPL-2.0
//  Plain sockets, non-blocking, for the fault proxy.
#ifndef CHAOS_SOCKET_H
#define CHAOS_SOCKET_H

#include "chaos_board.h"

//  -1: errno says why.
int chaos_socket_listen (const chaos_address_t *address);
int chaos_socket_accept (int listener);
int chaos_socket_connect (const chaos_address_t *address);
//  A port of 127.0.0.1 that nobody uses at the moment; 0: none.
uint16_t chaos_socket_free_port (void);

#endif
