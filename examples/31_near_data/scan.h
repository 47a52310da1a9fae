//  SPDX-License-Identifier: MPL-2.0
//  The work itself: the same code where it is shipped to the data, and where the data
//  is pulled to it.

#ifndef SCAN_H
#define SCAN_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int64_t files;
    int64_t bytes;
    int64_t lines;
    int64_t matching;  //  lines that hold the word
} counts_t;

static inline void scan_text (const char *text, size_t size, const char *word,
                              counts_t *counts)
{
    const char *end = text + size;
    counts->files++;
    counts->bytes += (int64_t)size;
    while (text < end) {
        const char *stop = memchr (text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        counts->lines++;
        if (memmem (text, length, word, strlen (word)))
            counts->matching++;
        text += length + 1;
    }
}

#endif
