//  SPDX-License-Identifier: MPL-2.0
//  10_textmine: spread a real text over worker processes, and merge what they find.
//
//      caller FOLDER [--workers N] [--pattern TEXT] [--chunk LINES] [--check] [PATH...]
//
//  FOLDER is where the broker's UNIX socket is. The text is what the paths hold, by
//  default the licences that Debian installs. It is cut into chunks of lines, and for
//  each chunk three calls run in the background, a few hundred at a time; the
//  controller gives each to the worker that has least to do. The calls may run twice
//  (they are idempotent), so when a worker dies, the library has another one do its
//  work.
//
//  `./run` starts a broker, the workers and this program. Here it also kills a worker
//  in the midst of its 20th call, and the result must still be the same.
//
//  RUN: ./10_textmine/run --workers 3 --kill-after 20 --check
//  OUTPUT:
//  | text     <...> files, <...> KiB, <...> lines, <...> words
//  | top      <...>
//  | ...
//  | grep     <...> lines with "warranty"
//  | ...
//  | calls    <...> in <...> s, <...> calls/s, <...> retried
//  | ...
//  | <...>worker-2       <...>
//  | <...>worker-3       <...>
//  | check    the same as counted in one process
//  END

#include "summary.h"

#include <daffi.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OUTSTANDING = 256, SHORTEST = 5, CONNECT_TIMEOUT_MS = 10000 };

typedef struct {
    const char *folder;
    const char *pattern;
    size_t lines_per_chunk;
    unsigned workers;
    bool check;
} options_t;

//  The functions that are called for each chunk, and how their answers are merged.
typedef struct {
    const char *name;
    daffi_value_t argument;
    daffi_status_t (*merge) (summary_t *, const chunk_t *, const daffi_value_t *);
} job_t;

static daffi_status_t merge_count (summary_t *summary, const chunk_t *chunk,
                                   const daffi_value_t *answer)
{
    (void)chunk;
    daffi_value_t value;
    uint64_t lines, words;
    if (daffi_value_find (answer, "lines", &value) ||
        daffi_value_get_uint (&value, &lines) ||
        daffi_value_find (answer, "words", &value) ||
        daffi_value_get_uint (&value, &words))
        return DAFFI_TYPE;
    summary->lines += lines;
    summary->words += words;
    return DAFFI_OK;
}

static daffi_status_t merge_tally (summary_t *summary, const chunk_t *chunk,
                                   const daffi_value_t *answer)
{
    (void)chunk;
    daffi_value_t word, times;
    daffi_iterator_t it = daffi_value_iterate (answer);
    while (daffi_iterator_next (&it, &word, &times)) {
        const void *text;
        size_t size;
        uint64_t count;
        if (daffi_value_get_bytes (&word, &text, &size) ||
            daffi_value_get_uint (&times, &count))
            return DAFFI_TYPE;
        words_add (&summary->tally, text, size, count);
    }
    return DAFFI_OK;
}

static daffi_status_t merge_grep (summary_t *summary, const chunk_t *chunk,
                                  const daffi_value_t *answer)
{
    daffi_value_t number, line;
    daffi_iterator_t it = daffi_value_iterate (answer);
    while (daffi_iterator_next (&it, &number, &line)) {
        const void *text;
        size_t size;
        uint64_t n;
        if (daffi_value_get_uint (&number, &n) ||
            daffi_value_get_bytes (&line, &text, &size))
            return DAFFI_TYPE;
        summary_add_match (summary, chunk, n, (text_t){text, size});
    }
    return DAFFI_OK;
}

static daffi_future_t *start (daffi_global_t *global, const job_t *job,
                              const chunk_t *chunk, daffi_error_t *error)
{
    return daffi_call_start (
        global, job->name,
        DAFFI_ARGS (daffi_value_text (chunk->text.data, chunk->text.size),
                    job->argument),
        DAFFI_CALL (.idempotent = true), error);
}

static daffi_status_t collect (summary_t *summary, const job_t *job,
                               const chunk_t *chunk, daffi_future_t *future,
                               daffi_error_t *error)
{
    daffi_status_t status = daffi_future_wait (future, DAFFI_FOREVER, error);
    if (status)
        return status;
    status = job->merge (summary, chunk, daffi_future_value (future));
    if (status)
        snprintf (error->text, sizeof error->text, "%s answered nonsense", job->name);
    summary_add_call (summary, daffi_future_process (future),
                      daffi_future_attempts (future));
    return status;
}

//  One line that is written over, on a terminal only.
static void show_progress (size_t done, size_t all)
{
    enum { WIDTH = 40 };
    static const char bar[] = "########################################";
    int filled = (int)(done * WIDTH / all);
    if (!isatty (STDERR_FILENO))
        return;
    if (done == all)
        fprintf (stderr, "\r\033[K");
    else if (done * 200 / all != (done - 1) * 200 / all)
        fprintf (stderr, "\r[%-*.*s] %zu of %zu calls", WIDTH, filled, bar, done, all);
    fflush (stderr);
}

//  Keeps OUTSTANDING calls running and merges the answers in the order of the text.
static daffi_status_t mine (daffi_global_t *global, const corpus_t *corpus,
                            const char *pattern, summary_t *summary,
                            daffi_error_t *error)
{
    const job_t jobs[] = {
        {"count_words", daffi_value_nil (), merge_count},
        {"tally_words", daffi_value_uint (SHORTEST), merge_tally},
        {"grep", daffi_value_string (pattern), merge_grep},
    };
    const size_t kinds = sizeof jobs / sizeof *jobs, all = kinds * corpus->chunk_count;
    daffi_future_t *futures[OUTSTANDING] = {0};
    daffi_status_t status = DAFFI_OK;

    for (size_t next = 0, oldest = 0; !status && oldest < all; oldest++) {
        for (; next < all && next < oldest + OUTSTANDING; next++) {
            futures[next % OUTSTANDING] = start (global, &jobs[next % kinds],
                                                 &corpus->chunks[next / kinds], error);
            if (!futures[next % OUTSTANDING]) {
                status = error->status;
                break;
            }
        }
        daffi_future_t **future = &futures[oldest % OUTSTANDING];
        if (!status)
            status = collect (summary, &jobs[oldest % kinds],
                              &corpus->chunks[oldest / kinds], *future, error);
        daffi_future_destroy (future);
        show_progress (oldest + 1, all);
    }
    for (size_t i = 0; i < OUTSTANDING; i++)
        daffi_future_destroy (&futures[i]);
    return status;
}

static daffi_status_t wait_for_workers (daffi_global_t *global, unsigned workers,
                                        daffi_error_t *error)
{
    daffi_status_t status =
        daffi_global_wait_function (global, "grep", CONNECT_TIMEOUT_MS, error);
    for (unsigned i = 1; !status && i <= workers; i++) {
        char name[32];
        snprintf (name, sizeof name, "worker-%u", i);
        status = daffi_global_wait_process (global, name, CONNECT_TIMEOUT_MS, error);
    }
    return status;
}

static double now (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool check (summary_t *summary, const corpus_t *corpus, const char *pattern)
{
    summary_t here = {0};
    summary_count_here (&here, corpus, pattern, SHORTEST);
    bool same = summary_equal (summary, &here);
    printf ("check    %s\n", same ? "the same as counted in one process"
                                  : "NOT what one process counts");
    summary_done (&here);
    return same;
}

static int call (const options_t *options, const corpus_t *corpus)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global =
        daffi_global_new (DAFFI_OPTIONS (.unix_sock_path = options->folder), &error);
    if (!global || wait_for_workers (global, options->workers, &error))
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;

    summary_t summary = {0};
    double begin = now ();
    bool good = !mine (global, corpus, options->pattern, &summary, &error);
    if (!good)
        fprintf (stderr, "%s\n", error.text);
    else
        summary_print (&summary, corpus, options->pattern, now () - begin);
    if (good && options->check)
        good = check (&summary, corpus, options->pattern);
    summary_done (&summary);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool parse (int argc, char **argv, options_t *options)
{
    static const struct option known[] = {{"workers", required_argument, NULL, 'w'},
                                          {"pattern", required_argument, NULL, 'p'},
                                          {"chunk", required_argument, NULL, 'l'},
                                          {"check", no_argument, NULL, 'c'},
                                          {0}};
    *options = (options_t){.pattern = "warranty", .lines_per_chunk = 50};
    for (int o; (o = getopt_long (argc, argv, "", known, NULL)) != -1;)
        if (o == 'w')
            options->workers = (unsigned)strtoul (optarg, NULL, 10);
        else if (o == 'p')
            options->pattern = optarg;
        else if (o == 'l')
            options->lines_per_chunk = strtoul (optarg, NULL, 10);
        else if (o == 'c')
            options->check = true;
        else
            return false;
    options->folder = optind < argc ? argv[optind++] : NULL;
    return options->folder && options->lines_per_chunk;
}

int main (int argc, char **argv)
{
    static char licences[] = "/usr/share/common-licenses",
                *standard[] = {licences, NULL};
    options_t options;
    if (!parse (argc, argv, &options))
        return fprintf (stderr, "usage: caller FOLDER [--workers N] [--pattern TEXT] "
                                "[--chunk LINES] [--check] [PATH...]\n"),
               2;

    corpus_t corpus = {0};
    int status = EXIT_SUCCESS;
    for (char **path = optind < argc ? argv + optind : standard; *path; path++)
        if (corpus_add (&corpus, *path)) {
            perror (*path);
            status = EXIT_FAILURE;
        }
    corpus_cut (&corpus, options.lines_per_chunk);
    if (!status && corpus.chunk_count == 0) {
        fprintf (stderr, "there is no text\n");
        status = EXIT_FAILURE;
    }
    if (!status)
        status = call (&options, &corpus);
    corpus_done (&corpus);
    return status;
}
