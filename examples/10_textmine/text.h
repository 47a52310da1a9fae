//  SPDX-License-Identifier: MPL-2.0
//  text.h: what the workers do with a text, in plain C.
//
//  Nothing here knows of processes or calls: the workers offer these functions, the
//  caller merges with them, and its check runs them on the whole text by itself.

#ifndef TEXTMINE_TEXT_H
#define TEXTMINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  Borrowed bytes.
typedef struct {
    const char *data;
    size_t size;
} text_t;

//  Takes the next line, without its newline, off the front of `rest`; false at the end.
bool text_next_line (text_t *rest, text_t *line);

bool text_contains (text_t text, const char *pattern);

//  Lines (the last may lack its newline) and words between white space, as wc counts.
void text_count (text_t text, uint64_t *lines, uint64_t *words);

enum { WORD_MAX = 31 };  //  letters of a word that count; what follows is ignored

typedef struct {
    char word[WORD_MAX + 1];
    uint64_t count;
} tally_t;

//  How often each word occurs. Zeroed is empty.
typedef struct {
    tally_t *items;
    size_t count, capacity;
} words_t;

void words_add (words_t *self, const char *word, size_t size, uint64_t times);

//  Every run of at least `shortest` ASCII letters, in lower case.
void words_add_text (words_t *self, text_t text, size_t shortest);

//  Sorts by word and adds up what is there more than once.
void words_combine (words_t *self);

//  Most frequent first, then by word.
void words_rank (words_t *self);

void words_done (words_t *self);

#endif
