//  SPDX-License-Identifier: MPL-2.0
//  06_values: every kind of value, there and back.
//
//  The `echo` function sends its first argument back as it came. Then 8 MiB travel both
//  ways by reference: daffi_call_start_take () and daffi_request_reply_take () take the
//  memory over instead of copying it, and give it back to a free function when the last
//  byte has left.
//
//  RUN: ./06_values
//  OUTPUT:
//  | nil     null
//  | bool    true
//  | int     -42
//  | uint    18446744073709551615
//  | double  0.5
//  | string  "grüße"
//  | binary  <4 bytes>
//  | array   [1, "two", [3, 4]]
//  | map     {"width": 80, "height": 25}
//  | ext     <...>
//  | raw     [1, 2, 3]
//  | 8388608 bytes came back reversed, 2 blocks were handed over and freed
//  END

#include <daffi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_int freed;

//  Called from a thread of the library.
static void release (void *data, void *hint)
{
    (void)hint;
    free (data);
    freed++;
}

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_value_t value;
    if (daffi_request_value (request, 0, &value))
        return daffi_request_fail (request, "echo wants a value");
    return daffi_request_reply_value (request, value);
}

static daffi_status_t reverse (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "reverse wants bytes");
    const unsigned char *from = data;
    unsigned char *reversed = malloc (size + 1);
    if (!reversed)
        return DAFFI_NO_MEMORY;
    for (size_t i = 0; i < size; i++)
        reversed[i] = from[size - 1 - i];
    return daffi_request_reply_take (request, reversed, size, release, NULL);
}

//  Where there is no typed call for it, a result is a value that says its kind.
static void show (daffi_global_t *global, const char *kind, daffi_value_t value)
{
    DAFFI_AUTO (daffi_result) *result = NULL;
    daffi_error_t error;
    char text[200];
    if (daffi_call (global, "echo", DAFFI_ARGS (value), NULL, &result, &error)) {
        printf ("%-7s %s\n", kind, error.text);
        return;
    }
    const daffi_value_t *back = daffi_result_value (result);
    daffi_value_format (back, text, sizeof text);
    bool same = value.kind == DAFFI_KIND_RAW || daffi_value_equal (back, &value);
    printf ("%-7s %s%s\n", kind, text, same ? "" : " is not what was sent");
}

static void show_all (daffi_global_t *global)
{
    show (global, "nil", daffi_value_nil ());
    show (global, "bool", daffi_value_bool (true));
    show (global, "int", daffi_value_int (-42));
    show (global, "uint", daffi_value_uint (UINT64_MAX));
    show (global, "double", daffi_value_double (0.5));
    show (global, "string", daffi_value_string ("grüße"));
    show (global, "binary", daffi_value_binary ("\0\1\2\3", 4));
    show (global, "array", DAFFI_ARRAY (1, "two", DAFFI_ARRAY (3, 4)));
    show (global, "map", DAFFI_MAP ("width", 80, "height", 25));
    show (global, "ext", daffi_value_ext (7, "\1\2", 2));
    show (global, "raw", daffi_value_raw ("\x93\1\2\3", 4));
}

static int reverse_by_reference (daffi_global_t *global, size_t size)
{
    daffi_error_t error;
    unsigned char *data = malloc (size);
    if (!data)
        return EXIT_FAILURE;
    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)(i % 251);

    const void *back;
    size_t back_size;
    DAFFI_AUTO (daffi_future) *future = daffi_call_start_take (
        global, "reverse", DAFFI_ARGS (), data, size, release, NULL, NULL, &error);
    if (!future || daffi_future_wait (future, DAFFI_FOREVER, &error) ||
        daffi_value_get_bytes (daffi_future_value (future), &back, &back_size))
        return EXIT_FAILURE;

    const unsigned char *bytes = back;
    for (size_t i = 0; i < back_size; i++)
        if (bytes[i] != (size - 1 - i) % 251)
            return EXIT_FAILURE;
    printf ("%zu bytes came back reversed, ", back_size);
    return EXIT_SUCCESS;
}

int main (void)
{
    static const daffi_function_t functions[] = {
        {.name = "echo", .callback = echo, .signature = "(any) -> any"},
        {.name = "reverse", .callback = reverse, .signature = "(binary) -> binary"},
        {0}};
    daffi_error_t error;
    daffi_global_t *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "values", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;

    show_all (global);
    int status = reverse_by_reference (global, 8 << 20);
    daffi_global_destroy (&global);
    printf ("%d blocks were handed over and freed\n", freed);
    return status;
}
