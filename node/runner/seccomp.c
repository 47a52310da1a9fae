//  SPDX-License-Identifier: MPL-2.0
//  Which system calls foreign code may make: a list of those that compute, wait and
//  talk over what is open already. Everything else ends the child with SIGSYS.
//
//  Threads may be made, processes may not: clone3 hides its flags from the filter, so
//  it is answered with ENOSYS and glibc falls back on clone, whose flags can be seen.

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

static const int always[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_close,
    SYS_fstat,
    SYS_lseek,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_ppoll,
    SYS_pselect6,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendto,
    SYS_recvfrom,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_times,
    SYS_membarrier,
    SYS_getcpu,
    SYS_restart_syscall,
    SYS_eventfd2,
    SYS_pipe2,
    SYS_dup,
    SYS_rseq,
#ifdef SYS_poll
    SYS_poll,
    SYS_select,
    SYS_time,
    SYS_arch_prctl,
#endif
};

static const int while_loading[] = {
    SYS_seccomp,   SYS_openat,     SYS_pread64, SYS_newfstatat,
    SYS_faccessat, SYS_readlinkat,
#ifdef SYS_access
    SYS_access,    SYS_readlink,   SYS_open,    SYS_stat,
#endif
};

enum { ROOM = 256 };

typedef struct {
    struct sock_filter code[ROOM];
    unsigned short count;
} program_t;

static void add (program_t *self, struct sock_filter instruction)
{
    if (self->count < ROOM)
        self->code[self->count++] = instruction;
}

static void load (program_t *self, size_t offset)
{
    add (self,
         (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer (program_t *self, uint32_t verdict)
{
    add (self, (struct sock_filter)BPF_STMT (BPF_RET | BPF_K, verdict));
}

//  If the loaded word is (not) this, skip so many instructions.
static void skip_unless (program_t *self, uint32_t value, uint8_t count)
{
    add (self,
         (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
}

static void when (program_t *self, int number, uint32_t verdict)
{
    skip_unless (self, (uint32_t)number, 1);
    answer (self, verdict);
}

//  The call is allowed where the low word of an argument has this value (under a mask);
//  the number is loaded before and after.
static void when_argument (program_t *self, int number, unsigned index, uint32_t mask,
                           uint32_t value)
{
    skip_unless (self, (uint32_t)number, 5);
    load (self, offsetof (struct seccomp_data, args) + 8 * index);
    add (self, (struct sock_filter)BPF_STMT (BPF_ALU | BPF_AND | BPF_K, mask));
    skip_unless (self, value, 1);
    answer (self, SECCOMP_RET_ALLOW);
    answer (self, SECCOMP_RET_TRAP);
}

//  To ask for an own limit is fine. To raise one is not, and with RLIMIT_CPU a limit of
//  another process is a weapon. Both words of the pointer count.
static void when_limits (program_t *self)
{
    static const size_t words[] = {offsetof (struct seccomp_data, args[0]),
                                   offsetof (struct seccomp_data, args[2]),
                                   offsetof (struct seccomp_data, args[2]) + 4};
    skip_unless (self, SYS_prlimit64, 8);
    for (uint8_t i = 0; i < 3; i++) {
        load (self, words[i]);
        skip_unless (self, 0, (uint8_t)(5 - 2 * i));
    }
    answer (self, SECCOMP_RET_ALLOW);
    answer (self, SECCOMP_RET_TRAP);
}

//  What copies a descriptor or asks about one. With an owner and O_ASYNC it would send
//  signals to any process of the user.
static void when_descriptors (program_t *self)
{
    static const uint32_t harmless[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
                                        F_SETFD, F_GETFL,         F_GET_SEALS};
    enum { COUNT = sizeof harmless / sizeof harmless[0] };
    skip_unless (self, SYS_fcntl, 2 * COUNT + 7);
    load (self, offsetof (struct seccomp_data, args[1]));
    for (size_t i = 0; i < COUNT; i++)
        when (self, (int)harmless[i], SECCOMP_RET_ALLOW);
    skip_unless (self, F_SETFL, 4);
    load (self, offsetof (struct seccomp_data, args[2]));
    add (self, (struct sock_filter)BPF_STMT (BPF_ALU | BPF_AND | BPF_K, O_ASYNC));
    skip_unless (self, 0, 1);
    answer (self, SECCOMP_RET_ALLOW);
    answer (self, SECCOMP_RET_TRAP);
}

static void write_program (program_t *self, int loading)
{
    load (self, offsetof (struct seccomp_data, arch));
    skip_unless (self, ARCHITECTURE, 1);
    add (self, (struct sock_filter)BPF_STMT (BPF_JMP | BPF_JA, 1));
    answer (self, SECCOMP_RET_KILL_PROCESS);
    load (self, offsetof (struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        when (self, always[i], SECCOMP_RET_ALLOW);
    if (loading)
        for (size_t i = 0; i < sizeof while_loading / sizeof while_loading[0]; i++)
            when (self, while_loading[i], SECCOMP_RET_ALLOW);
    when (self, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    when (self, SYS_ioctl, SECCOMP_RET_ERRNO | ENOTTY);
    when_argument (self, SYS_clone, 0, CLONE_THREAD, CLONE_THREAD);
    when_argument (self, SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid ());
    when_limits (self);
    when_descriptors (self);
    //  stdio asks so what it writes to
    if (!loading)
        when_argument (self, SYS_newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
    answer (self, SECCOMP_RET_TRAP);
}

const char *daffi_seccomp_install (int loading)
{
    program_t program = {.count = 0};
    write_program (&program, loading);
    struct sock_fprog filter = {.len = program.count, .filter = program.code};
    if (program.count == ROOM ||
        syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))
        return "seccomp";
    return NULL;
}

int daffi_sandbox_seccomp (void)
{
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
