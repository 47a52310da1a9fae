//  SPDX-License-Identifier: MPL-2.0
//  worker: offers text functions to whoever calls, until it is told to end.
//
//      worker FOLDER NAME [DIE_AFTER]
//
//  FOLDER is where the broker's UNIX socket is, NAME the process name. With a number
//  of calls as third argument the worker kills itself in the midst of that call, so
//  that one can watch the others take over.

#include "text.h"

#include <daffi.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int die_after;

static void maybe_die (void)
{
    static atomic_int calls;
    if (++calls == die_after)
        raise (SIGKILL);
}

static daffi_status_t get_text (daffi_request_t *request, text_t *text)
{
    const void *data;
    maybe_die ();
    daffi_status_t status = daffi_request_bytes (request, 0, &data, &text->size);
    if (status)
        return daffi_request_fail_with (request, status,
                                        "the first argument is a text");
    text->data = data;
    return DAFFI_OK;
}

//  count_words (text) -> {"lines": n, "words": n}
static daffi_status_t count_words (daffi_request_t *request, void *arg)
{
    (void)arg;
    text_t text;
    uint64_t lines, words;
    daffi_status_t status = get_text (request, &text);
    if (status)
        return status;
    text_count (text, &lines, &words);
    return daffi_request_reply (request, DAFFI_MAP ("lines", lines, "words", words));
}

static daffi_status_t reply_pairs (daffi_request_t *request, daffi_value_t *items,
                                   size_t pairs)
{
    daffi_status_t status =
        daffi_request_reply_value (request, daffi_value_map (items, pairs));
    free (items);
    return status;
}

//  tally_words (text, shortest) -> {word: count, ...}
static daffi_status_t tally_words (daffi_request_t *request, void *arg)
{
    (void)arg;
    text_t text;
    uint64_t shortest;
    daffi_status_t status = get_text (request, &text);
    if (status)
        return status;
    if (daffi_request_uint (request, 1, &shortest))
        return daffi_request_fail (request, "tally_words wants a text and a length");

    words_t words = {0};
    words_add_text (&words, text, shortest);
    words_combine (&words);
    daffi_value_t *items = calloc (2 * words.count + 1, sizeof *items);
    for (size_t i = 0; items && i < words.count; i++) {
        items[2 * i] = daffi_value_string (words.items[i].word);
        items[2 * i + 1] = daffi_value_uint (words.items[i].count);
    }
    status = items ? reply_pairs (request, items, words.count) : DAFFI_NO_MEMORY;
    words_done (&words);
    return status;
}

//  grep (text, pattern) -> {line number: line, ...}, counted from 0
static daffi_status_t grep (daffi_request_t *request, void *arg)
{
    (void)arg;
    text_t text, line;
    const char *pattern;
    daffi_status_t status = get_text (request, &text);
    if (status)
        return status;
    if (daffi_request_string (request, 1, &pattern))
        return daffi_request_fail (request, "grep wants a text and a pattern");

    uint64_t lines, words;
    text_count (text, &lines, &words);
    daffi_value_t *items = calloc (2 * lines + 1, sizeof *items);
    if (!items)
        return DAFFI_NO_MEMORY;
    size_t found = 0;
    for (uint64_t n = 0; text_next_line (&text, &line); n++)
        if (text_contains (line, pattern)) {
            items[2 * found] = daffi_value_uint (n);
            items[2 * found + 1] = daffi_value_text (line.data, line.size);
            found++;
        }
    return reply_pairs (request, items, found);
}

int main (int argc, char **argv)
{
    static const daffi_function_t functions[] = {
        {.name = "count_words",
         .callback = count_words,
         .signature = "(text, ...) -> map"},
        {.name = "tally_words",
         .callback = tally_words,
         .signature = "(text, int) -> map"},
        {.name = "grep", .callback = grep, .signature = "(text, string) -> map"},
        {0}};
    if (argc < 3)
        return fprintf (stderr, "usage: worker FOLDER NAME [DIE_AFTER]\n"), 2;
    die_after = argc > 3 ? (int)strtol (argv[3], NULL, 10) : 0;

    //  Signals belong to the program: blocked in all threads, waited for in this one.
    sigset_t signals;
    sigemptyset (&signals);
    sigaddset (&signals, SIGINT);
    sigaddset (&signals, SIGTERM);
    pthread_sigmask (SIG_BLOCK, &signals, NULL);

    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = argv[2], .unix_sock_path = argv[1],
                       .functions = functions, .workers = 1),
        &error);
    if (!global)
        return fprintf (stderr, "%s: %s\n", argv[2], error.text), EXIT_FAILURE;

    int signal_number;
    sigwait (&signals, &signal_number);
    return EXIT_SUCCESS;
}
