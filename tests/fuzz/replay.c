//  SPDX-License-Identifier: MPL-2.0
//  Runs a fuzz target over the files of its corpus: the ordinary tests do so with any
//  compiler, and a file that once crashed it is a test for ever.
//
//      fuzz_record_replay FOLDER…

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static _Noreturn void fail (const char *what, const char *path)
{
    fprintf (stderr, "replay: %s %s\n", what, path);
    exit (1);
}

static void replay_file (const char *path)
{
    FILE *const file = fopen (path, "rb");
    struct stat status;
    if (!file || fstat (fileno (file), &status))
        fail ("cannot open", path);
    const size_t size = (size_t)status.st_size;
    //  a block of exactly this size, so that a sanitizer sees a read beyond it
    uint8_t *const data = malloc (size ? size : 1);
    if (!data || fread (data, 1, size, file) != size)
        fail ("cannot read", path);
    fclose (file);
    LLVMFuzzerTestOneInput (data, size);
    free (data);
}

static size_t replay_folder (const char *folder)
{
    DIR *const dir = opendir (folder);
    if (!dir)
        fail ("cannot open", folder);
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir (dir))) {
        char path[4096];
        struct stat status;
        snprintf (path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat (path, &status) || !S_ISREG (status.st_mode))
            continue;
        replay_file (path);
        count++;
    }
    closedir (dir);
    return count;
}

int main (int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder (argv[i]);
    printf ("%zu inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
