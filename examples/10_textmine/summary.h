//  SPDX-License-Identifier: MPL-2.0
//  summary.h: what is known about the text so far, and who found it out.
//
//  The same whether it was merged from the answers of workers or counted here, so that
//  one can be held against the other.

#ifndef TEXTMINE_SUMMARY_H
#define TEXTMINE_SUMMARY_H

#include "corpus.h"

enum { SAMPLES = 3, TOP = 10, SHARES_MAX = 64 };

typedef struct {
    char process[129];
    uint64_t calls;
} share_t;

typedef struct {
    uint64_t lines, words, matches;
    words_t tally;
    char *samples[SAMPLES];  //  the first matching lines
    share_t shares[SHARES_MAX];
    size_t share_count;
    uint64_t calls, retried;
} summary_t;

void summary_add_match (summary_t *self, const chunk_t *chunk, uint64_t line,
                        text_t text);

//  One call was answered by this process, at so many attempts.
void summary_add_call (summary_t *self, const char *process, uint32_t attempts);

//  Counts the whole text in this process, without any call.
void summary_count_here (summary_t *self, const corpus_t *corpus, const char *pattern,
                         size_t shortest);

//  The same text: equal counts, tallies and samples, whoever found them.
bool summary_equal (summary_t *a, summary_t *b);

void summary_print (summary_t *self, const corpus_t *corpus, const char *pattern,
                    double seconds);

void summary_done (summary_t *self);

#endif
