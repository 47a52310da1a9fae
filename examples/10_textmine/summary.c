//  SPDX-License-Identifier: MPL-2.0
//  summary.c: merge, compare and print.
//
//  The order in which answers arrive does not matter to a sum; the samples are the
//  first lines of the text because the caller merges in the order of the text.

#include "summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void summary_add_match (summary_t *self, const chunk_t *chunk, uint64_t line,
                        text_t text)
{
    const char *slash = strrchr (chunk->file->path, '/');
    char sample[200];
    if (self->matches < SAMPLES) {
        snprintf (sample, sizeof sample, "%s:%" PRIu64 ": %.*s",
                  slash ? slash + 1 : chunk->file->path, chunk->line + line,
                  (int)text.size, text.data);
        self->samples[self->matches] = strdup (sample);
    }
    self->matches++;
}

void summary_add_call (summary_t *self, const char *process, uint32_t attempts)
{
    size_t i = 0;
    while (i < self->share_count && strcmp (self->shares[i].process, process))
        i++;
    if (i == self->share_count && i < SHARES_MAX) {
        snprintf (self->shares[i].process, sizeof self->shares[i].process, "%s",
                  process);
        self->share_count++;
    }
    if (i < SHARES_MAX)
        self->shares[i].calls++;
    self->calls++;
    self->retried += attempts > 1;
}

void summary_count_here (summary_t *self, const corpus_t *corpus, const char *pattern,
                         size_t shortest)
{
    for (size_t i = 0; i < corpus->file_count; i++) {
        chunk_t whole = {&corpus->files[i], 1, corpus->files[i].text};
        text_t line, rest = whole.text;
        uint64_t lines, words;
        text_count (whole.text, &lines, &words);
        words_add_text (&self->tally, whole.text, shortest);
        self->lines += lines;
        self->words += words;
        for (uint64_t n = 0; text_next_line (&rest, &line); n++)
            if (text_contains (line, pattern))
                summary_add_match (self, &whole, n, line);
    }
}

static bool samples_equal (const summary_t *a, const summary_t *b)
{
    for (size_t i = 0; i < SAMPLES && i < a->matches; i++)
        if (strcmp (a->samples[i], b->samples[i]))
            return false;
    return true;
}

bool summary_equal (summary_t *a, summary_t *b)
{
    words_combine (&a->tally);
    words_combine (&b->tally);
    if (a->lines != b->lines || a->words != b->words || a->matches != b->matches ||
        a->tally.count != b->tally.count)
        return false;
    for (size_t i = 0; i < a->tally.count; i++)
        if (a->tally.items[i].count != b->tally.items[i].count ||
            strcmp (a->tally.items[i].word, b->tally.items[i].word))
            return false;
    return samples_equal (a, b);
}

static int by_name (const void *a, const void *b)
{
    return strcmp (((const share_t *)a)->process, ((const share_t *)b)->process);
}

void summary_print (summary_t *self, const corpus_t *corpus, const char *pattern,
                    double seconds)
{
    printf ("text     %zu files, %zu KiB, %" PRIu64 " lines, %" PRIu64 " words\n",
            corpus->file_count, corpus->size_bytes / 1024, self->lines, self->words);

    words_combine (&self->tally);
    words_rank (&self->tally);
    for (size_t i = 0; i < TOP && i < self->tally.count; i++)
        printf ("%-8s %-14s %6" PRIu64 "\n", i ? "" : "top", self->tally.items[i].word,
                self->tally.items[i].count);

    printf ("grep     %" PRIu64 " lines with \"%s\"\n", self->matches, pattern);
    for (size_t i = 0; i < SAMPLES && i < self->matches; i++)
        printf ("         %s\n", self->samples[i]);

    qsort (self->shares, self->share_count, sizeof *self->shares, by_name);
    printf ("calls    %" PRIu64 " in %.3f s, %.0f calls/s, %" PRIu64 " retried\n",
            self->calls, seconds, (double)self->calls / seconds, self->retried);
    for (size_t i = 0; i < self->share_count; i++)
        printf ("%-8s %-14s %6" PRIu64 "\n", i ? "" : "share", self->shares[i].process,
                self->shares[i].calls);
}

void summary_done (summary_t *self)
{
    for (size_t i = 0; i < SAMPLES; i++)
        free (self->samples[i]);
    words_done (&self->tally);
    *self = (summary_t){0};
}
