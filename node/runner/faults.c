//  SPDX-License-Identifier: MPL-2.0
//  The last words of a child: which signal, and whether the stack or the memory limit
//  was the cause.

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "runner.h"

enum { ALTERNATE = 64 << 10, NEAR = 256 << 10 };

static uintptr_t stack_pointer (const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[15];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.sp;
#else
    (void)context;
    return 0;
#endif
}

static int reason (const siginfo_t *info, const ucontext_t *context)
{
    uintptr_t fault = (uintptr_t)info->si_addr;
    uintptr_t stack = stack_pointer (context);
    if (info->si_signo == SIGSEGV && fault + NEAR > stack && fault < stack + NEAR)
        return DAFFI_CRASH_STACK;
    return daffi_memory_refused ? DAFFI_CRASH_MEMORY : DAFFI_CRASH_PLAIN;
}

//  The signal kills when the handler returns: the instruction runs again, and abort ()
//  raises again.
static void tell (int number, siginfo_t *info, void *context)
{
    if (number == SIGSYS) {
        (void)daffi_say (DAFFI_CHILD_SOCKET, DAFFI_SAY_FORBIDDEN, info->si_syscall, 0,
                         NULL, 0);
        _exit (1);
    }
    (void)daffi_say (DAFFI_CHILD_SOCKET, DAFFI_SAY_CRASH, number,
                     reason (info, context), NULL, 0);
}

void daffi_faults_watch (void)
{
    static char room[ALTERNATE];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    stack_t alternate = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_sigaction = tell;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND;
    sigaltstack (&alternate, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction (numbers[i], &action, NULL);
}
