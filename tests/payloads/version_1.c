/* SPDX-License-Identifier: MPL-2.0 */
/*  One of the two. */

#define VERSION 1
#include "version.h"
