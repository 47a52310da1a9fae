/* SPDX-License-Identifier: MPL-2.0 */
/*  A shared object, and no payload: it exports nothing of that kind. */

int run (void);

__attribute__ ((visibility ("default"))) int run (void)
{
    return 1;
}
