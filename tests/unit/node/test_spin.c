//  SPDX-License-Identifier: MPL-2.0
//  Spin: what a thread does about its waits, without a clock and without waiting.

#include "daffi.h"
#include "spin.h"
#include "test.h"

//  So many waits, each as long as it takes with a spin or without; how many spun.
static unsigned wait_often (daffi_spin_t *self, unsigned count, int64_t spun_us,
                            int64_t slept_us)
{
    unsigned spins = 0;
    for (unsigned i = 0; i < count; i++) {
        bool spun = daffi_spin_budget (self, DAFFI_SPIN_AUTO, true, 2) > 0;
        daffi_spin_learn (self, spun, spun ? spun_us : slept_us);
        spins += spun;
    }
    return spins;
}

TEST ("a number is spun as it was given, and nothing is not spun at all")
{
    daffi_spin_t self = {0};
    CHECK_EQ_UINT (daffi_spin_budget (&self, 0, true, 8), 0);
    CHECK_EQ_UINT (daffi_spin_budget (&self, -7, true, 8), 0);
    CHECK_EQ_UINT (daffi_spin_budget (&self, 70, true, 1), 70);
    CHECK_EQ_UINT (daffi_spin_budget (&self, 70, false, 8), 70);
}

TEST ("by itself it never spins on one processor, nor beside other calls")
{
    daffi_spin_t self = {0};
    for (unsigned i = 0; i < 1000; i++) {
        CHECK_EQ_UINT (daffi_spin_budget (&self, DAFFI_SPIN_AUTO, true, 1), 0);
        CHECK_EQ_UINT (daffi_spin_budget (&self, DAFFI_SPIN_AUTO, false, 8), 0);
        daffi_spin_learn (&self, false, 100);
    }
}

TEST ("it spins nearly always where that is quicker, and hardly where it is not")
{
    daffi_spin_t quicker = {0}, slower = {0}, same = {0};
    wait_often (&quicker, 100, 60, 200);
    CHECK (wait_often (&quicker, 1600, 60, 200) == 1500);
    wait_often (&slower, 100, 400, 200);
    CHECK (wait_often (&slower, 1600, 400, 200) == 100);
    wait_often (&same, 100, 195, 200);
    CHECK (wait_often (&same, 1600, 195, 200) == 100);
}

TEST ("it notices that the machine has become busy, and that it is idle again")
{
    daffi_spin_t self = {0};
    wait_often (&self, 400, 60, 200);
    wait_often (&self, 400, 900, 200);
    CHECK (wait_often (&self, 160, 900, 200) == 10);
    wait_often (&self, 400, 60, 200);
    CHECK (wait_often (&self, 160, 60, 200) == 150);
}

TEST ("calls that take long are left alone, and one of them hides nothing")
{
    daffi_spin_t self = {0};
    wait_often (&self, 512, 50000, 50000);
    CHECK (wait_often (&self, 2560, 50000, 50000) <= 10);
    daffi_spin_t quick = {0};
    wait_often (&quick, 400, 60, 200);
    daffi_spin_learn (&quick, false, 10000000);
    CHECK (wait_often (&quick, 160, 60, 200) == 150);
}

TEST ("what it spins follows what a wait takes, and has an end")
{
    daffi_spin_t self = {.spun_us = 40, .slept_us = 200};
    CHECK_EQ_UINT (daffi_spin_budget (&self, DAFFI_SPIN_AUTO, true, 2), 80);
    self = (daffi_spin_t){.spun_us = 4000, .slept_us = 20000, .waits = 1};
    CHECK_EQ_UINT (daffi_spin_budget (&self, DAFFI_SPIN_AUTO, true, 2), 500);
}
