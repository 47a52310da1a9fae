//  SPDX-License-Identifier: MPL-2.0
//  text.c: count, tally and search, in plain C.
//
//  A tally is a list that is sorted now and then, not a hash table: merging the lists
//  of many workers is then appending them, and the order is right for printing.

#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_next_line (text_t *rest, text_t *line)
{
    if (rest->size == 0)
        return false;
    const char *newline = memchr (rest->data, '\n', rest->size);
    line->data = rest->data;
    line->size = newline ? (size_t)(newline - rest->data) : rest->size;
    size_t taken = line->size + (newline ? 1 : 0);
    rest->data += taken;
    rest->size -= taken;
    return true;
}

bool text_contains (text_t text, const char *pattern)
{
    size_t size = strlen (pattern);
    for (size_t i = 0; i + size <= text.size; i++)
        if (!memcmp (text.data + i, pattern, size))
            return true;
    return false;
}

static bool is_letter (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void text_count (text_t text, uint64_t *lines, uint64_t *words)
{
    bool inside = false;
    *lines = *words = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool space = isspace ((unsigned char)text.data[i]);
        *lines += text.data[i] == '\n' || i + 1 == text.size;
        *words += !space && !inside;
        inside = !space;
    }
}

void words_add (words_t *self, const char *word, size_t size, uint64_t times)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 256;
        self->items = realloc (self->items, self->capacity * sizeof *self->items);
        if (!self->items) {
            perror ("textmine");
            exit (EXIT_FAILURE);
        }
    }
    tally_t *tally = &self->items[self->count++];
    size_t kept = size < WORD_MAX ? size : WORD_MAX;
    memcpy (tally->word, word, kept);
    tally->word[kept] = 0;
    tally->count = times;
}

void words_add_text (words_t *self, text_t text, size_t shortest)
{
    for (size_t begin = 0, end; begin < text.size; begin = end + 1) {
        char word[WORD_MAX];
        for (end = begin; end < text.size && is_letter (text.data[end]); end++)
            if (end - begin < WORD_MAX)
                word[end - begin] = (char)tolower (text.data[end]);
        if (end > begin && end - begin >= shortest)
            words_add (self, word, end - begin, 1);
    }
}

static int by_word (const void *a, const void *b)
{
    return strcmp (((const tally_t *)a)->word, ((const tally_t *)b)->word);
}

static int by_count (const void *a, const void *b)
{
    uint64_t x = ((const tally_t *)a)->count, y = ((const tally_t *)b)->count;
    return x != y ? (x < y ? 1 : -1) : by_word (a, b);
}

static void sort (words_t *self, int (*order) (const void *, const void *))
{
    if (self->count)
        qsort (self->items, self->count, sizeof *self->items, order);
}

void words_combine (words_t *self)
{
    size_t kept = 0;
    sort (self, by_word);
    for (size_t i = 0; i < self->count; i++)
        if (kept && !by_word (&self->items[kept - 1], &self->items[i]))
            self->items[kept - 1].count += self->items[i].count;
        else
            self->items[kept++] = self->items[i];
    self->count = kept;
}

void words_rank (words_t *self)
{
    sort (self, by_count);
}

void words_done (words_t *self)
{
    free (self->items);
    *self = (words_t){0};
}
