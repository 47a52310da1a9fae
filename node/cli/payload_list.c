//  SPDX-License-Identifier: MPL-2.0
//  daffi payload ls, and daffi ls payloads: who holds what.

#include <string.h>

#include "ask.h"
#include "json.h"
#include "payload.h"
#include "rows.h"

static const daffi_column_t columns[] = {
    {"PROCESS", false, DAFFI_INK_NAME}, {"NAME", false, DAFFI_INK_NONE},
    {"VERSION", false, DAFFI_INK_NONE}, {"SIZE", true, DAFFI_INK_NONE},
    {"CALLS", true, DAFFI_INK_NONE},    {"RUNNING", true, DAFFI_INK_NONE},
    {"CRASHES", true, DAFFI_INK_NONE},  {"PUBLISHED", false, DAFFI_INK_NONE},
    {"SIGNER", false, DAFFI_INK_FAINT}, {"HASH", false, DAFFI_INK_FAINT}};

//  The names with spaces in between; in JSON a list.
static void add_names (daffi_cli_t *self, daffi_rows_t *rows, const daffi_value_t *map)
{
    daffi_value_t names, name;
    const char *text = "";
    if (daffi_value_find (map, "published", &names))
        names = daffi_value_array (NULL, 0);
    daffi_iterator_t it = daffi_value_iterate (&names);
    while (daffi_iterator_next (&it, NULL, &name))
        text = daffi_keep_format (&self->keep, "%s%s%s", text, text[0] ? " " : "",
                                  daffi_value_kept (self, &name));
    daffi_rows_both (rows, text, daffi_json_of (&names));
}

static void add_row (daffi_cli_t *self, daffi_rows_t *rows, const char *process,
                     const daffi_value_t *map)
{
    static const char *const numbers[] = {"size", "calls", "running", "crashes"};
    const char *signer = daffi_map_text (self, map, "signer");
    daffi_rows_add (rows);
    daffi_rows_text (rows, process);
    daffi_rows_text (rows, daffi_map_text (self, map, "name"));
    daffi_rows_text (rows, daffi_map_text (self, map, "version"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        daffi_rows_number (rows, daffi_map_number (map, numbers[i]));
    add_names (self, rows, map);
    daffi_rows_text (rows, signer[0] ? signer : "-");
    daffi_rows_text (rows, daffi_map_text (self, map, "hash"));
}

//  `asked`: by name, so that it is a problem if it takes no payloads.
static daffi_exit_t add_process (daffi_cli_t *self, daffi_rows_t *rows,
                                 const char *process, bool asked)
{
    daffi_error_t error;
    daffi_result_t *result;
    daffi_value_t item;
    if (daffi_global_payloads (self->global, process, &result, &error))
        return asked ? daffi_cli_failed (self, &error) : DAFFI_EXIT_OK;
    daffi_iterator_t it = daffi_value_iterate (daffi_result_value (result));
    while (daffi_iterator_next (&it, NULL, &item))
        add_row (self, rows, process, &item);
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

//  Some may go while they are asked, and some have no such functions: they hold none.
static daffi_exit_t add_all (daffi_cli_t *self, daffi_rows_t *rows)
{
    daffi_result_t *result;
    daffi_value_t item;
    daffi_exit_t code =
        daffi_ask (self, NULL, "$sys.processes", DAFFI_ARGS (), &result);
    if (code)
        return code;
    daffi_iterator_t it = daffi_value_iterate (daffi_result_value (result));
    while (daffi_iterator_next (&it, NULL, &item)) {
        const char *process = daffi_map_text (self, &item, "process");
        if (strcmp (process, daffi_global_process_name (self->global)) != 0)
            (void)add_process (self, rows, process, false);
    }
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

daffi_exit_t daffi_payloads_show (daffi_cli_t *self, const char *process)
{
    daffi_rows_t rows;
    daffi_rows_init (&rows, self, columns, sizeof columns / sizeof columns[0]);
    daffi_exit_t code =
        process ? add_process (self, &rows, process, true) : add_all (self, &rows);
    if (!code)
        daffi_rows_print (&rows);
    daffi_rows_done (&rows);
    return code;
}

daffi_exit_t daffi_payload_do_ls (daffi_cli_t *self)
{
    return daffi_payloads_show (self,
                                daffi_cli_option (self, DAFFI_PAYLOAD_OPTION_TO)->text);
}
