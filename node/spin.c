//  SPDX-License-Identifier: MPL-2.0
//  Whether a thread that waits spins before it sleeps.
//
//  One wait in sixteen goes the other way than the rest, so that a change is noticed.

#include "spin.h"

#include "daffi.h"

enum {
    BUDGET_MAX_US = 500,  //  a longer wait is nothing that spinning could shorten much
    TRIAL_EACH = 16,
    TRIAL_EACH_LONG =
        256,    //  where waits are long, trying costs more than it may bring
    WEIGHT = 8  //  of the past in the average
};

static bool spinning_pays (const daffi_spin_t *self)
{
    //  a tenth quicker at least: it costs a processor
    return self->spun_us && self->slept_us &&
           (uint64_t)self->spun_us * 10 < (uint64_t)self->slept_us * 9;
}

uint32_t daffi_spin_budget (daffi_spin_t *self, int32_t setting, bool alone,
                            unsigned processors)
{
    if (setting != DAFFI_SPIN_AUTO)
        return setting > 0 ? (uint32_t)setting : 0;
    if (!alone || processors < 2)
        return 0;
    bool long_waits = self->slept_us > 2 * BUDGET_MAX_US;
    bool trial = ++self->waits % (long_waits ? TRIAL_EACH_LONG : TRIAL_EACH) == 0;
    if (spinning_pays (self) == trial)
        return 0;
    uint32_t budget_us = self->spun_us ? 2 * self->spun_us : BUDGET_MAX_US;
    return budget_us < BUDGET_MAX_US ? budget_us : BUDGET_MAX_US;
}

void daffi_spin_learn (daffi_spin_t *self, bool spun, int64_t waited_us)
{
    uint32_t *average = spun ? &self->spun_us : &self->slept_us;
    //  one long call must not hide what the others were like
    uint32_t sample = waited_us < 1        ? 1
                      : waited_us < 100000 ? (uint32_t)waited_us
                                           : 100000;
    if (*average && sample > 8 * *average)
        sample = 8 * *average;
    *average =
        *average ? (*average * (WEIGHT - 1) + sample + WEIGHT / 2) / WEIGHT : sample;
}
