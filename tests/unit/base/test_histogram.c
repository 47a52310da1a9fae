//  SPDX-License-Identifier: MPL-2.0
//  Quantiles that are right to an eighth, from one value to millions.

#include "histogram.h"
#include "test.h"

TEST ("an empty histogram has no quantiles, and one value is all of them")
{
    static daffi_histogram_t histogram;
    daffi_histogram_init (&histogram);
    CHECK_EQ_UINT (daffi_histogram_quantile (&histogram, 0.5), 0);
    daffi_histogram_add (&histogram, 5);
    CHECK_EQ_UINT (daffi_histogram_quantile (&histogram, 0), 5);
    CHECK_EQ_UINT (daffi_histogram_quantile (&histogram, 0.5), 5);
    CHECK_EQ_UINT (daffi_histogram_quantile (&histogram, 1), 5);
}

TEST ("a quantile is never too small, and at most an eighth too large")
{
    for (uint64_t value = 1; value < UINT64_C (1) << 40; value = value * 5 / 4 + 1) {
        static daffi_histogram_t histogram;
        daffi_histogram_init (&histogram);
        daffi_histogram_add (&histogram, value);
        uint64_t told = daffi_histogram_quantile (&histogram, 0.5);
        CHECK (told >= value);
        CHECK (told <= value + value / 8);
    }
}

TEST ("the quantiles of 1 to 1,000 are where they should be")
{
    static daffi_histogram_t histogram;
    static const double shares[] = {0.01, 0.5, 0.9, 0.99, 1};
    daffi_histogram_init (&histogram);
    for (uint64_t value = 1; value <= 1000; value++)
        daffi_histogram_add (&histogram, value);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        uint64_t exact = (uint64_t)(shares[i] * 1000);
        uint64_t told = daffi_histogram_quantile (&histogram, shares[i]);
        CHECK (told >= exact);
        CHECK (told <= exact + exact / 8);
    }
}

TEST ("what is larger than all classes counts in the last one")
{
    static daffi_histogram_t histogram;
    daffi_histogram_init (&histogram);
    daffi_histogram_add (&histogram, UINT64_MAX);
    CHECK (daffi_histogram_quantile (&histogram, 0.5) > UINT64_C (1) << 40);
}
