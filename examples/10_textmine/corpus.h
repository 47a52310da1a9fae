//  SPDX-License-Identifier: MPL-2.0
//  corpus.h: the text that is mined, as files in memory and chunks of whole lines.
//
//  A file is taken once, however many links lead to it.

#ifndef TEXTMINE_CORPUS_H
#define TEXTMINE_CORPUS_H

#include "text.h"

#include <sys/types.h>

typedef struct {
    char *path;
    char *data;
    text_t text;  //  all of `data`
    dev_t device;
    ino_t inode;
} file_t;

typedef struct {
    const file_t *file;
    uint64_t line;  //  number of its first line, counted from 1
    text_t text;
} chunk_t;

//  Zeroed is empty.
typedef struct {
    file_t *files;
    size_t file_count;
    chunk_t *chunks;
    size_t chunk_count;
    size_t size_bytes;
} corpus_t;

//  Reads a file, or the files of a folder in the order of their names; 0, or -1 and
//  errno.
int corpus_add (corpus_t *self, const char *path);

//  Cuts all files, once, after the last corpus_add ().
void corpus_cut (corpus_t *self, size_t lines_per_chunk);

void corpus_done (corpus_t *self);

#endif
