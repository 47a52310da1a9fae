//  SPDX-License-Identifier: MPL-2.0
//  A machine whose clock is set and whose disk fails: what is started on it believes
//  it.

#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[200];

machine_words_t *machine_open (void)
{
    snprintf (path, sizeof path, "%s/machine", test_tmpdir ());
    int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK (fd >= 0 && ftruncate (fd, sizeof (machine_words_t)) == 0);
    void *memory = mmap (NULL, sizeof (machine_words_t), PROT_READ | PROT_WRITE,
                         MAP_SHARED, fd, 0);
    CHECK (memory != MAP_FAILED);
    close (fd);
    return memory;
}

process_t machine_broker (place_t *at, const char *const *options)
{
    const char *library = getenv ("DAFFI_TEST_MACHINE");
    if (!library)
        SKIP ("DAFFI_TEST_MACHINE does not name tests/system/preload's library");
#if defined __has_feature
#if __has_feature(thread_sanitizer)
    //  its runtime has clocks and writes of its own before the library's
    SKIP ("ThreadSanitizer does not let a preloaded library in");
#endif
#endif
    setenv ("LD_PRELOAD", library, 1);
    setenv ("DAFFI_MACHINE", path, 1);
    process_t broker = broker_start_with (at, options);
    unsetenv ("LD_PRELOAD");
    unsetenv ("DAFFI_MACHINE");
    return broker;
}
