//  SPDX-License-Identifier: MPL-2.0
//  From options to endpoints, and what is said where there is none.

#include "endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "context.h"
#include "test.h"

typedef struct {
    daffi_options_t options;
    const char *text;  //  of the endpoint
} good_t;

TEST ("host and port, host alone, folder and nothing become endpoints")
{
    CHECK (setenv ("TMPDIR", "/var/tmp", 1) == 0);
    const good_t rows[] = {
        {{.host = "127.0.0.1", .port = 8888}, "tcp://127.0.0.1:8888"},
        {{.host = "example.org", .port = 1}, "tcp://example.org:1"},
        {{.host = "::1", .port = 65535}, "tcp://[::1]:65535"},
        {{.host = "[::1]", .port = 1}, "tcp://[::1]:1"},
        {{.host = "127.0.0.1", .init_controller = true}, "tcp://127.0.0.1:*"},
        {{.host = "*", .init_controller = true, .port = 5}, "tcp://*:5"},
        {{.unix_sock_path = "/run/x"}, "ipc:///run/x/.sock"},
        {{.unix_sock_path = "/run/x//"}, "ipc:///run/x/.sock"},
        {{.unix_sock_path = "/"}, "ipc:////.sock"},
        {{.unix_sock_path = "here"}, "ipc://here/.sock"},
        {{.process_name = "x"}, "ipc:///var/tmp/daffi/.sock"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        daffi_endpoint_t endpoint;
        CHECK_OK (daffi_endpoint_resolve (&endpoint, &rows[i].options, NULL));
        CHECK_EQ_STR (endpoint.text, rows[i].text);
        CHECK (endpoint.is_ipc == (rows[i].options.host == NULL));
        CHECK (endpoint.any_port == (rows[i].options.host && !rows[i].options.port));
    }
    CHECK (unsetenv ("TMPDIR") == 0);
    daffi_endpoint_t endpoint;
    CHECK_OK (daffi_endpoint_resolve (&endpoint, &rows[10].options, NULL));
    CHECK_EQ_STR (endpoint.text, "ipc:///tmp/daffi/.sock");
}

TEST ("options that name no place are INVALID")
{
    char host[300];
    memset (host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    const daffi_options_t rows[] = {
        {.host = "a", .port = 1, .unix_sock_path = "b"},
        {.port = 1},
        {.host = "a"},
        {.host = "", .port = 1},
        {.host = host, .port = 1},
        {.unix_sock_path = ""},
        {.unix_sock_path = host},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        daffi_endpoint_t endpoint;
        daffi_error_t error = {.text = ""};
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_endpoint_resolve (&endpoint, &rows[i], &error));
        CHECK_STATUS (DAFFI_INVALID, error.status);
        CHECK (strlen (error.text) > 20);
    }
}

TEST ("a socket's path has 107 bytes at most")
{
    char folder[128] = "/";
    daffi_endpoint_t endpoint;
    daffi_options_t options = {.unix_sock_path = folder};
    memset (folder + 1, 'x', 100);
    CHECK_OK (daffi_endpoint_resolve (&endpoint, &options, NULL));
    CHECK_EQ_UINT (strlen (endpoint.path), 107);
    folder[101] = 'x';
    CHECK_STATUS (DAFFI_INVALID, daffi_endpoint_resolve (&endpoint, &options, NULL));
}

TEST ("a bind fills in the port, and a second one there says who is in the way")
{
    daffi_error_t error;
    void *context;
    CHECK_OK (daffi_context_acquire (&context, &error));
    void *one = daffi_socket_new (context, ZMQ_ROUTER, &error);
    void *two = daffi_socket_new (context, ZMQ_ROUTER, &error);
    daffi_endpoint_t endpoint;
    daffi_options_t options = {.host = "127.0.0.1", .init_controller = true};
    CHECK_OK (daffi_endpoint_resolve (&endpoint, &options, &error));
    CHECK_OK (daffi_endpoint_bind (&endpoint, one, &error));
    CHECK (strncmp (endpoint.text, "tcp://127.0.0.1:", 16) == 0);
    CHECK (atoi (endpoint.text + 16) > 0);
    CHECK_STATUS (DAFFI_ENDPOINT, daffi_endpoint_bind (&endpoint, two, &error));
    CHECK (strstr (error.text, "another program") != NULL);
    void *node = daffi_socket_new (context, ZMQ_DEALER, &error);
    CHECK_OK (daffi_endpoint_connect (&endpoint, node, &error));
    daffi_socket_close (&node);
    daffi_socket_close (&two);
    daffi_socket_close (&one);
    CHECK (one == NULL);
    daffi_socket_close (&one);
    daffi_context_release ();
}
