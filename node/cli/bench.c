//  SPDX-License-Identifier: MPL-2.0
//  daffi bench: how fast calls of a function are, here and now.
//
//  So many calls are kept in flight by as many slots; one that ends is begun again. The
//  library's thread hands the slots back through a queue, since a future must not be
//  destroyed where it is told that it is done.

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "rows.h"
#include "shared_options.h"

enum { OPTION_CALLS, OPTION_OUTSTANDING, OPTION_TO, OPTION_TIMEOUT, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_CALLS] = {.name = "calls",
                      .letter = 'n',
                      .value = "N",
                      .standard = "10000",
                      .example = "1000",
                      .kind = DAFFI_OPTION_NUMBER,
                      .min = 1,
                      .max = 100000000,
                      .help = "how many calls"},
    [OPTION_OUTSTANDING] = {.name = "outstanding",
                            .letter = 'c',
                            .value = "N",
                            .standard = "64",
                            .example = "1",
                            .kind = DAFFI_OPTION_NUMBER,
                            .min = 1,
                            .max = 5000,
                            .help = "so many at once; 1: one after the other"},
    [OPTION_TO] = DAFFI_OPTION_OF_PROCESS ("this process and no other"),
    [OPTION_TIMEOUT] =
        DAFFI_OPTION_OF_TIMEOUT ("30s", INT64_MAX, "deadline of each call"),
};

static const daffi_example_t examples[] = {
    {"daffi bench", "the way to the controller and back to this command itself"},
    {"daffi bench add 2 3 --outstanding 1", "a function, one call after the other"},
    {NULL, NULL}};

typedef struct bench bench_t;

typedef struct {
    bench_t *bench;
    daffi_future_t *call;
    double began_us;
    double took_us;
} slot_t;

struct bench {
    daffi_cli_t *cli;
    const char *function;
    daffi_args_t args;
    daffi_call_options_t how;
    size_t total;
    size_t begun;
    size_t ended;
    size_t failed;
    daffi_error_t first_error;
    float *times_us;
    size_t time_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    slot_t **done;  //  slots that wait to be begun again
    size_t done_count;
    slot_t *slots;
    double began_us;
    double shown_us;
};

static double now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

//  --- the calls --------------------------------------------------------------------

static void on_done (daffi_future_t *call, void *arg)
{
    slot_t *slot = arg;
    bench_t *self = slot->bench;
    (void)call;
    slot->took_us = now_us () - slot->began_us;
    pthread_mutex_lock (&self->lock);
    self->done[self->done_count++] = slot;
    pthread_cond_signal (&self->changed);
    pthread_mutex_unlock (&self->lock);
}

static void note_error (bench_t *self, const daffi_error_t *error)
{
    if (!self->failed++)
        self->first_error = *error;
}

static bool begin (bench_t *self, slot_t *slot)
{
    daffi_error_t error;
    self->begun++;
    slot->began_us = now_us ();
    slot->call = daffi_call_start (self->cli->global, self->function, self->args,
                                   &self->how, &error);
    if (slot->call && !daffi_future_on_done (slot->call, on_done, slot))
        return true;
    daffi_future_destroy (&slot->call);
    note_error (self, &error);
    self->ended++;
    return false;
}

static void end (bench_t *self, slot_t *slot)
{
    daffi_error_t error;
    if (daffi_future_wait (slot->call, DAFFI_FOREVER, &error))
        note_error (self, &error);
    else
        self->times_us[self->time_count++] = (float)slot->took_us;
    daffi_future_destroy (&slot->call);
    self->ended++;
}

static size_t take_done (bench_t *self, slot_t **slots)
{
    pthread_mutex_lock (&self->lock);
    while (!self->done_count)
        pthread_cond_wait (&self->changed, &self->lock);
    size_t count = self->done_count;
    memcpy (slots, self->done, count * sizeof (slot_t *));
    self->done_count = 0;
    pthread_mutex_unlock (&self->lock);
    return count;
}

//  --- what is seen -----------------------------------------------------------------

static void show_progress (bench_t *self, bool over)
{
    enum { WIDTH = 40 };
    double time_us = now_us ();
    if (!isatty (STDERR_FILENO) || (!over && time_us - self->shown_us < 1e5))
        return;
    self->shown_us = time_us;
    int filled = (int)(WIDTH * self->ended / self->total);
    fprintf (stderr, "\r[%.*s%*s] %3zu %%  %.0f calls/s%s", filled,
             "########################################", WIDTH - filled, "",
             100 * self->ended / self->total,
             (double)self->ended * 1e6 / (time_us - self->began_us), over ? "\n" : "");
}

static int by_time (const void *a, const void *b)
{
    const float *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void print_result (bench_t *self)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50_us", 0.5},
                     {"p90_us", 0.9},
                     {"p99_us", 0.99},
                     {"p99.9_us", 0.999},
                     {"max_us", 1}};
    enum { FIXED = 4, QUANTILES = sizeof quantiles / sizeof quantiles[0] };
    double seconds = (floor ((now_us () - self->began_us) / 1e3) + 1) / 1e3;
    daffi_value_t pairs[2 * (FIXED + QUANTILES)] = {
        daffi_value_string ("calls"),
        daffi_value_uint (self->ended),
        daffi_value_string ("failed"),
        daffi_value_uint (self->failed),
        daffi_value_string ("seconds"),
        daffi_value_double (seconds),
        daffi_value_string ("calls_per_second"),
        daffi_value_uint ((uint64_t)((double)self->ended / seconds))};
    qsort (self->times_us, self->time_count, sizeof *self->times_us, by_time);
    //  where every call failed there are no times to speak of
    size_t shown = self->time_count ? QUANTILES : 0;
    for (size_t i = 0; i < shown; i++) {
        size_t at = (size_t)((double)(self->time_count - 1) * quantiles[i].share);
        pairs[2 * (FIXED + i)] = daffi_value_string (quantiles[i].name);
        pairs[2 * (FIXED + i) + 1] =
            daffi_value_uint ((uint64_t)(double)self->times_us[at]);
    }
    daffi_value_t map = daffi_value_map (pairs, FIXED + shown);
    daffi_facts_print (self->cli, &map);
}

//  --- the end before the end -------------------------------------------------------

static volatile sig_atomic_t interrupted;

static void on_interrupt (int number)
{
    (void)number;
    interrupted = 1;
}

//  Ctrl-C: no more calls, and the figures so far. The second one ends the program.
static void watch_interrupts (void)
{
    struct sigaction action = {.sa_handler = on_interrupt,
                               .sa_flags = (int)SA_RESETHAND};
    sigaction (SIGINT, &action, NULL);
}

//  --- the run ----------------------------------------------------------------------

static daffi_exit_t measure (bench_t *self, size_t outstanding)
{
    slot_t **ready = daffi_keep (&self->cli->keep, outstanding * sizeof (slot_t *));
    self->began_us = now_us ();
    for (size_t i = 0; i < outstanding && self->begun < self->total; i++)
        begin (self, &self->slots[i]);
    while (self->ended < self->total) {
        if (interrupted) {
            self->total = self->begun;
            if (self->ended == self->total)
                break;
        }
        //  all that begin () could not even begin has ended at once
        if (self->begun == self->ended) {
            begin (self, &self->slots[0]);
            continue;
        }
        size_t count = take_done (self, ready);
        for (size_t i = 0; i < count; i++) {
            end (self, ready[i]);
            if (self->begun < self->total)
                begin (self, ready[i]);
        }
        show_progress (self, false);
    }
    show_progress (self, true);
    print_result (self);
    return self->failed ? daffi_cli_failed (self->cli, &self->first_error)
                        : DAFFI_EXIT_OK;
}

static void prepare (bench_t *self, size_t outstanding)
{
    daffi_cli_t *cli = self->cli;
    self->function = cli->set.word_count ? cli->words[0] : "$node.ping";
    self->how = (daffi_call_options_t){
        .process = cli->set.word_count ? daffi_cli_option (cli, OPTION_TO)->text
                                       : daffi_global_process_name (cli->global),
        .timeout_ms = daffi_cli_option (cli, OPTION_TIMEOUT)->number,
        .no_retry = true};
    self->times_us = daffi_keep (&cli->keep, self->total * sizeof *self->times_us);
    self->slots = daffi_keep (&cli->keep, outstanding * sizeof *self->slots);
    self->done = daffi_keep (&cli->keep, outstanding * sizeof (slot_t *));
    for (size_t i = 0; i < outstanding; i++)
        self->slots[i].bench = self;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_args_t args;
    const daffi_argument_words_t words = {.first = 1, .end = self->set.word_count};
    daffi_exit_t code = daffi_arguments (self, &words, &args);
    if (!code)
        code = daffi_cli_connect (self, NULL);
    if (code)
        return code;
    size_t outstanding = (size_t)daffi_cli_option (self, OPTION_OUTSTANDING)->number;
    bench_t bench = {.cli = self,
                     .args = args,
                     .total = (size_t)daffi_cli_option (self, OPTION_CALLS)->number};
    pthread_mutex_init (&bench.lock, NULL);
    pthread_cond_init (&bench.changed, NULL);
    prepare (&bench, outstanding);
    watch_interrupts ();
    code = measure (&bench, outstanding);
    pthread_cond_destroy (&bench.changed);
    pthread_mutex_destroy (&bench.lock);
    return code;
}

const daffi_command_t daffi_command_bench = {
    .name = "bench",
    .group = "Interfere",
    .summary = "measure how fast calls are",
    .usage = "[FUNCTION [ARGUMENT…]]",
    .text =
        "Calls a function many times, so many calls at once, and tells how many a "
        "second there were and how long they took from the call to the answer: half "
        "of them no longer than p50. Without FUNCTION it calls itself by way of the "
        "controller. The function really runs: choose one that may run often. Ctrl-C "
        "ends "
        "it with the figures so far.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .most_words = DAFFI_WORDS_MAX,
    .first_word = DAFFI_WORD_FUNCTION,
    .json = true,
    .run = run,
};
