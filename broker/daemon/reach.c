//  SPDX-License-Identifier: MPL-2.0
//  Who can reach a TCP address that we are to listen on.
//
//  ZeroMQ takes more than the resolver does: `*` for all addresses, and names of
//  network interfaces. Whatever is not surely loopback counts as reachable.

#include "reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

static bool loopback (const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy (&ipv4, address, sizeof ipv4);
        return ntohl (ipv4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy (&ipv6, address, sizeof ipv6);
        const uint8_t *bytes = ipv6.sin6_addr.s6_addr;
        return IN6_IS_ADDR_LOOPBACK (&ipv6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED (&ipv6.sin6_addr) && bytes[12] == IN_LOOPBACKNET);
    }
    return false;
}

daffi_reach_t daffi_reach_of (const char *host, const char **why)
{
    *why = "";
    if (strcmp (host, "*") == 0)
        return DAFFI_REACH_NETWORK;
    const struct addrinfo wish = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo (host, NULL, &wish, &found);
    if (error) {
        *why = gai_strerror (error);
        return DAFFI_REACH_UNKNOWN;
    }
    daffi_reach_t reach = DAFFI_REACH_THIS_HOST;
    for (const struct addrinfo *each = found; each; each = each->ai_next)
        if (!loopback (each->ai_addr))
            reach = DAFFI_REACH_NETWORK;
    freeaddrinfo (found);
    return reach;
}
