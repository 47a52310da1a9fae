//  SPDX-License-Identifier: MPL-2.0
//  The test runner: main () of every test program.
//
//  The parent only forks, waits and counts. It starts no thread and touches neither the
//  library nor ZeroMQ, since forking after a ZeroMQ context exists is not allowed. A
//  child leads a process group, which is killed as a whole when the test ends: a daemon
//  that a failing test left behind does not outlive it.

#include "test.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_SKIPPED = 77,     //  what a test that cannot run here ends with
    TIMEOUT_DEFAULT = 60,  //  seconds; DAFFI_TEST_TIMEOUT overrides
    FDS_MAX = 1024,        //  descriptors that the leak check can tell apart
};

typedef struct {
    const char *filter;
    bool list;
    bool no_fork;
    unsigned timeout_s;
} options_t;

typedef struct {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
} counts_t;

static daffi_test_t *first_test;
static daffi_test_t **last_test = &first_test;

static char tmpdir_root[32];        //  of the test that runs; the runner removes it
static char tmpdir_path[PATH_MAX];  //  "" until the test asks for it

void daffi_test_register (daffi_test_t *test)
{
    *last_test = test;
    last_test = &test->next;
}

//  --- what a check says -----------------------------------------------------

//  One write: a line of one thread is not cut by a line of another process.
DAFFI_PRINTF (3, 0)
static void say (const char *file, int line, const char *format, va_list arguments)
{
    char text[4096];
    int head = snprintf (text, sizeof text, "     %s:%d: ", file, line);
    if (head < 0)
        return;
    size_t used = (size_t)head;
    int body = vsnprintf (text + used, sizeof text - used - 1, format, arguments);
    if (body < 0)
        return;
    used =
        used + (size_t)body < sizeof text - 1 ? used + (size_t)body : sizeof text - 2;
    text[used++] = '\n';
    fflush (stdout);
    fwrite (text, 1, used, stdout);
    fflush (stdout);
}

void daffi_test_fail (const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    say (file, line, format, arguments);
    va_end (arguments);
    //  Not exit (): other threads may run, and a leak report would hide the reason.
    _exit (EXIT_FAILURE);
}

void daffi_test_skip (const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    say (file, line, format, arguments);
    va_end (arguments);
    _exit (EXIT_SKIPPED);
}

void daffi_test_eq_int (const char *file, int line, const char *actual_text,
                        int64_t actual, const char *expected_text, int64_t expected)
{
    if (actual != expected)
        daffi_test_fail (file, line, "%s is %" PRId64 ", not %" PRId64 " (%s)",
                         actual_text, actual, expected, expected_text);
}

void daffi_test_eq_uint (const char *file, int line, const char *actual_text,
                         uint64_t actual, const char *expected_text, uint64_t expected)
{
    if (actual != expected)
        daffi_test_fail (file, line, "%s is %" PRIu64 ", not %" PRIu64 " (%s)",
                         actual_text, actual, expected, expected_text);
}

void daffi_test_eq_double (const char *file, int line, const char *actual_text,
                           double actual, const char *expected_text, double expected)
{
    //  The same bits: what travels must come back unchanged, and NaN equals itself.
    uint64_t actual_bits;
    uint64_t expected_bits;
    memcpy (&actual_bits, &actual, sizeof actual_bits);
    memcpy (&expected_bits, &expected, sizeof expected_bits);
    if (actual_bits != expected_bits)
        daffi_test_fail (file, line, "%s is %.17g, not %.17g (%s)", actual_text, actual,
                         expected, expected_text);
}

void daffi_test_eq_str (const char *file, int line, const char *actual_text,
                        const char *actual, const char *expected_text,
                        const char *expected)
{
    if (actual && expected && strcmp (actual, expected) == 0)
        return;
    if (!actual && !expected)
        return;
    daffi_test_fail (file, line, "%s is %s%s%s, not %s%s%s (%s)", actual_text,
                     actual ? "\"" : "", actual ? actual : "NULL", actual ? "\"" : "",
                     expected ? "\"" : "", expected ? expected : "NULL",
                     expected ? "\"" : "", expected_text);
}

//  Up to 16 bytes around the first difference, in hex.
static void hex (char *text, size_t capacity, const uint8_t *data, size_t size,
                 size_t at)
{
    size_t from = at > 8 ? at - 8 : 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = from; i < size && i < from + 16 && used + 4 < capacity; i++)
        used += (size_t)snprintf (text + used, capacity - used,
                                  i == at ? "[%02x]" : "%02x ", data[i]);
}

void daffi_test_eq_mem (const char *file, int line, const char *actual_text,
                        const void *actual, size_t actual_size, const void *expected,
                        size_t expected_size)
{
    const uint8_t *a = actual;
    const uint8_t *b = expected;
    size_t common = actual_size < expected_size ? actual_size : expected_size;
    size_t at = 0;
    while (at < common && a[at] == b[at])
        at++;
    if (actual_size == expected_size && at == common)
        return;
    char actual_hex[80];
    char expected_hex[80];
    hex (actual_hex, sizeof actual_hex, a, actual_size, at);
    hex (expected_hex, sizeof expected_hex, b, expected_size, at);
    daffi_test_fail (
        file, line, "%s: %zu bytes, not %zu; from byte %zu on: %s; not: %s",
        actual_text, actual_size, expected_size, at, actual_hex, expected_hex);
}

#define STATUS_NAME(name, number, text) \
    case DAFFI_##name:                  \
        return #name;

//  Of its own, so that the harness needs nothing of what it tests.
static const char *status_name (daffi_status_t status)
{
    switch (status) {
        DAFFI_STATUS_MAP (STATUS_NAME)
    }
    return "no status at all";
}

void daffi_test_status (const char *file, int line, const char *actual_text,
                        daffi_status_t expected, daffi_status_t actual)
{
    if (actual != expected)
        daffi_test_fail (file, line, "%s is %s, not %s", actual_text,
                         status_name (actual), status_name (expected));
}

//  --- the folder of a test --------------------------------------------------

const char *test_tmpdir (void)
{
    if (tmpdir_path[0])
        return tmpdir_path;
    snprintf (tmpdir_path, sizeof tmpdir_path, "%s/t", tmpdir_root);
    if (mkdir (tmpdir_path, 0700) < 0)
        daffi_test_fail (__FILE__, __LINE__, "mkdir %s: %s", tmpdir_path,
                         strerror (errno));
    return tmpdir_path;
}

static void remove_tree (int parent, const char *name)
{
    int folder = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir (folder);
    if (!entries) {
        unlinkat (parent, name, 0);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir (entries)))
        if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
            remove_tree (folder, entry->d_name);
    closedir (entries);
    unlinkat (parent, name, AT_REMOVEDIR);
}

//  --- the child: one test ---------------------------------------------------

typedef struct {
    bool open[FDS_MAX];
} descriptors_t;

//  One by one with fcntl () and not from /proc/self/fd, whose reading opens one itself.
static void descriptors_read (descriptors_t *self)
{
    for (int fd = 0; fd < FDS_MAX; fd++)
        self->open[fd] = fcntl (fd, F_GETFD) >= 0;
}

static void descriptor_tell (int fd)
{
    char link[64];
    char target[200];
    snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink (link, target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    printf ("     leaked descriptor %d: %s\n", fd, target);
}

//  czmq keeps one context for the whole process until it is told otherwise; only then
//  are the descriptors of its threads closed. Found at run time: base and wire have no
//  czmq.
static void czmq_shutdown (void)
{
    typedef void (shutdown_fn) (void);
    void *symbol = dlsym (RTLD_DEFAULT, "zsys_shutdown");
    if (!symbol)
        return;
    shutdown_fn *shutdown;
    memcpy (&shutdown, &symbol, sizeof shutdown);
    shutdown ();
}

static int run_checked (const daffi_test_t *test)
{
    static descriptors_t before;
    static descriptors_t after;
    descriptors_read (&before);
    test->run ();
    czmq_shutdown ();
    descriptors_read (&after);
    int code = EXIT_SUCCESS;
    for (int fd = 0; fd < FDS_MAX; fd++)
        if (after.open[fd] && !before.open[fd]) {
            descriptor_tell (fd);
            code = EXIT_FAILURE;
        }
    fflush (stdout);
    return code;
}

//  --- the parent: all tests -------------------------------------------------

static int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static sigset_t signal_set (int signal_number)
{
    sigset_t self;
    sigemptyset (&self);
    sigaddset (&self, signal_number);
    return self;
}

//  Waits for the child until the deadline; false: it is still running then. SIGCHLD is
//  blocked, so none is missed between the look and the wait.
static bool await (pid_t child, int64_t deadline_ms, int *status)
{
    sigset_t child_signal = signal_set (SIGCHLD);
    while (waitpid (child, status, WNOHANG) == 0) {
        int64_t left_ms = deadline_ms - now_ms ();
        if (left_ms <= 0)
            return false;
        struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000};
        sigtimedwait (&child_signal, NULL, &left);
    }
    return true;
}

static int run_forked (const daffi_test_t *test, unsigned timeout_s)
{
    fflush (stdout);
    pid_t child = fork ();
    if (child < 0) {
        printf ("     fork: %s\n", strerror (errno));
        return EXIT_FAILURE;
    }
    if (child == 0) {
        sigset_t child_signal = signal_set (SIGCHLD);
        sigprocmask (SIG_UNBLOCK, &child_signal, NULL);
        setpgid (0, 0);
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        //  exit (): that is when the leak sanitizer looks and coverage is written.
        exit (run_checked (test));
    }
    setpgid (child, child);
    int status = 0;
    if (!await (child, now_ms () + (int64_t)timeout_s * 1000, &status)) {
        printf ("     %s:%d: not done after %u s\n", test->file, test->line, timeout_s);
        kill (-child, SIGKILL);
        waitpid (child, &status, 0);
        return EXIT_FAILURE;
    }
    kill (-child, SIGKILL);
    if (WIFSIGNALED (status)) {
        printf ("     %s:%d: killed by signal %d (%s)\n", test->file, test->line,
                WTERMSIG (status), strsignal (WTERMSIG (status)));
        return EXIT_FAILURE;
    }
    return WEXITSTATUS (status);
}

static int run_with_folder (const daffi_test_t *test, const options_t *options)
{
    snprintf (tmpdir_root, sizeof tmpdir_root, "/tmp/daffi-test-XXXXXX");
    if (!mkdtemp (tmpdir_root)) {
        printf ("     mkdtemp %s: %s\n", tmpdir_root, strerror (errno));
        return EXIT_FAILURE;
    }
    tmpdir_path[0] = '\0';
    int code;
    if (options->no_fork) {
        alarm (options->timeout_s);
        code = run_checked (test);
    } else
        code = run_forked (test, options->timeout_s);
    remove_tree (AT_FDCWD, tmpdir_root);
    return code;
}

static void run_one (const daffi_test_t *test, const options_t *options,
                     counts_t *counts)
{
    int64_t start_ms = now_ms ();
    int code = run_with_folder (test, options);
    const char *verdict = "FAIL";
    if (code == EXIT_SUCCESS) {
        verdict = "ok  ";
        counts->passed++;
    } else if (code == EXIT_SKIPPED) {
        verdict = "skip";
        counts->skipped++;
    } else
        counts->failed++;
    printf ("%s %s (%" PRId64 " ms)\n", verdict, test->sentence, now_ms () - start_ms);
    fflush (stdout);
}

static void usage (const char *program)
{
    printf ("usage: %s [--list] [--filter TEXT] [--no-fork]\n"
            "  --list         print the sentences, run nothing\n"
            "  --filter TEXT  only sentences that contain TEXT\n"
            "  --no-fork      all in this process, for a debugger; the first failure "
            "ends it\n"
            "DAFFI_TEST_TIMEOUT: seconds that one test may take (%d)\n",
            program, TIMEOUT_DEFAULT);
}

//  0 = go on, else what to exit with, minus one.
static int options_read (options_t *self, int argc, char **argv)
{
    const char *timeout = getenv ("DAFFI_TEST_TIMEOUT");
    long seconds = timeout ? strtol (timeout, NULL, 10) : 0;
    self->timeout_s =
        seconds > 0 && seconds < 86400 ? (unsigned)seconds : TIMEOUT_DEFAULT;
    for (int i = 1; i < argc; i++) {
        if (strcmp (argv[i], "--list") == 0)
            self->list = true;
        else if (strcmp (argv[i], "--no-fork") == 0)
            self->no_fork = true;
        else if (strcmp (argv[i], "--filter") == 0 && i + 1 < argc)
            self->filter = argv[++i];
        else {
            usage (argv[0]);
            return strcmp (argv[i], "--help") == 0 ? 1 : 3;
        }
    }
    return 0;
}

int main (int argc, char **argv)
{
    options_t options = {0};
    int wish = options_read (&options, argc, argv);
    if (wish)
        return wish - 1;

    counts_t counts = {0};
    sigset_t child_signal = signal_set (SIGCHLD);
    if (!options.no_fork)
        sigprocmask (SIG_BLOCK, &child_signal, NULL);
    for (const daffi_test_t *test = first_test; test; test = test->next) {
        if (options.filter && !strstr (test->sentence, options.filter))
            continue;
        if (options.list)
            printf ("%s\n", test->sentence);
        else
            run_one (test, &options, &counts);
    }
    if (options.list)
        return EXIT_SUCCESS;
    printf ("%u passed, %u failed", counts.passed, counts.failed);
    if (counts.skipped)
        printf (", %u skipped", counts.skipped);
    printf ("\n");
    fflush (stdout);
    //  A run that proved nothing is no success: a filter that fits no sentence, say.
    return counts.failed || !(counts.passed + counts.skipped) ? EXIT_FAILURE
                                                              : EXIT_SUCCESS;
}
