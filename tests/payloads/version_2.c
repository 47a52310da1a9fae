/* SPDX-License-Identifier: MPL-2.0 */
/*  The other one. */

#define VERSION 2
#include "version.h"
