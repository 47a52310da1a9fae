//  SPDX-License-Identifier: MPL-2.0
//  What a stranger would write first: does it compile, link and run against libdaffi?

#include <daffi.h>
#include <stdio.h>

int main (void)
{
    return puts (daffi_version ()) < 0;
}
