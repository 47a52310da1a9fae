//  SPDX-License-Identifier: MPL-2.0
//  corpus.c: reads files and cuts them into chunks.
//
//  Plain POSIX; the whole text stays in memory, so that chunks can point into it.

#include "corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void *grow (void *items, size_t count, size_t size)
{
    items = realloc (items, count * size);
    if (!items) {
        perror ("textmine");
        exit (EXIT_FAILURE);
    }
    return items;
}

static bool has (const corpus_t *self, const struct stat *status)
{
    for (size_t i = 0; i < self->file_count; i++)
        if (self->files[i].inode == status->st_ino &&
            self->files[i].device == status->st_dev)
            return true;
    return false;
}

static int add_file (corpus_t *self, const char *path, const struct stat *status)
{
    size_t size = (size_t)status->st_size;
    FILE *stream = fopen (path, "r");
    if (!stream)
        return -1;
    char *data = grow (NULL, size + 1, 1);
    size = fread (data, 1, size, stream);
    fclose (stream);

    self->files = grow (self->files, self->file_count + 1, sizeof *self->files);
    self->files[self->file_count++] = (file_t){
        realpath (path, NULL), data, {data, size}, status->st_dev, status->st_ino};
    self->size_bytes += size;
    return 0;
}

static int visible (const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int add_folder (corpus_t *self, const char *path)
{
    struct dirent **entries;
    int count = scandir (path, &entries, visible, alphasort);
    int result = count < 0 ? -1 : 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf (name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (!result)
            result = corpus_add (self, name);
        free (entries[i]);
    }
    if (count >= 0)
        free (entries);
    return result;
}

int corpus_add (corpus_t *self, const char *path)
{
    struct stat status;
    if (stat (path, &status))
        return -1;
    if (S_ISDIR (status.st_mode))
        return add_folder (self, path);
    if (!S_ISREG (status.st_mode) || status.st_size == 0 || has (self, &status))
        return 0;
    return add_file (self, path, &status);
}

static text_t take_lines (text_t *rest, size_t lines)
{
    text_t line, taken = {rest->data, 0};
    for (size_t i = 0; i < lines && text_next_line (rest, &line); i++)
        taken.size = (size_t)(rest->data - taken.data);
    return taken;
}

void corpus_cut (corpus_t *self, size_t lines_per_chunk)
{
    for (size_t i = 0; i < self->file_count; i++) {
        text_t rest = self->files[i].text;
        for (uint64_t line = 1; rest.size; line += lines_per_chunk) {
            self->chunks =
                grow (self->chunks, self->chunk_count + 1, sizeof *self->chunks);
            self->chunks[self->chunk_count++] =
                (chunk_t){&self->files[i], line, take_lines (&rest, lines_per_chunk)};
        }
    }
}

void corpus_done (corpus_t *self)
{
    for (size_t i = 0; i < self->file_count; i++) {
        free (self->files[i].path);
        free (self->files[i].data);
    }
    free (self->files);
    free (self->chunks);
    *self = (corpus_t){0};
}
