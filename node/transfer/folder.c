//  SPDX-License-Identifier: MPL-2.0
//  Payloads on disk.
//
//  The folder must belong to this user and be closed to others. What is read from it is
//  checked against its hash all the same.

#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"

static const char suffix[] = ".daffi";
static const char part[] = ".part";

enum { PART_MAX_S = 600 };  //  nobody writes a payload for longer

static bool path_of (const char *folder, const uint8_t *hash, char *path,
                     size_t capacity)
{
    char text[DAFFI_HASH_TEXT + 1];
    daffi_hash_text (hash, text);
    int size = snprintf (path, capacity, "%s/%s%s", folder, text, suffix);
    return size > 0 && (size_t)size < capacity;
}

static daffi_status_t check_folder (const char *folder, daffi_error_t *error)
{
    struct stat status;
    if (mkdir (folder, 0700) && errno != EEXIST)
        return daffi_fail (error, DAFFI_SYSTEM, "%.150s: %s", folder, strerror (errno));
    if (lstat (folder, &status) || !S_ISDIR (status.st_mode) ||
        status.st_uid != geteuid () || (status.st_mode & 022))
        return daffi_fail (error, DAFFI_SYSTEM,
                           "%.150s must be a folder that only this user can write to",
                           folder);
    return DAFFI_OK;
}

daffi_payload_t *daffi_folder_read (const char *folder, const uint8_t *hash)
{
    char path[4096];
    daffi_error_t error;
    if (!path_of (folder, hash, path, sizeof path) || check_folder (folder, &error) ||
        access (path, F_OK))
        return NULL;
    daffi_payload_t *payload = daffi_payload_open (path, &error);
    bool other = payload && memcmp (payload->hash, hash, DAFFI_HASH_SIZE) != 0;
    if (other)
        daffi_payload_destroy (&payload);
    //  what cannot be read for want of memory or descriptors may be sound
    if (other || (!payload && error.status == DAFFI_BAD_PAYLOAD))
        unlink (path);
    if (!payload)
        return NULL;
    //  the times say what was used last
    (void)utimensat (AT_FDCWD, path, NULL, 0);
    return payload;
}

//  --- bounded ------------------------------------------------------------------------

typedef struct {
    struct timespec used;
    uint64_t size;
    char name[DAFFI_HASH_TEXT + sizeof suffix];
} bundle_t;

static bool ours (const char *name)
{
    return strlen (name) == DAFFI_HASH_TEXT + sizeof suffix - 1 &&
           strcmp (name + DAFFI_HASH_TEXT, suffix) == 0;
}

//  A file that a process which is gone has left half written.
static bool abandoned (const char *name, const struct stat *status)
{
    size_t size = strlen (name);
    return size > sizeof part && strcmp (name + size - sizeof part + 1, part) == 0 &&
           S_ISREG (status->st_mode) && time (NULL) - status->st_mtime > PART_MAX_S;
}

static bool older (const bundle_t *a, const bundle_t *b)
{
    return a->used.tv_sec != b->used.tv_sec ? a->used.tv_sec < b->used.tv_sec
                                            : a->used.tv_nsec < b->used.tv_nsec;
}

//  The bytes of all bundles, and the one that was used longest ago. Removes what is no
//  bundle and will be none.
static uint64_t survey (int fd, DIR *dir, bundle_t *oldest)
{
    uint64_t total = 0;
    const struct dirent *entry;
    oldest->name[0] = 0;
    rewinddir (dir);
    while ((entry = readdir (dir))) {
        struct stat status;
        if (fstatat (fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
            continue;
        if (abandoned (entry->d_name, &status))
            (void)unlinkat (fd, entry->d_name, 0);
        if (!ours (entry->d_name))
            continue;
        bundle_t bundle = {.used = status.st_mtim, .size = (uint64_t)status.st_size};
        memcpy (bundle.name, entry->d_name, sizeof bundle.name);
        total += bundle.size;
        if (!oldest->name[0] || older (&bundle, oldest))
            *oldest = bundle;
    }
    return total;
}

static void make_room (const char *folder, uint64_t limit)
{
    bundle_t oldest;
    DIR *dir = opendir (folder);
    if (!dir)
        return;
    int fd = dirfd (dir);
    while (survey (fd, dir, &oldest) > limit && oldest.name[0])
        if (unlinkat (fd, oldest.name, 0))
            break;
    closedir (dir);
}

daffi_status_t daffi_folder_write (const char *folder, const daffi_payload_t *payload,
                                   uint64_t limit, daffi_error_t *error)
{
    char path[4096];
    daffi_buffer_t out;
    daffi_status_t status = check_folder (folder, error);
    if (status)
        return status;
    if (!path_of (folder, payload->hash, path, sizeof path))
        return daffi_fail (error, DAFFI_INVALID, "the path is too long");
    daffi_buffer_init (&out);
    daffi_payload_bundle (payload, &out);
    if (out.failed || out.size > limit)
        status = daffi_fail (error, DAFFI_TOO_BIG, "it is larger than the cache");
    if (!status) {
        make_room (folder, limit - out.size);
        status = daffi_file_write (path, out.data, out.size, 0600, error);
    }
    daffi_buffer_done (&out);
    return status;
}

bool daffi_folder_remove (const char *folder, const uint8_t *hash)
{
    char path[4096];
    return path_of (folder, hash, path, sizeof path) && !unlink (path);
}
