//  SPDX-License-Identifier: MPL-2.0
//  Starts and ends the processes of a run, and notes on the board when.
//
//  PR_SET_PDEATHSIG lets the kernel clean up where the conductor itself cannot.
#include "chaos_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chaos_role.h"
#include "chaos_socket.h"

enum { READY_TIMEOUT_MS = 10000, LEAVE_TIMEOUT_S = 12 };

void chaos_scene_title (const chaos_place_t *place, char text[64])
{
    if (place->role == CHAOS_WORKER || place->role == CHAOS_CALLER)
        chaos_role_name_of (text, place->role, place->slot);
    else
        snprintf (text, 64, "%s", chaos_role_name (place->role));
}

void chaos_scene_say (const chaos_scene_t *self, const char *format, ...)
{
    va_list args;
    if (!self->settings->verbose)
        return;
    int64_t ms = (chaos_now () - self->board->lives[1].began_ns) / CHAOS_MS;
    fprintf (stderr, "%7.3f ", (double)ms / 1000);
    va_start (args, format);
    vfprintf (stderr, format, args);
    va_end (args);
    fputc ('\n', stderr);
}

//  --- starting -----------------------------------------------------------------------

//  Between fork and exec: async-signal-safe functions only. A role, unlike the broker,
//  may be asked to leave before it can say what to do then.
static void become (const char *const *argv, int out_fd, int log_fd, pid_t parent)
{
    sigset_t term;
    sigemptyset (&term);
    if (argv[1][0] == '@' && sigaddset (&term, SIGTERM) == 0)
        sigprocmask (SIG_BLOCK, &term, NULL);
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (126);
    signal (SIGPIPE, SIG_DFL);
    dup2 (out_fd, STDOUT_FILENO);
    dup2 (log_fd, STDERR_FILENO);
    execv (argv[0], (char *const *)argv);
    _exit (127);
}

static pid_t spawn (chaos_scene_t *self, const char *const *argv, int out_fd,
                    const char *title)
{
    char path[160];
    snprintf (path, sizeof path, "%s/%s.log", self->folder, title);
    int log_fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t parent = getpid ();
    pid_t pid = log_fd < 0 ? -1 : fork ();
    if (pid == 0)
        become (argv, out_fd < 0 ? log_fd : out_fd, log_fd, parent);
    if (pid < 0)
        fprintf (stderr, "daffi-chaos: cannot start %s: %s\n", title, strerror (errno));
    if (log_fd >= 0)
        close (log_fd);
    return pid;
}

static bool begin_life (chaos_scene_t *self, chaos_place_t *place)
{
    uint32_t number = atomic_fetch_add (&self->board->last_life, 1) + 1;
    if (number >= CHAOS_LIVES_MAX) {
        fprintf (stderr, "daffi-chaos: too many processes for one run\n");
        return false;
    }
    place->life = number;
    place->leaving = false;
    place->due_ns = 0;
    chaos_life_t *life = &self->board->lives[number];
    life->role = (uint8_t)place->role;
    life->slot = (uint16_t)place->slot;
    life->began_ns = chaos_now ();
    return true;
}

static void note (chaos_scene_t *self, const chaos_place_t *place,
                  chaos_event_kind_t kind, int64_t from_ns)
{
    chaos_event_t *event =
        &self->board->events[chaos_board_event (self->board, kind, from_ns)];
    event->role = (uint8_t)place->role;
    event->slot = (uint16_t)place->slot;
    event->life = (uint16_t)place->life;
    atomic_store (&event->to_ns, chaos_now ());
}

bool chaos_scene_start (chaos_scene_t *self, chaos_place_t *place)
{
    char role[16], life[16], title[64];
    if (!begin_life (self, place))
        return false;
    snprintf (role, sizeof role, "@%s", chaos_role_name (place->role));
    snprintf (life, sizeof life, "%u", place->life);
    chaos_scene_title (place, title);
    const char *argv[] = {self->settings->program, role, self->board_path, life, NULL};
    place->pid = spawn (self, argv, -1, title);
    if (place->pid < 0)
        place->pid = 0;
    self->board->lives[place->life].pid = (int)place->pid;
    note (self, place, CHAOS_START, self->board->lives[place->life].began_ns);
    return place->pid != 0;
}

static bool read_ready_line (chaos_scene_t *self)
{
    char line[512];
    size_t size = 0;
    struct pollfd item = {.fd = self->broker_out, .events = POLLIN};
    int64_t end = chaos_now () + READY_TIMEOUT_MS * CHAOS_MS;
    while (size + 1 < sizeof line && chaos_now () < end) {
        if (poll (&item, 1, 100) <= 0)
            continue;
        ssize_t got = read (self->broker_out, line + size, sizeof line - 1 - size);
        if (got <= 0)
            return false;
        size += (size_t)got;
        line[size] = '\0';
        if (strstr (line, " ready at ") && strchr (line, '\n')) {
            self->ready_ns = chaos_now ();
            return true;
        }
    }
    return false;
}

static bool spawn_broker (chaos_scene_t *self, int out_fd)
{
    char port[16];
    const chaos_address_t *address = &self->board->broker;
    snprintf (port, sizeof port, "%u", address->port);
    const char *tcp[] = {
        self->settings->broker, "--host", "127.0.0.1", "--port", port, NULL};
    const char *local[] = {self->settings->broker, "--unix-sock-path", address->folder,
                           NULL};
    self->broker.pid = spawn (self, address->port ? tcp : local, out_fd, "broker");
    if (self->broker.pid < 0)
        self->broker.pid = 0;
    return self->broker.pid != 0;
}

bool chaos_scene_start_broker (chaos_scene_t *self)
{
    int out[2];
    if (!begin_life (self, &self->broker) || pipe2 (out, O_CLOEXEC))
        return false;
    if (self->broker_out >= 0)
        close (self->broker_out);
    self->broker_out = out[0];
    bool started = spawn_broker (self, out[1]);
    close (out[1]);
    chaos_life_t *life = &self->board->lives[self->broker.life];
    life->pid = (int)self->broker.pid;
    note (self, &self->broker, CHAOS_START, life->began_ns);
    if (started && read_ready_line (self))
        return true;
    fprintf (stderr,
             "daffi-chaos: the broker did not become ready; --keep keeps its log, "
             "%s/broker.log\n",
             self->folder);
    return false;
}

bool chaos_scene_start_proxy (chaos_scene_t *self)
{
    if (!chaos_scene_start (self, &self->proxy))
        return false;
    int64_t end = chaos_now () + READY_TIMEOUT_MS * CHAOS_MS;
    while (!atomic_load (&self->board->proxy_ready) && chaos_now () < end)
        chaos_sleep (CHAOS_MS);
    return atomic_load (&self->board->proxy_ready);
}

//  --- hurting and ending -------------------------------------------------------------

void chaos_scene_kill (chaos_scene_t *self, chaos_place_t *place)
{
    chaos_life_t *life = &self->board->lives[place->life];
    if (!place->pid)
        return;
    chaos_scene_continue (self, place);
    life->killed_ns = chaos_now ();
    kill (place->pid, SIGKILL);
    waitpid (place->pid, NULL, 0);
    place->pid = 0;
    atomic_store (&life->ended_ns, chaos_now ());
    note (self, place, CHAOS_KILL, life->killed_ns);
}

void chaos_scene_stop (chaos_scene_t *self, chaos_place_t *place)
{
    place->stop_event = chaos_board_event (self->board, CHAOS_STOP, chaos_now ());
    chaos_event_t *event = &self->board->events[place->stop_event];
    event->role = (uint8_t)place->role;
    event->slot = (uint16_t)place->slot;
    event->life = (uint16_t)place->life;
    kill (place->pid, SIGSTOP);
}

void chaos_scene_continue (chaos_scene_t *self, chaos_place_t *place)
{
    if (!place->stop_event)
        return;
    kill (place->pid, SIGCONT);
    atomic_store (&self->board->events[place->stop_event].to_ns, chaos_now ());
    place->stop_event = 0;
}

void chaos_scene_ask_to_leave (chaos_scene_t *self, chaos_place_t *place)
{
    if (!place->pid)
        return;
    place->leaving = true;
    place->left_ns = chaos_now ();
    note (self, place, CHAOS_LEAVE, place->left_ns);
    kill (place->pid, SIGTERM);
}

//  The folder goes with the run: why it ended so, a sanitizer's report for one, stands
//  at the end of its log.
static void show_log (const chaos_scene_t *self, const char *title)
{
    enum { SHOWN = 12000 };
    char path[160], line[512];
    snprintf (path, sizeof path, "%s/%s.log", self->folder, title);
    FILE *file = fopen (path, "r");
    if (!file)
        return;
    if (fseek (file, -SHOWN, SEEK_END) != 0)
        rewind (file);
    while (fgets (line, sizeof line, file))
        printf ("    | %s", line);
    fclose (file);
}

static void judge_end (chaos_scene_t *self, const chaos_place_t *place, int how)
{
    char title[64];
    if (WIFEXITED (how) && WEXITSTATUS (how) == 0 && place->leaving)
        return;
    chaos_scene_title (place, title);
    self->unclean++;
    if (WIFSIGNALED (how))
        printf ("VIOLATION %s (process %u) was ended by signal %d\n", title,
                place->life, WTERMSIG (how));
    else
        printf ("VIOLATION %s (process %u) ended with exit code %d%s\n", title,
                place->life, WEXITSTATUS (how),
                place->leaving ? "" : ", and nobody had asked it to");
    show_log (self, title);
}

bool chaos_scene_ended (chaos_scene_t *self, chaos_place_t *place)
{
    int how;
    if (place->pid && waitpid (place->pid, &how, WNOHANG) == place->pid) {
        place->pid = 0;
        place->stop_event = 0;
        atomic_store (&self->board->lives[place->life].ended_ns, chaos_now ());
        judge_end (self, place, how);
    } else if (place->pid && place->leaving &&
               chaos_now () - place->left_ns > LEAVE_TIMEOUT_S * CHAOS_SECOND) {
        char title[64];
        chaos_scene_title (place, title);
        printf ("VIOLATION %s (process %u) did not end within %d s of SIGTERM\n", title,
                place->life, LEAVE_TIMEOUT_S);
        self->unclean++;
        chaos_scene_kill (self, place);
    }
    return place->pid == 0;
}

bool chaos_scene_wait_end (chaos_scene_t *self, chaos_place_t *place, int64_t seconds)
{
    int64_t end = chaos_now () + seconds * CHAOS_SECOND;
    while (!chaos_scene_ended (self, place)) {
        if (chaos_now () > end) {
            chaos_scene_kill (self, place);
            return false;
        }
        chaos_sleep (2 * CHAOS_MS);
    }
    return true;
}

//  --- the scene ----------------------------------------------------------------------

static bool choose_addresses (chaos_scene_t *self)
{
    const chaos_settings_t *settings = self->settings;
    chaos_board_t *board = self->board;
    snprintf (board->broker.folder, sizeof board->broker.folder, "%s/b", self->folder);
    if (settings->transport != CHAOS_UNIX &&
        !(board->broker.port = chaos_socket_free_port ()))
        return false;
    for (uint32_t i = 0; i < CHAOS_SLOTS; i++) {
        chaos_address_t *address = &board->address[i];
        *address = board->broker;
        if (settings->transport != CHAOS_PROXIED)
            continue;
        snprintf (address->folder, sizeof address->folder, "%s/p%u", self->folder, i);
        address->port = i % 2 ? 0 : chaos_socket_free_port ();
    }
    return true;
}

//  In memory, where there is such a folder: whoever writes to a page of a mapped file
//  waits for the disk when its journal does, and then an actor stands still that noted
//  the start of a call.
static const char *folder_of_all (void)
{
    static const char in_memory[] = "/dev/shm";
    const char *temp = getenv ("TMPDIR");
    if (temp && *temp)
        return temp;
    return access (in_memory, W_OK | X_OK) ? "/tmp" : in_memory;
}

bool chaos_scene_init (chaos_scene_t *self, const chaos_settings_t *settings,
                       uint64_t calls_room)
{
    memset (self, 0, sizeof *self);
    self->settings = settings;
    self->broker_out = -1;
    self->proxied = settings->transport == CHAOS_PROXIED;
    self->broker.role = CHAOS_BROKER;
    self->proxy.role = CHAOS_PROXY;
    snprintf (self->folder, sizeof self->folder, "%.40s/daffi-chaos-XXXXXX",
              folder_of_all ());
    if (!mkdtemp (self->folder)) {
        fprintf (stderr, "daffi-chaos: cannot make %s: %s\n", self->folder,
                 strerror (errno));
        return false;
    }
    snprintf (self->board_path, sizeof self->board_path, "%s/board", self->folder);
    self->board = chaos_board_map (self->board_path, calls_room);
    if (!self->board || !choose_addresses (self)) {
        fprintf (stderr, "daffi-chaos: cannot set up %s: %s\n", self->folder,
                 strerror (errno));
        return false;
    }
    self->board->seed = settings->seed;
    self->board->workers = settings->workers;
    self->board->callers = settings->callers;
    self->board->rate = settings->rate / settings->callers;
    self->board->lives[1].began_ns = chaos_now ();
    self->node_count = settings->workers + settings->callers;
    for (uint32_t i = 0; i < self->node_count; i++) {
        self->nodes[i].slot = i;
        self->nodes[i].role = i < settings->workers ? CHAOS_WORKER : CHAOS_CALLER;
    }
    return true;
}

static int remove_one (const char *path, const struct stat *status, int kind,
                       struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove (path);
}

void chaos_scene_done (chaos_scene_t *self)
{
    for (uint32_t i = 0; i < CHAOS_SLOTS; i++)
        chaos_scene_kill (self, &self->nodes[i]);
    chaos_scene_kill (self, &self->proxy);
    chaos_scene_kill (self, &self->broker);
    if (self->broker_out >= 0)
        close (self->broker_out);
    if (self->settings->keep)
        printf ("kept: %s\n", self->folder);
    else
        nftw (self->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
