/* SPDX-License-Identifier: MPL-2.0 */
/*  The payload of 31_near_data: scans the files of a folder where it runs. */

#define _GNU_SOURCE
#include "scan.h"

#include <daffi_payload.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void scan_file (int folder, const char *name, const char *word, counts_t *counts)
{
    struct stat status;
    int fd = openat (folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (!fstat (fd, &status) && S_ISREG (status.st_mode) && status.st_size > 0) {
        size_t size = (size_t)status.st_size;
        void *text = mmap (NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (text != MAP_FAILED) {
            scan_text (text, size, word, counts);
            munmap (text, size);
        }
    }
    close (fd);
}

DAFFI_PAYLOAD_FUNCTION (scan, "(folder: string, word: string) -> [int]")
{
    const char *path, *word;
    counts_t counts = {0};
    const struct dirent *entry;
    if (daffi_payload_string (call, 0, &path) || daffi_payload_string (call, 1, &word))
        return daffi_payload_fail (call, "scan wants a folder and a word");
    DIR *folder = opendir (path);
    if (!folder)
        return daffi_payload_fail (call, "no folder %s here", path);
    while ((entry = readdir (folder)) && !daffi_payload_cancelled (call))
        scan_file (dirfd (folder), entry->d_name, word, &counts);
    closedir (folder);
    return daffi_payload_reply (
        call, DAFFI_ARRAY (counts.files, counts.bytes, counts.lines, counts.matching));
}
