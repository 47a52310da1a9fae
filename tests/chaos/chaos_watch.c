//  SPDX-License-Identifier: MPL-2.0
//  Does this process run at all?
//
//  A promise about time holds for a process that gets the processor. Three witnesses
//  tell when it did not: a thread that sleeps a little and wakes up late, the kernel's
//  count of how long each thread was ready and waited (/proc/PID/task/TID/schedstat,
//  the second number, ns), where it has one, and a thread that is found waiting for the
//  disk (state D in /proc/PID/task/TID/stat, see proc(5)).
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos_role.h"

enum {
    NAP_MS = 5,
    LATE_MS = 30,    //  a wake-up that comes so much too late counts,
    PERIOD_MS = 50,  //  and so does a thread that in such a period
    HUNGER_MS = 25,  //  waited so long
    THREADS_MAX = 512
};

//  What each thread had waited by then.
typedef struct {
    int threads[THREADS_MAX];
    int64_t waited_ns[THREADS_MAX];
    size_t count;
} look_t;

typedef struct {
    const chaos_self_t *self;
    look_t looks[2];  //  by turns the last and the present one
    size_t present;
} watch_t;

static void note (const watch_t *watch, int64_t from_ns, int64_t to_ns)
{
    chaos_board_t *board = watch->self->board;
    chaos_event_t *event =
        &board->events[chaos_board_event (board, CHAOS_STALL, from_ns)];
    event->role = watch->self->life->role;
    event->slot = watch->self->life->slot;
    event->life = (uint16_t)watch->self->number;
    atomic_store (&event->to_ns, to_ns);
}

//  The beginning of a file about a thread; empty where it cannot be read.
static void read_about (const char *thread, const char *what, char text[128])
{
    char path[300];
    snprintf (path, sizeof path, "/proc/self/task/%s/%s", thread, what);
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? 0 : read (fd, text, 127);
    if (fd >= 0)
        close (fd);
    text[size > 0 ? size : 0] = '\0';
}

static int64_t read_waited (const char *thread)
{
    char text[128];
    read_about (thread, "schedstat", text);
    const char *second = strchr (text, ' ');
    return second ? strtoll (second, NULL, 10) : -1;
}

static bool waits_for_disk (const char *thread)
{
    char text[128];
    read_about (thread, "stat", text);
    const char *name_end = strrchr (text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] == 'D';
}

static int64_t waited_by (const look_t *look, int thread)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->threads[i] == thread)
            return look->waited_ns[i];
    return 0;  //  it has begun since
}

//  How much longer the thread has waited than at the last look, ns.
static int64_t look_at (watch_t *watch, const char *thread)
{
    look_t *present = &watch->looks[watch->present];
    int number = atoi (thread);
    if (number && waits_for_disk (thread))
        return PERIOD_MS * CHAOS_MS;
    int64_t waited_ns = number ? read_waited (thread) : -1;
    if (waited_ns < 0 || present->count == THREADS_MAX)
        return 0;
    present->threads[present->count] = number;
    present->waited_ns[present->count++] = waited_ns;
    return waited_ns - waited_by (&watch->looks[!watch->present], number);
}

static int64_t longest_wait (watch_t *watch)
{
    int64_t longest_ns = 0;
    watch->present = !watch->present;
    watch->looks[watch->present].count = 0;
    const struct dirent *entry;
    DIR *folder = opendir ("/proc/self/task");
    while (folder && (entry = readdir (folder))) {
        int64_t waited_ns = look_at (watch, entry->d_name);
        longest_ns = waited_ns > longest_ns ? waited_ns : longest_ns;
    }
    if (folder)
        closedir (folder);
    return longest_ns;
}

static void *run (void *arg)
{
    watch_t *watch = arg;
    int64_t before_ns = chaos_now (), period_ns = before_ns;
    for (;;) {
        chaos_sleep (NAP_MS * CHAOS_MS);
        int64_t now_ns = chaos_now ();
        if (now_ns - before_ns > (NAP_MS + LATE_MS) * CHAOS_MS)
            note (watch, before_ns, now_ns);
        if (now_ns - period_ns > PERIOD_MS * CHAOS_MS) {
            //  counted when it ended, and it may have begun before this period
            int64_t waited_ns = longest_wait (watch);
            if (waited_ns > HUNGER_MS * CHAOS_MS)
                note (watch, period_ns - waited_ns, now_ns);
            period_ns = now_ns;
        }
        before_ns = now_ns;
    }
    return NULL;
}

void chaos_role_watch_stalls (chaos_self_t *self)
{
    static watch_t watch;
    pthread_t thread;
    watch.self = self;
    if (pthread_create (&thread, NULL, run, &watch) == 0)
        pthread_detach (thread);
}
