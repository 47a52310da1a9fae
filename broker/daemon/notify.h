//  SPDX-License-Identifier: MPL-2.0
//  Telling the service manager how far we are: sd_notify (3) without libsystemd.

#ifndef DAFFI_NOTIFY_H
#define DAFFI_NOTIFY_H

#include <stdbool.h>

//  Sends `state` ("READY=1") to $NOTIFY_SOCKET. True: sent, or nobody asked for it;
//  else errno tells why not.
bool daffi_notify (const char *state);

#endif
