//  SPDX-License-Identifier: MPL-2.0
//  The servers of the others: nats-server and gearmand, as Debian installs them.
//
//  Both with their defaults, but for limits that would end a cell: nats-server takes no
//  message over 1 MiB, and hangs up on whom it owes 64 MiB.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_broker.h"

#define READY_TIMEOUT_MS 10000

typedef bool (ready_fn) (bench_rig_t *rig);

static daffi_status_t start (bench_rig_t *rig, const char *title, char *const argv[],
                             ready_fn *ready, daffi_error_t *error)
{
    char log_path[96];
    snprintf (log_path, sizeof log_path, "%s/log", rig->folder);
    const bench_child_options_t options = {
        .title = title, .argv = argv, .log_path = log_path, .stop_signal = SIGTERM};
    if (bench_child_start (&rig->broker, &options, error))
        return error->status;
    int64_t end_ns = bench_clock_ns () + READY_TIMEOUT_MS * INT64_C (1000000);
    while (!ready (rig)) {
        if (bench_child_ended (&rig->broker, error))
            return error->status;
        if (bench_child_interrupted ())
            return bench_fail (error, DAFFI_CANCELLED, "interrupted");
        if (bench_clock_ns () > end_ns)
            return bench_fail (error, DAFFI_TIMEOUT, "%s is not ready after %d s",
                               title, READY_TIMEOUT_MS / 1000);
        poll (NULL, 0, 5);
    }
    return DAFFI_OK;
}

//  --- NATS ----------------------------------------------------------------

static daffi_status_t write_config (const bench_rig_t *rig, const char *path,
                                    daffi_error_t *error)
{
    FILE *file = fopen (path, "w");
    if (!file)
        return bench_fail (error, DAFFI_SYSTEM, "%s: %s", path, strerror (errno));
    fprintf (file,
             "listen: \"127.0.0.1:-1\"\n"
             "ports_file_dir: \"%s\"\n"
             "max_payload: 67108864\n"
             "max_pending: 2147483648\n",
             rig->folder);
    if (fclose (file))
        return bench_fail (error, DAFFI_SYSTEM, "%s: cannot be written", path);
    return DAFFI_OK;
}

//  {"nats":["nats://127.0.0.1:43210"], …} in nats-server_PID.ports
static bool read_ports (bench_rig_t *rig, const char *name)
{
    char path[512], text[512];
    snprintf (path, sizeof path, "%s/%s", rig->folder, name);
    FILE *file = fopen (path, "r");
    if (!file)
        return false;
    text[fread (text, 1, sizeof text - 1, file)] = 0;
    fclose (file);
    return sscanf (text, "{\"nats\":[\"%127[^\"]\"", rig->endpoint) == 1;
}

static bool nats_ready (bench_rig_t *rig)
{
    bool ready = false;
    DIR *folder = opendir (rig->folder);
    const struct dirent *entry;
    while (folder && !ready && (entry = readdir (folder)))
        ready = strstr (entry->d_name, ".ports") && read_ports (rig, entry->d_name);
    if (folder)
        closedir (folder);
    return ready;
}

daffi_status_t bench_broker_start_nats (bench_rig_t *rig, daffi_error_t *error)
{
    char path[96];
    snprintf (path, sizeof path, "%s/nats.conf", rig->folder);
    if (write_config (rig, path, error))
        return error->status;
    char *argv[] = {(char *)rig->settings->servers[BENCH_NATS], "-c", path, NULL};
    return start (rig, "nats-server", argv, nats_ready, error);
}

//  --- Gearman -------------------------------------------------------------

//  A socket at 127.0.0.1, or -1; *port 0 asks for a free one.
static int open_socket (uint16_t *port, bool connects)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons (*port)};
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 &&
        (connects ? connect (fd, (struct sockaddr *)&address, size)
                  : bind (fd, (struct sockaddr *)&address, size) ||
                        getsockname (fd, (struct sockaddr *)&address, &size))) {
        close (fd);
        return -1;
    }
    *port = ntohs (address.sin_port);
    return fd;
}

static bool gearman_ready (bench_rig_t *rig)
{
    unsigned number = 0;
    sscanf (rig->endpoint, "127.0.0.1:%u", &number);
    uint16_t port = (uint16_t)number;
    int fd = open_socket (&port, true);
    if (fd >= 0)
        close (fd);
    return fd >= 0;
}

//  gearmand cannot tell which port it got, so it is given one that was free just now.
daffi_status_t bench_broker_start_gearman (bench_rig_t *rig, daffi_error_t *error)
{
    uint16_t port = 0;
    int fd = open_socket (&port, false);
    if (fd < 0)
        return bench_fail (error, DAFFI_SYSTEM, "no free port: %s", strerror (errno));
    close (fd);
    char number[16];
    snprintf (number, sizeof number, "%u", port);
    snprintf (rig->endpoint, sizeof rig->endpoint, "127.0.0.1:%u", port);
    char *argv[] = {(char *)rig->settings->servers[BENCH_GEARMAN],
                    "--listen",
                    "127.0.0.1",
                    "--port",
                    number,
                    "--log-file",
                    "stderr",
                    NULL};
    return start (rig, "gearmand", argv, gearman_ready, error);
}
