//  SPDX-License-Identifier: MPL-2.0
//  What a test tells the machine that it pretends: memory that both sides map.

#ifndef DAFFI_MACHINE_WORDS_H
#define DAFFI_MACHINE_WORDS_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct {
    atomic_llong wall_shift_ms;  //  CLOCK_REALTIME is so much later than it is
    atomic_int sync_error;       //  of fsync () and fdatasync (); 0: none
    atomic_int write_error;      //  of pwrite ()
    atomic_int failed;           //  calls that were made to fail
    atomic_int boot_reads;       //  of CLOCK_BOOTTIME
} machine_words_t;

#endif
