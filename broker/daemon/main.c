//  SPDX-License-Identifier: MPL-2.0
//  daffi-broker: the controller as a program of its own.

#include "broker.h"

int main (int argc, char **argv)
{
    return (int)daffi_broker_main ("daffi-broker", argc, argv);
}
