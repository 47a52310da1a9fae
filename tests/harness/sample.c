//  SPDX-License-Identifier: MPL-2.0
//  The harness tested: what it says of tests that pass, fail, crash, hang and leak.
//
//  A harness that calls a failure a success would make every other test worthless, so
//  its verdicts are compared as those of an example are (example-test).
//
// clang-format off
//  RUN: DAFFI_TEST_TIMEOUT=3 ./harness_sample; echo "code $?"; ./harness_sample --filter none_fits; echo "code $?"
//  OUTPUT:
//  | ok   a test that passes (<...> ms)
//  |      <...>sample.c:<...>: 1 + 1 is 2, not 3 (3)
//  | FAIL a number differs (<...> ms)
//  |      <...>sample.c:<...>: name is "daffi", not NULL (NULL)
//  | FAIL a string differs (<...> ms)
//  |      <...>sample.c:<...>: have: 3 bytes, not 3; from byte 1 on: 01 [02]03 ; not: 01 [09]03<...>
//  | FAIL bytes differ (<...> ms)
//  |      <...>sample.c:<...>: DAFFI_BUSY is BUSY, not OK
//  | FAIL a status differs (<...> ms)
//  |      <...>sample.c:<...>: killed by signal <...> (Aborted)
//  | FAIL it crashes (<...> ms)
//  |      <...>sample.c:<...>: not done after 3 s
//  | FAIL it hangs (<...> ms)
//  |      leaked descriptor <...>: /dev/null
//  | FAIL it leaks a descriptor (<...> ms)
//  |      <...>sample.c:<...>: in another thread
//  | FAIL a check fails in another thread (<...> ms)
//  | ok   its folder is empty, and is removed with all that is in it (<...> ms)
//  | ok   the folder of the test before is gone (<...> ms)
//  |      <...>sample.c:<...>: no such device
//  | skip it cannot be shown here (<...> ms)
//  | 3 passed, 8 failed, 1 skipped
//  | code 1
//  | 0 passed, 0 failed
//  | code 1
//  END
// clang-format on

#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TEST ("a test that passes")
{
    CHECK (1 < 2);
    CHECK_EQ_INT (-1, -1);
    CHECK_EQ_UINT (UINT64_MAX, UINT64_MAX);
    CHECK_EQ_DOUBLE (0.5, 0.5);
    CHECK_EQ_STR ("a", "a");
    CHECK_EQ_MEM ("ab", 2, "ab", 2);
    CHECK_OK (DAFFI_OK);
    CHECK_STATUS (DAFFI_BUSY, DAFFI_BUSY);
}

TEST ("a number differs")
{
    CHECK_EQ_INT (1 + 1, 3);
}

TEST ("a string differs")
{
    const char *name = "daffi";
    CHECK_EQ_STR (name, NULL);
}

TEST ("bytes differ")
{
    const char have[] = {1, 2, 3};
    const char want[] = {1, 9, 3};
    CHECK_EQ_MEM (have, sizeof have, want, sizeof want);
}

TEST ("a status differs")
{
    CHECK_OK (DAFFI_BUSY);
}

TEST ("it crashes")
{
    abort ();
}

TEST ("it hangs")
{
    for (;;)
        pause ();
}

TEST ("it leaks a descriptor")
{
    CHECK (open ("/dev/null", O_RDONLY) >= 0);
}

static void *fail_in_thread (void *arg)
{
    (void)arg;
    daffi_test_fail (__FILE__, __LINE__, "in another thread");
}

TEST ("a check fails in another thread")
{
    pthread_t thread;
    CHECK (pthread_create (&thread, NULL, fail_in_thread, NULL) == 0);
    pthread_join (thread, NULL);
}

//  Where the next test finds out the name of this one's folder.
static const char *note_path (void)
{
    static char path[PATH_MAX];
    snprintf (path, sizeof path, "%s/folder", getenv ("TMPDIR"));
    return path;
}

TEST ("its folder is empty, and is removed with all that is in it")
{
    CHECK (rmdir (test_tmpdir ()) == 0);
    CHECK (mkdir (test_tmpdir (), 0700) == 0);
    char path[PATH_MAX];
    snprintf (path, sizeof path, "%s/a", test_tmpdir ());
    CHECK (mkdir (path, 0700) == 0);
    snprintf (path, sizeof path, "%s/a/b", test_tmpdir ());
    int file = open (path, O_CREAT | O_WRONLY, 0600);
    CHECK (file >= 0);
    close (file);
    FILE *note = fopen (note_path (), "w");
    CHECK (note);
    fprintf (note, "%s", test_tmpdir ());
    fclose (note);
}

TEST ("the folder of the test before is gone")
{
    FILE *note = fopen (note_path (), "r");
    CHECK (note);
    char folder[PATH_MAX];
    CHECK (fgets (folder, sizeof folder, note));
    fclose (note);
    CHECK (access (folder, F_OK) < 0);
}

TEST ("it cannot be shown here")
{
    SKIP ("no such device");
}
