//  SPDX-License-Identifier: MPL-2.0
//  02_calculator: both roles in one process, typed arguments, errors that arrive.
//
//  One Global is the controller and a node that calls its own functions, the shortest
//  whole program there is. A host without a port means a free port on that host.
//
//  RUN: ./02_calculator
//  OUTPUT:
//  | calculator listens at tcp://127.0.0.1:<...>
//  | add (2, 3) = 5
//  | divide (7, 2) = 3.5
//  | divide (1, 0): FAILED at calculator, executed: yes (division by zero)
//  | add (2, "three"): TYPE at calculator, executed: no (argument 2 of add is <...>)
//  | multiply (2, 3): NO_FUNCTION at <...>, executed: no (<...>)
//  END

#include <daffi.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static daffi_status_t add (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t a, b;
    if (daffi_request_int (request, 0, &a) || daffi_request_int (request, 1, &b))
        return daffi_request_fail_with (request, DAFFI_TYPE, "add wants two integers");
    return daffi_request_reply (request, a + b);
}

static daffi_status_t divide (daffi_request_t *request, void *arg)
{
    (void)arg;
    double a, b;
    if (daffi_request_double (request, 0, &a) || daffi_request_double (request, 1, &b))
        return daffi_request_fail_with (request, DAFFI_TYPE,
                                        "divide wants two numbers");
    if (b == 0)
        return daffi_request_fail (request, "division by zero");
    return daffi_request_reply (request, a / b);
}

//  What a caller learns from an error. `executed` decides whether it may try again.
static void explain (const char *call, const daffi_error_t *error)
{
    static const char *const executed[] = {"no", "maybe", "yes"};
    printf ("%s: %s at %s, executed: %s (%s)\n", call,
            daffi_status_name (error->status), error->process,
            executed[error->executed], error->text);
}

static int calculate (daffi_global_t *global)
{
    int64_t sum;
    double quotient;
    daffi_error_t error;

    if (daffi_call_int (global, "add", DAFFI_ARGS (2, 3), &sum, &error) ||
        daffi_call_double (global, "divide", DAFFI_ARGS (7, 2), &quotient, &error))
        return explain ("calculate", &error), EXIT_FAILURE;
    printf ("add (2, 3) = %" PRId64 "\n", sum);
    printf ("divide (7, 2) = %g\n", quotient);

    if (daffi_call_double (global, "divide", DAFFI_ARGS (1, 0), &quotient, &error))
        explain ("divide (1, 0)", &error);
    if (daffi_call_int (global, "add", DAFFI_ARGS (2, "three"), &sum, &error))
        explain ("add (2, \"three\")", &error);
    if (daffi_call_int (global, "multiply", DAFFI_ARGS (2, 3), &sum, &error))
        explain ("multiply (2, 3)", &error);
    return EXIT_SUCCESS;
}

int main (void)
{
    static const daffi_function_t functions[] = {
        {.name = "add", .callback = add, .signature = "(int, int) -> int"},
        {.name = "divide",
         .callback = divide,
         .signature = "(double, double) -> double"},
        {0}};
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "calculator", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions, .settle_ms = -1),
        &error);
    if (!global)
        return explain ("start", &error), EXIT_FAILURE;
    printf ("calculator listens at %s\n", daffi_global_endpoint (global));
    return calculate (global);
}
