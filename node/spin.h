//  SPDX-License-Identifier: MPL-2.0
//  Whether a thread that waits for an answer spins before it sleeps, and for how long.
//
//  A sleep costs two wake-ups, and where an idle processor halts, its own one more: a
//  spinning caller keeps one awake. Where no processor is free it takes the time of
//  those who make the answer. Which of both it is shows in the waits themselves, so
//  with DAFFI_SPIN_AUTO each thread tries both and keeps to the quicker one.

#ifndef DAFFI_SPIN_H
#define DAFFI_SPIN_H

#include <stdbool.h>
#include <stdint.h>

//  What a thread has learnt; zeroed at its beginning.
typedef struct {
    uint32_t waits;
    uint32_t slept_us;  //  how long a wait takes, on average of late; 0: not known
    uint32_t spun_us;
} daffi_spin_t;

//  For how many microseconds the next wait shall spin. `setting` is
//  daffi_options_t.spin_us; `alone`: the process waits for nothing else, so nobody
//  would use the time better; `processors`: that the thread may run on.
uint32_t daffi_spin_budget (daffi_spin_t *self, int32_t setting, bool alone,
                            unsigned processors);
//  How long it took until the answer was there.
void daffi_spin_learn (daffi_spin_t *self, bool spun, int64_t waited_us);

//  Tells the processor that this is a spin.
static inline void daffi_spin_pause (void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause ();
#elif defined __aarch64__ || defined __arm__
    __asm__ __volatile__("yield");
#endif
}

#endif
