//  SPDX-License-Identifier: MPL-2.0
//  daffi doctor: what is the matter, and the command that mends it.
//
//  From the file system up: each check that fails explains why those behind it would,
//  so these are left out.

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "json.h"
#include "rows.h"

static const daffi_example_t examples[] = {
    {"daffi doctor", "at the default place"},
    {"daffi doctor --host 10.0.0.5 --port 8888", "somewhere else"},
    {NULL, NULL}};

typedef enum { FINE, ODD, WRONG } verdict_t;

typedef struct {
    daffi_cli_t *cli;
    struct json_object *all;
    size_t odd;
    size_t wrong;
} doctor_t;

//  One line; `advice` behind it where it is not fine.
static void say (doctor_t *self, verdict_t verdict, const char *what, const char *found,
                 const char *advice)
{
    static const char *const words[] = {"ok", "odd", "WRONG"};
    static const daffi_ink_t inks[] = {DAFFI_INK_GOOD, DAFFI_INK_WARN, DAFFI_INK_BAD};
    const daffi_style_t *style = &self->cli->style;
    self->odd += verdict == ODD;
    self->wrong += verdict == WRONG;
    if (self->cli->json) {
        struct json_object *line = json_object_new_object ();
        json_object_object_add (line, "check", json_object_new_string (what));
        json_object_object_add (line, "verdict",
                                json_object_new_string (words[verdict]));
        json_object_object_add (line, "found", json_object_new_string (found));
        if (verdict != FINE)
            json_object_object_add (line, "advice", json_object_new_string (advice));
        json_object_array_add (self->all, line);
        return;
    }
    printf ("%s%-5s%s  %s: ", daffi_ink (style, inks[verdict]), words[verdict],
            daffi_ink_off (style), what);
    daffi_print_safe (style, stdout, found, strlen (found), false);
    putchar ('\n');
    if (verdict != FINE)
        printf ("       %s\n", advice);
}

//  --- the endpoint -----------------------------------------------------------------

static bool connects (const struct sockaddr *address, socklen_t size, int family)
{
    int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect (fd, address, size) == 0;
    int reason = errno;
    if (fd >= 0)
        close (fd);
    errno = reason;
    return connected;
}

static bool check_folder (doctor_t *self, const char *path)
{
    struct stat is;
    char folder[256];
    snprintf (folder, sizeof folder, "%.*s", (int)(strrchr (path, '/') - path), path);
    if (stat (folder, &is) < 0) {
        say (self, WRONG, "socket folder",
             daffi_keep_format (&self->cli->keep, "%s: %s", folder, strerror (errno)),
             "nobody has started a controller there: daffi up");
        return false;
    }
    const char *own = "use a folder of your own: --unix-sock-path DIR";
    if (!S_ISDIR (is.st_mode) || is.st_uid != geteuid ()) {
        say (self, WRONG, "socket folder",
             daffi_keep_format (&self->cli->keep, "%s %s", folder,
                                S_ISDIR (is.st_mode) ? "belongs to another user"
                                                     : "is not a folder"),
             own);
        return false;
    }
    if (is.st_mode & 077)
        say (self, is.st_mode & S_IWOTH ? WRONG : ODD, "socket folder",
             daffi_keep_format (&self->cli->keep, "%s may be %s by others", folder,
                                is.st_mode & S_IWOTH ? "written to" : "entered"),
             "chmod 700 it");
    else
        say (self, FINE, "socket folder", folder, "");
    return !(is.st_mode & S_IWOTH);
}

//  What nobody answers at may be no socket at all, which no controller would replace.
static bool is_other (const char *path)
{
    struct stat is;
    return lstat (path, &is) == 0 && !S_ISSOCK (is.st_mode);
}

static bool check_unix (doctor_t *self, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen (path) >= sizeof address.sun_path) {
        say (self, WRONG, "socket path", "longer than 107 bytes",
             "use a shorter folder");
        return false;
    }
    if (!check_folder (self, path))
        return false;
    memcpy (address.sun_path, path, strlen (path));
    if (connects ((const struct sockaddr *)&address, sizeof address, AF_UNIX)) {
        say (self, FINE, "socket", path, "");
        return true;
    }
    int reason = errno;
    if (is_other (path))
        say (self, WRONG, "socket",
             daffi_keep_format (&self->cli->keep, "%s is not a socket", path),
             "move it away, or use another folder: --unix-sock-path DIR");
    else
        say (self, WRONG, "socket",
             daffi_keep_format (&self->cli->keep, "%s: %s", path, strerror (reason)),
             reason == EACCES ? "it belongs to somebody else: use another folder"
                              : "no controller listens there: daffi up");
    return false;
}

static bool check_tcp (doctor_t *self, const char *where)
{
    char host[256];
    const char *colon = strrchr (where, ':');
    const struct addrinfo wish = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    snprintf (host, sizeof host, "%.*s", (int)(colon - where), where);
    int error = getaddrinfo (host, colon + 1, &wish, &found);
    if (error) {
        say (self, WRONG, "address",
             daffi_keep_format (&self->cli->keep, "%s: %s", host, gai_strerror (error)),
             "check --host and the name service");
        return false;
    }
    bool connected = connects (found->ai_addr, found->ai_addrlen, found->ai_family);
    int reason = errno;
    freeaddrinfo (found);
    say (self, connected ? FINE : WRONG, "address",
         connected
             ? where
             : daffi_keep_format (&self->cli->keep, "%s: %s", where, strerror (reason)),
         daffi_keep_format (&self->cli->keep,
                            "start one there: daffi up --host %s --port %s; or look at "
                            "the firewall in between",
                            host, colon + 1));
    return connected;
}

static bool check_endpoint (doctor_t *self)
{
    char endpoint[300];
    daffi_cli_endpoint (self->cli, endpoint, sizeof endpoint);
    return strncmp (endpoint, "ipc://", 6) == 0 ? check_unix (self, endpoint + 6)
                                                : check_tcp (self, endpoint + 6);
}

//  --- the controller ---------------------------------------------------------------

static double now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void check_answers (doctor_t *self)
{
    enum { TIMES = 10 };
    double best_us = 1e9;
    daffi_result_t *result = NULL;
    for (int i = 0; i < TIMES; i++) {
        double began_us = now_us ();
        daffi_result_destroy (&result);
        if (daffi_ask (self->cli, NULL, "$sys.info", DAFFI_ARGS (), &result)) {
            say (self, WRONG, "answers", self->cli->problem.text, "look at its log");
            return;
        }
        double took_us = now_us () - began_us;
        best_us = took_us < best_us ? took_us : best_us;
    }
    const char *version =
        daffi_map_text (self->cli, daffi_result_value (result), "version");
    say (self, strcmp (version, DAFFI_VERSION) == 0 ? FINE : ODD, "version", version,
         "this command is " DAFFI_VERSION ": use the same on both ends");
    say (self, best_us < 1e5 ? FINE : ODD, "answers within",
         daffi_microseconds (&self->cli->keep, best_us),
         "that is slow: the machine or the network is busy");
    daffi_result_destroy (&result);
}

static void check_stats (doctor_t *self)
{
    daffi_result_t *result;
    if (daffi_ask (self->cli, NULL, "$sys.stats", DAFFI_ARGS (), &result))
        return;
    const daffi_value_t *stats = daffi_result_value (result);
    uint64_t waiting = daffi_map_number (stats, "waiting");
    uint64_t malformed = daffi_map_number (stats, "malformed");
    uint64_t functions = daffi_map_number (stats, "functions");
    say (self, functions ? FINE : ODD, "functions offered",
         daffi_keep_format (&self->cli->keep, "%llu", (unsigned long long)functions),
         "nobody offers any: daffi serve upper -- tr a-z A-Z");
    say (self, waiting < 1000 ? FINE : ODD, "calls that wait",
         daffi_keep_format (&self->cli->keep, "%llu", (unsigned long long)waiting),
         "the processes cannot keep up: start more of them (daffi top)");
    say (self, malformed == 0 ? FINE : ODD, "records that could not be read",
         daffi_keep_format (&self->cli->keep, "%llu", (unsigned long long)malformed),
         "a client breaks the protocol: daffi conformance finds out where");
    daffi_result_destroy (&result);
}

static void check_limits (doctor_t *self)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
        return;
    say (self, limit.rlim_max >= 1024 ? FINE : ODD, "open files",
         daffi_keep_format (&self->cli->keep, "%llu, at most %llu",
                            (unsigned long long)limit.rlim_cur,
                            (unsigned long long)limit.rlim_max),
         "a controller takes 80 % of it as connections: ulimit -n 65536");
}

static daffi_exit_t run (daffi_cli_t *self)
{
    doctor_t doctor = {.cli = self, .all = json_object_new_array ()};
    daffi_exit_t code = DAFFI_EXIT_OK;
    say (&doctor, FINE, "configuration file",
         self->config.path[0] ? self->config.path : "none", "");
    check_limits (&doctor);
    if (!check_endpoint (&doctor))
        code = DAFFI_EXIT_ENDPOINT;
    else if ((code = daffi_cli_connect (self, NULL)))
        say (&doctor, WRONG, "controller", self->problem.text,
             "something else listens there, or it hangs: look at its log");
    else {
        say (&doctor, FINE, "controller", daffi_global_endpoint (self->global), "");
        check_answers (&doctor);
        check_stats (&doctor);
    }
    if (self->json)
        daffi_json_print (doctor.all, self->style.terminal);
    else
        json_object_put (doctor.all);
    self->problem.text[0] = '\0';
    return code ? code : doctor.wrong ? DAFFI_EXIT_INTERNAL : DAFFI_EXIT_OK;
}

const daffi_command_t daffi_command_doctor = {
    .name = "doctor",
    .group = "Help",
    .summary = "find out what is the matter",
    .usage = "",
    .text =
        "Checks the way to the controller from the file system up, and says what is "
        "wrong or odd and how to mend it. Exit code 3: no controller can be reached.",
    .examples = examples,
    .json = true,
    .run = run,
};
