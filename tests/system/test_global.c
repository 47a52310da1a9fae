//  SPDX-License-Identifier: MPL-2.0
//  The Global: how it starts, what it refuses and why, what it says.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

//  --- names, roles, endpoints ------------------------------------------------------

SYSTEM_TEST ("a process without a name gets a random one of its own")
{
    daffi_global_t *one = START (at, .init_controller = true);
    daffi_global_t *two = START (at, .log = NULL);
    CHECK (strlen (daffi_global_process_name (one)) > 8);
    CHECK (strcmp (daffi_global_process_name (one), daffi_global_process_name (two)));
    daffi_global_destroy (&two);
    daffi_global_destroy (&one);
}

SYSTEM_TEST ("a Global is a controller, a node, or both, and says which")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *node = START (at, .process_name = "node");
    CHECK (daffi_global_is_controller (hub));
    CHECK (!daffi_global_is_controller (node));
    CHECK_EQ_STR (daffi_global_process_name (node), "node");
    CHECK_EQ_STR (daffi_global_endpoint (node), daffi_global_endpoint (hub));
    CHECK_EQ_INT (daffi_global_state (hub, NULL), DAFFI_STATE_CONNECTED);
    CHECK_EQ_INT (daffi_global_state (node, NULL), DAFFI_STATE_CONNECTED);

    //  a controller alone has no node to call or to register with
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_call (hub, "echo", DAFFI_ARGS (), NULL, NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_cast (hub, "echo", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_global_register_function (hub, serve_find ("echo"), &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_unregister (hub, "echo", &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_wait_process (hub, "x", 0, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_subscribe (hub, NULL, NULL, &error));
    CHECK (strstr (error.text, "without_node") != NULL);
    CHECK_EQ_INT (daffi_global_fd (hub), -1);
    CHECK_EQ_INT (daffi_global_dispatch (hub, 0), 0);
    daffi_global_destroy (&node);
    daffi_global_destroy (&hub);
}

TEST ("a host alone takes a free port, which can be asked for and connected to")
{
    daffi_error_t error;
    daffi_global_t *hub = daffi_global_new (
        DAFFI_OPTIONS (.init_controller = true, .host = "127.0.0.1"), &error);
    CHECK (hub != NULL);
    unsigned port = 0;
    CHECK (sscanf (daffi_global_endpoint (hub), "tcp://127.0.0.1:%u", &port) == 1);
    CHECK (port > 0 && port < 65536);
    daffi_global_t *node =
        daffi_global_new (DAFFI_OPTIONS (.host = "127.0.0.1", .port = (uint16_t)port,
                                         .connect_timeout_ms = BOARD_PATIENCE_MS),
                          &error);
    CHECK (node != NULL);
    daffi_global_destroy (&node);
    daffi_global_destroy (&hub);
}

TEST ("a host may be a name or an IPv6 address")
{
    daffi_error_t error;
    const char *const hosts[] = {"localhost", "127.0.0.1", "::1", "[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        daffi_global_t *both = daffi_global_new (
            DAFFI_OPTIONS (.init_controller = true, .host = hosts[i]), &error);
        //  a machine without IPv6 says so
        if (!both && strchr (hosts[i], ':')) {
            CHECK_EQ_INT (error.status, DAFFI_ENDPOINT);
            continue;
        }
        CHECK (both != NULL);
        CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_CONNECTED);
        daffi_global_destroy (&both);
    }
}

TEST ("without host and path the socket is <temp directory>/daffi/.sock, and is gone "
      "at the end")
{
    daffi_error_t error;
    char socket[200], endpoint[220];
    struct stat info;
    CHECK (setenv ("TMPDIR", test_tmpdir (), 1) == 0);
    daffi_global_t *both =
        daffi_global_new (DAFFI_OPTIONS (.init_controller = true), &error);
    CHECK (both != NULL);
    snprintf (socket, sizeof socket, "%s/daffi/.sock", test_tmpdir ());
    snprintf (endpoint, sizeof endpoint, "ipc://%s", socket);
    CHECK_EQ_STR (daffi_global_endpoint (both), endpoint);
    CHECK (stat (socket, &info) == 0 && S_ISSOCK (info.st_mode));
    daffi_global_t *node =
        daffi_global_new (DAFFI_OPTIONS (.connect_timeout_ms = 20000), &error);
    CHECK (node != NULL);
    daffi_global_destroy (&node);
    daffi_global_destroy (&both);
    CHECK (stat (socket, &info) != 0);
    snprintf (socket, sizeof socket, "%s/daffi", test_tmpdir ());
    CHECK (stat (socket, &info) == 0);
    CHECK_EQ_INT (info.st_mode & 0777, 0700);
}

TEST ("unix_sock_path names another folder for the socket")
{
    daffi_error_t error;
    char folder[200], endpoint[220];
    snprintf (folder, sizeof folder, "%s/elsewhere", test_tmpdir ());
    snprintf (endpoint, sizeof endpoint, "ipc://%s/.sock", folder);
    daffi_global_t *both = daffi_global_new (
        DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = folder), &error);
    CHECK (both != NULL);
    CHECK_EQ_STR (daffi_global_endpoint (both), endpoint);
    daffi_global_destroy (&both);
}

//  --- what is refused --------------------------------------------------------------

static void check_refused (const daffi_options_t *options, daffi_status_t status,
                           const char *word)
{
    daffi_error_t error = {0};
    int64_t start_ms = clock_ms ();
    daffi_global_t *global = daffi_global_new (options, &error);
    CHECK (global == NULL);
    CHECK_STATUS (status, error.status);
    if (!strstr (error.text, word))
        daffi_test_fail (__FILE__, __LINE__, "'%s' does not say '%s'", error.text,
                         word);
    CHECK (clock_ms () - start_ms < 5000);
    //  nobody need ask why
    CHECK (daffi_global_new (options, NULL) == NULL);
}

TEST ("options that contradict each other are refused with what to do")
{
    check_refused (DAFFI_OPTIONS (.host = "127.0.0.1", .port = 8888,
                                  .unix_sock_path = test_tmpdir ()),
                   DAFFI_INVALID, "leave one of them out");
    check_refused (DAFFI_OPTIONS (.port = 8888), DAFFI_INVALID, "add the host");
    check_refused (DAFFI_OPTIONS (.port = 8888, .init_controller = true), DAFFI_INVALID,
                   "add the host");
    check_refused (DAFFI_OPTIONS (.host = "127.0.0.1"), DAFFI_INVALID, "port");
    check_refused (DAFFI_OPTIONS (.host = "", .port = 1), DAFFI_INVALID, "host");
    check_refused (DAFFI_OPTIONS (.without_node = true), DAFFI_INVALID,
                   "init_controller");
    check_refused (DAFFI_OPTIONS (.store = "tasks.db"), DAFFI_INVALID, "leave store");
    check_refused (DAFFI_OPTIONS (.unix_sock_path = ""), DAFFI_INVALID,
                   "unix_sock_path");
    check_refused (DAFFI_OPTIONS (.init_controller = true, .heartbeat_ms = 900,
                                  .heartbeat_timeout_ms = 1000,
                                  .unix_sock_path = test_tmpdir ()),
                   DAFFI_INVALID, "twice");
    check_refused (DAFFI_OPTIONS (.init_controller = true, .heartbeat_ms = -1,
                                  .unix_sock_path = test_tmpdir ()),
                   DAFFI_INVALID, "heartbeat");
}

TEST ("a bad process name is refused")
{
    char longest[DAFFI_NAME_MAX + 2];
    memset (longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const bad[] = {"", "two words", "$own", "slash/", "ümlaut", longest};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused (DAFFI_OPTIONS (.process_name = bad[i], .init_controller = true,
                                      .unix_sock_path = test_tmpdir ()),
                       DAFFI_INVALID, "process name");
}

TEST ("a bad function among the options refuses the start, and names it")
{
    const daffi_function_t twice[] = {
        *serve_find ("echo"), *serve_find ("echo"), {.name = NULL}};
    const daffi_function_t nothing[] = {{.name = "empty"}, {.name = NULL}};
    check_refused (DAFFI_OPTIONS (.init_controller = true, .functions = twice,
                                  .unix_sock_path = test_tmpdir ()),
                   DAFFI_EXISTS, "echo");
    check_refused (DAFFI_OPTIONS (.init_controller = true, .functions = nothing,
                                  .unix_sock_path = test_tmpdir ()),
                   DAFFI_INVALID, "empty");
}

TEST ("a socket path over 107 bytes is refused with its length")
{
    char folder[200], word[16];
    int size = snprintf (folder, sizeof folder, "%s/", test_tmpdir ());
    memset (folder + size, 'p', sizeof folder - 1 - (size_t)size);
    //  /.sock follows it: 101 bytes of folder are the most
    folder[102] = '\0';
    snprintf (word, sizeof word, "%d bytes", 108);
    check_refused (DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = folder),
                   DAFFI_INVALID, word);
    check_refused (DAFFI_OPTIONS (.unix_sock_path = folder), DAFFI_INVALID, word);
    folder[101] = '\0';
    daffi_error_t error;
    daffi_global_t *both = daffi_global_new (
        DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = folder), &error);
    if (!both)
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    CHECK_EQ_UINT (strlen (daffi_global_endpoint (both)), strlen ("ipc://") + 107);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("an endpoint in use is refused, and the one who has it is not harmed")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.init_controller = true));
    check_refused (&options, DAFFI_ENDPOINT, at->tcp ? "another program" : "in use");
    daffi_global_t *caller = caller_start (at);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

TEST ("an address that is not this machine's is refused")
{
    check_refused (DAFFI_OPTIONS (.init_controller = true, .host = "192.0.2.1"),
                   DAFFI_ENDPOINT, "no such address");
    check_refused (DAFFI_OPTIONS (.init_controller = true, .host = "not a host"),
                   DAFFI_ENDPOINT, "not a host");
}

TEST ("a folder that cannot be made, or is none, is refused")
{
    char path[200], under[220];
    snprintf (path, sizeof path, "%s/file", test_tmpdir ());
    FILE *file = fopen (path, "w");
    CHECK (file != NULL);
    fclose (file);
    snprintf (under, sizeof under, "%s/folder", path);
    check_refused (DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = under),
                   DAFFI_ENDPOINT, "cannot make the folder");
    check_refused (DAFFI_OPTIONS (.unix_sock_path = path), DAFFI_ENDPOINT,
                   "not a folder");
}

TEST ("a folder of somebody else, or one that everybody may write to, is refused")
{
    char folder[200];
    check_refused (DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = "/tmp"),
                   DAFFI_ENDPOINT,
                   geteuid () == 0 ? "everybody may write" : "belongs to uid 0");
    snprintf (folder, sizeof folder, "%s/theirs", test_tmpdir ());
    CHECK (mkdir (folder, 0700) == 0);
    if (chown (folder, 12345, (gid_t)-1))
        SKIP ("only root can give a folder away");
    check_refused (DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = folder),
                   DAFFI_ENDPOINT, "belongs to uid 12345");
    check_refused (DAFFI_OPTIONS (.unix_sock_path = folder), DAFFI_ENDPOINT,
                   "belongs to uid 12345");
}

TEST ("what is at the socket's place and is no socket is not deleted")
{
    char path[200];
    struct stat info;
    snprintf (path, sizeof path, "%s/.sock", test_tmpdir ());
    FILE *file = fopen (path, "w");
    CHECK (file != NULL);
    fputs ("precious", file);
    fclose (file);
    check_refused (
        DAFFI_OPTIONS (.init_controller = true, .unix_sock_path = test_tmpdir ()),
        DAFFI_ENDPOINT, "not a socket");
    CHECK (stat (path, &info) == 0);
    CHECK_EQ_INT (info.st_size, 8);
}

TEST ("the socket that a killed controller left behind is taken over")
{
    place_t place;
    place_init (&place, false);
    process_t broker = BROKER (&place, "--settle", "0");
    process_kill (&broker);
    daffi_global_t *both = START (&place, .init_controller = true);
    CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_CONNECTED);
    daffi_global_destroy (&both);
}

//  --- connecting -------------------------------------------------------------------

SYSTEM_TEST ("a node starts before its controller, and connects when that comes")
{
    daffi_error_t why = {0};
    //  a free port, known to both
    daffi_global_t *before = hub_start (at);
    daffi_global_destroy (&before);
    daffi_options_t options = place_options (
        at, DAFFI_OPTIONS (.process_name = "early", .functions = serve_functions,
                           .on_node_connect = serve_on_connect));
    daffi_global_t *node = daffi_global_new (&options, &why);
    CHECK (node != NULL);
    CHECK_EQ_INT (daffi_global_state (node, &why), DAFFI_STATE_CONNECTING);
    CHECK_STATUS (DAFFI_NOT_CONNECTED, why.status);
    CHECK (strstr (why.text, daffi_global_endpoint (node)) != NULL);
    daffi_future_t *call =
        daffi_call_start (node, "add", DAFFI_ARGS (2, 2), NULL, &why);
    CHECK (call != NULL);
    CHECK_EQ_INT (daffi_future_attempts (call), 0);

    daffi_global_t *hub = hub_start (at);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &why), why);
    CHECK_EQ_INT (daffi_future_attempts (call), 1);
    CHECK_EQ_INT (daffi_global_state (node, NULL), DAFFI_STATE_CONNECTED);
    board_wait (BOARD_CONNECTED, 1);
    daffi_future_destroy (&call);
    daffi_global_destroy (&node);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("without a controller a connect_timeout ends in TIMEOUT and says where")
{
    daffi_error_t error;
    daffi_global_t *before = hub_start (at);
    daffi_global_destroy (&before);
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.connect_timeout_ms = 50));
    int64_t start_ms = clock_ms ();
    CHECK (daffi_global_new (&options, &error) == NULL);
    CHECK_STATUS (DAFFI_TIMEOUT, error.status);
    CHECK (strstr (error.text, at->tcp ? "tcp://" : "ipc://") != NULL);
    CHECK (clock_ms () - start_ms >= 50);
    CHECK (clock_ms () - start_ms < 5000);
}

SYSTEM_TEST ("a call without a connection ends at its deadline, and was not executed")
{
    daffi_error_t error;
    daffi_global_t *before = hub_start (at);
    daffi_global_destroy (&before);
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.process_name = "lone"));
    daffi_global_t *node = daffi_global_new (&options, &error);
    CHECK (node != NULL);
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_call (node, "echo", DAFFI_ARGS (1),
                              DAFFI_CALL (.timeout_ms = 30), NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK (strstr (error.text, "not connected") != NULL);
    daffi_global_destroy (&node);
}

SYSTEM_TEST ("several Globals live in one process, each on its own")
{
    enum { COUNT = 8 };
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *nodes[COUNT];
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf (name, sizeof name, "node-%d", i);
        nodes[i] = server_start (at, name);
    }
    place_t other = *at;
    other.port = 0;
    snprintf (other.folder, sizeof other.folder, "%s/other", test_tmpdir ());
    daffi_global_t *apart =
        START (&other, .process_name = "node-0", .init_controller = true);
    CHECK_EQ_UINT (count_providers (nodes[0], "echo"), COUNT);
    CHECK_EQ_UINT (count_providers (apart, "echo"), 0);
    for (int i = 0; i < COUNT; i++) {
        daffi_result_t *result = NULL;
        daffi_error_t error;
        snprintf (name, sizeof name, "node-%d", (i + 1) % COUNT);
        CHECK_FINE (daffi_call (nodes[i], "who", DAFFI_ARGS (),
                                DAFFI_CALL (.process = name), &result, &error),
                    error);
        CHECK_EQ_STR (daffi_result_process (result), name);
        daffi_result_destroy (&result);
    }
    daffi_global_destroy (&apart);
    for (int i = 0; i < COUNT; i++)
        daffi_global_destroy (&nodes[i]);
    daffi_global_destroy (&hub);
}

//  --- what it says -----------------------------------------------------------------

static void log_line (void *arg, daffi_log_level_t level, const char *id,
                      const char *text)
{
    (void)arg;
    CHECK (level >= DAFFI_LOG_ERROR && level <= DAFFI_LOG_WARNING);
    CHECK (strchr (id, '.') != NULL);
    CHECK (strchr (text, '\n') == NULL);
    board_add (BOARD_OTHER, 1);
}

SYSTEM_TEST ("the log gets what its level asks for, with an id and one line of text")
{
    daffi_global_t *both = START (at, .process_name = "taken", .init_controller = true,
                                  .log = log_line, .log_level = DAFFI_LOG_WARNING);
    daffi_error_t error;
    daffi_options_t options = place_options (
        at, DAFFI_OPTIONS (.process_name = "taken", .log = log_line,
                           .log_level = DAFFI_LOG_WARNING, .connect_timeout_ms = 100));
    CHECK (daffi_global_new (&options, &error) == NULL);
    CHECK_STATUS (DAFFI_NAME_TAKEN, error.status);
    CHECK (board_read (BOARD_OTHER) >= 2);
    daffi_global_destroy (&both);
}

TEST ("the version of the library is that of its header")
{
    CHECK_EQ_STR (daffi_version (), DAFFI_VERSION);
}
