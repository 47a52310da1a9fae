//  SPDX-License-Identifier: MPL-2.0
//  daffi drain: let a process stop in good order.

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "shared_options.h"

enum { OPTION_TIMEOUT, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_TIMEOUT] = DAFFI_OPTION_OF_TIMEOUT (
        "30s", INT64_MAX,
        "how long to wait for its end; it goes on stopping after that"),
};

static const daffi_example_t examples[] = {
    {"daffi drain worker-3", "it takes no new calls, ends those that run, and goes"},
    {NULL, NULL}};

typedef struct {
    const char *process;
    int left_fd;  //  readable once it has gone
} watch_t;

static void on_event (daffi_global_t *global, const daffi_event_t *event, void *arg)
{
    const watch_t *self = arg;
    (void)global;
    if (event->type == DAFFI_EVENT_PROCESS_LEFT &&
        strcmp (event->process, self->process) == 0)
        eventfd_write (self->left_fd, 1);
}

static daffi_exit_t drain (daffi_cli_t *self, const watch_t *watch)
{
    daffi_result_t *result;
    int64_t timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number;
    struct pollfd fd = {.fd = watch->left_fd, .events = POLLIN};
    daffi_exit_t code =
        daffi_ask (self, watch->process, "$node.drain", DAFFI_ARGS (), &result);
    if (code)
        return code == DAFFI_EXIT_FAILED ? DAFFI_EXIT_REFUSED : code;
    daffi_result_destroy (&result);
    if (poll (&fd, 1, timeout_ms > INT32_MAX ? -1 : (int)timeout_ms) > 0)
        return DAFFI_EXIT_OK;
    return daffi_problem_set (&self->problem, DAFFI_EXIT_TIMEOUT,
                              "%s is still there: something that it runs takes long\n"
                              "  what it is: daffi ls calls",
                              watch->process);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_error_t error;
    //  Static: an event may still be told while the Global stops.
    static watch_t watch;
    watch = (watch_t){self->words[0], eventfd (0, EFD_CLOEXEC)};
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    if (!code && daffi_global_subscribe (self->global, on_event, &watch, &error))
        code = daffi_cli_failed (self, &error);
    if (!code)
        code = drain (self, &watch);
    daffi_global_destroy (&self->global);
    close (watch.left_fd);
    return code;
}

const daffi_command_t daffi_command_drain = {
    .name = "drain",
    .group = "Interfere",
    .summary = "let a process stop in good order",
    .usage = "PROCESS",
    .text = "Asks a process to stop: it takes no new calls (others that offer the same "
            "get them), ends those that run, and leaves. Waits until it has left. A "
            "process that runs the controller as well refuses. Whoever reaches the "
            "controller "
            "may do this: keep it out of reach of those who must not.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .least_words = 1,
    .most_words = 1,
    .first_word = DAFFI_WORD_PROCESS,
    .run = run,
};
