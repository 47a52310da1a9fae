//  SPDX-License-Identifier: MPL-2.0
//  What a child may still do: limits, no privileges, no files, few system calls.

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner.h"

enum { NOBODY = 65534 };

//  Rights that came after the headers of Debian 12; the kernel's ABI says which exist.
#define ALL_FILES_1 ((UINT64_C (1) << 13) - 1)
#define REFER       (UINT64_C (1) << 13)
#define TRUNCATE    (UINT64_C (1) << 14)
#define IOCTL_DEV   (UINT64_C (1) << 15)
#define READ_ONLY   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

typedef struct {
    uint64_t files;
    uint64_t network;  //  from ABI 4
    uint64_t scoped;   //  from ABI 6: abstract sockets, signals
} ruleset_t;

int daffi_sandbox_landlock (void)
{
    long abi = syscall (SYS_landlock_create_ruleset, NULL, 0, 1);
    return abi > 0 ? (int)abi : 0;
}

//  --- limits -------------------------------------------------------------------------

//  What is lower already stays so.
static bool limit_both (int what, uint64_t soft, uint64_t hard)
{
    struct rlimit had;
    if (getrlimit ((__rlimit_resource_t)what, &had))
        return false;
    hard = hard < had.rlim_max ? hard : had.rlim_max;
    struct rlimit both = {.rlim_cur = soft < hard ? soft : hard, .rlim_max = hard};
    return !setrlimit ((__rlimit_resource_t)what, &both);
}

static bool limit (int what, uint64_t value)
{
    return limit_both (what, value, value);
}

//  The node counts the time of each call; this ends what it does not see, such as
//  threads that go on behind an answer. SIGXCPU can be ignored, the hard limit cannot.
static bool limit_cpu (uint32_t call_ms)
{
    uint64_t life_s = (uint64_t)call_ms * DAFFI_CHILD_LIFE_CALLS / 1000 + 2;
    return limit_both (RLIMIT_CPU, life_s, life_s + 1);
}

static const char *set_limits (const daffi_limits_t *limits)
{
    if (!limit (RLIMIT_AS, limits->memory_bytes) || !limit (RLIMIT_FSIZE, 0) ||
        !limit (RLIMIT_NOFILE, limits->files_max) || !limit (RLIMIT_CORE, 0) ||
        !limit (RLIMIT_MEMLOCK, 0) || !limit (RLIMIT_STACK, 8 << 20) ||
        !limit (RLIMIT_MSGQUEUE, 0) || !limit_cpu (limits->cpu_ms))
        return "setrlimit";
    return NULL;
}

//  Root is more than a user: its child is nobody.
static const char *drop_root (void)
{
    if (geteuid () != 0)
        return NULL;
    if (setgroups (0, NULL) || setresgid (NOBODY, NOBODY, NOBODY) ||
        setresuid (NOBODY, NOBODY, NOBODY))
        return "setresuid";
    //  it must find its own image below /proc/self
    return prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) ? "prctl" : NULL;
}

//  A change of the user clears it, so it comes after that.
static const char *end_with (pid_t runner)
{
    if (prctl (PR_SET_PDEATHSIG, SIGKILL))
        return "prctl";
    if (getppid () != runner)
        _exit (0);
    return NULL;
}

//  --- Landlock -----------------------------------------------------------------------

static uint64_t files_of (int abi)
{
    return ALL_FILES_1 | (abi >= 2 ? REFER : 0) | (abi >= 3 ? TRUNCATE : 0) |
           (abi >= 5 ? IOCTL_DEV : 0);
}

static void allow_reading (int rules, const char *path, uint64_t rights)
{
    int fd = open (path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights,
                                                 .parent_fd = fd};
    (void)syscall (SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath,
                   0);
    close (fd);
}

//  `loading`: the libraries of the system can be read, and nothing else.
static const char *restrict_files (int abi, int loading)
{
    ruleset_t set = {.files = files_of (abi),
                     .network = abi >= 4 ? 3 : 0,
                     .scoped = abi >= 6 ? 3 : 0};
    size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 16 : 8;
    int rules = (int)syscall (SYS_landlock_create_ruleset, &set, size, 0);
    if (rules < 0)
        return "landlock_create_ruleset";
    if (loading) {
        static const char *const folders[] = {"/lib", "/lib64", "/usr/lib",
                                              "/usr/lib64", "/usr/local/lib"};
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
            allow_reading (rules, folders[i], READ_ONLY);
        allow_reading (rules, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE);
    }
    long failed = syscall (SYS_landlock_restrict_self, rules, 0);
    close (rules);
    return failed ? "landlock_restrict_self" : NULL;
}

//  --- both ---------------------------------------------------------------------------

static int abi_in_use;

const char *daffi_sandbox_close (const daffi_limits_t *limits, pid_t runner)
{
    abi_in_use = daffi_sandbox_landlock ();
    int filters = daffi_sandbox_seccomp ();
    if ((!abi_in_use || !filters) && !limits->weak_ok)
        return "this kernel has no Landlock or no seccomp, which";
    const char *failed = set_limits (limits);
    if (!failed)
        failed = drop_root ();
    if (!failed)
        failed = end_with (runner);
    if (!failed && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        failed = "no_new_privs";
    if (!failed && abi_in_use)
        failed = restrict_files (abi_in_use, 1);
    if (!failed && filters)
        failed = daffi_seccomp_install (1);
    return failed;
}

const char *daffi_sandbox_seal (void)
{
    return daffi_sandbox_seccomp () ? daffi_seccomp_install (0) : NULL;
}
