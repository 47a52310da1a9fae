//  SPDX-License-Identifier: MPL-2.0
//  From options to the place where a controller listens and a node connects.

#include "endpoint.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "context.h"
#include "failure.h"

enum { HOST_MAX = 255 };

static daffi_status_t resolve_ipc (daffi_endpoint_t *out, const char *folder,
                                   daffi_error_t *error)
{
    char standard[256];
    if (!folder) {
        const char *temp = getenv ("TMPDIR");
        snprintf (standard, sizeof standard, "%s/daffi", temp && *temp ? temp : "/tmp");
        folder = standard;
    }
    if (!*folder)
        return daffi_fail (
            error, DAFFI_INVALID,
            "unix_sock_path is empty; name a folder, or leave it out for "
            "the standard one");
    size_t size = strlen (folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    int length =
        snprintf (out->path, sizeof out->path, "%.*s/.sock", (int)size, folder);
    if (length < 0 || length > DAFFI_IPC_PATH_MAX)
        return daffi_fail (
            error, DAFFI_INVALID,
            "the socket's path '%.60s…/.sock' has %d bytes, a UNIX socket's "
            "may have 107; use a shorter unix_sock_path or TMPDIR",
            folder, length);
    snprintf (out->folder, sizeof out->folder, "%.*s", (int)size, folder);
    snprintf (out->text, sizeof out->text, "ipc://%s", out->path);
    out->is_ipc = true;
    return DAFFI_OK;
}

static void print_tcp (daffi_endpoint_t *out, const char *host, const char *port)
{
    bool v6 = strchr (host, ':') && host[0] != '[';
    snprintf (out->text, sizeof out->text, v6 ? "tcp://[%s]:%s" : "tcp://%s:%s", host,
              port);
}

//  libzmq binds to numeric addresses and interfaces only.
static daffi_status_t numeric (const char *host, char *out, size_t capacity,
                               daffi_error_t *error)
{
    struct addrinfo wish = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo (host, NULL, &wish, &found);
    if (!failed)
        failed = getnameinfo (found->ai_addr, found->ai_addrlen, out,
                              (socklen_t)capacity, NULL, 0, NI_NUMERICHOST);
    if (found)
        freeaddrinfo (found);
    if (failed)
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "host '%s' is no address of this machine: %s", host,
                           gai_strerror (failed));
    return DAFFI_OK;
}

static daffi_status_t resolve_tcp (daffi_endpoint_t *out,
                                   const daffi_options_t *options, daffi_error_t *error)
{
    char port[16];
    char address[HOST_MAX + 1] = "";
    char bare[HOST_MAX + 1];
    const char *host = options->host;
    size_t size = strlen (host);
    //  an IPv6 address may stand in brackets, as in a URI
    if (size > 2 && size < HOST_MAX && host[0] == '[' && host[size - 1] == ']') {
        snprintf (bare, sizeof bare, "%.*s", (int)size - 2, host + 1);
        host = bare;
    }
    if (!size || size > HOST_MAX)
        return daffi_fail (error, DAFFI_INVALID,
                           "host must be 1 to 255 characters long");
    if (!options->port && !options->init_controller)
        return daffi_fail (error, DAFFI_INVALID,
                           "host '%s' without port: only a controller can take a free "
                           "port; give the port that the controller listens on",
                           host);
    if (options->init_controller && strcmp (host, "*") != 0) {
        daffi_status_t status = numeric (host, address, sizeof address, error);
        if (status)
            return status;
        host = address;
    }
    out->any_port = !options->port;
    snprintf (port, sizeof port, "%u", options->port);
    print_tcp (out, host, out->any_port ? "*" : port);
    return DAFFI_OK;
}

daffi_status_t daffi_endpoint_resolve (daffi_endpoint_t *out,
                                       const daffi_options_t *options,
                                       daffi_error_t *error)
{
    memset (out, 0, sizeof *out);
    if (options->host && options->unix_sock_path)
        return daffi_fail (
            error, DAFFI_INVALID,
            "both host and unix_sock_path are given; leave one of them out");
    if (options->port && !options->host)
        return daffi_fail (error, DAFFI_INVALID,
                           "port %u without host; add the host, for example 127.0.0.1",
                           options->port);
    return options->host ? resolve_tcp (out, options, error)
                         : resolve_ipc (out, options->unix_sock_path, error);
}

static daffi_status_t explain (const daffi_endpoint_t *self, const char *verb, int code,
                               daffi_error_t *error)
{
    const char *advice = "";
    if (code == EADDRINUSE)
        advice = "; another program listens there: stop it, or choose another port";
    else if (code == EADDRNOTAVAIL || code == ENODEV)
        advice = "; this machine has no such address: use one of its own, or 127.0.0.1";
    else if (code == EACCES)
        advice = "; ports below 1024 and foreign folders need more rights";
    else if (code == EMFILE)
        advice = "; raise the limit of open files (ulimit -n)";
    return daffi_fail (error, DAFFI_ENDPOINT, "cannot %s %s: %s%s", verb, self->text,
                       zmq_strerror (code), advice);
}

daffi_status_t daffi_endpoint_bind (daffi_endpoint_t *self, void *socket,
                                    daffi_error_t *error)
{
    daffi_socket_set (socket, ZMQ_IPV6, strchr (self->text, '[') != NULL);
    if (zmq_bind (socket, self->text))
        return explain (self, "listen on", zmq_errno (), error);
    size_t size = sizeof self->text;
    if (!self->is_ipc)
        zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, self->text, &size);
    return DAFFI_OK;
}

daffi_status_t daffi_endpoint_connect (const daffi_endpoint_t *self, void *socket,
                                       daffi_error_t *error)
{
    daffi_socket_set (socket, ZMQ_IPV6, strchr (self->text, '[') != NULL);
    if (zmq_connect (socket, self->text))
        return explain (self, "connect to", zmq_errno (), error);
    return DAFFI_OK;
}
