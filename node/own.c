//  SPDX-License-Identifier: MPL-2.0
//  $node.*: functions that every node has, for whoever looks after it.

#include <assert.h>

#include "inside.h"
#include "writer.h"

static daffi_status_t ping (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply_value (request, daffi_value_nil ());
}

static daffi_status_t info (daffi_request_t *request, void *arg)
{
    daffi_node_t *self = arg;
    return daffi_request_reply (
        request,
        DAFFI_MAP ("process", self->name, "language", "C", "version", DAFFI_VERSION,
                   "pid", (int64_t)getpid (), "uptime_ms",
                   daffi_clock_ms () - self->born_ms, "running", self->running_count,
                   "functions", daffi_functions_each (&self->functions, NULL, NULL)));
}

//  --- $node.stats ------------------------------------------------------------------

static void key_us (daffi_buffer_t *out, const char *key, uint64_t value_ns)
{
    daffi_write_string (out, key);
    daffi_write_double (out, (double)value_ns / 1000);
}

//  Of one walk: what is registered between two would make the array wrong.
typedef struct {
    daffi_buffer_t rows;
    uint32_t count;
} table_t;

static void write_function (void *context, daffi_text_t name, daffi_served_t *served)
{
    table_t *table = context;
    daffi_buffer_t *out = &table->rows;
    daffi_tally_t *tally = &served->tally;
    //  in this order: one that ends meanwhile is not counted as running twice
    uint64_t ended = atomic_load_explicit (&tally->ended, memory_order_acquire);
    uint64_t begun = atomic_load_explicit (&tally->begun, memory_order_relaxed);
    uint64_t longest = atomic_load_explicit (&tally->longest_ns, memory_order_relaxed);
    static const struct {
        const char *key;
        double share;
    } quantiles[] = {{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}};
    daffi_write_map (out, 8);
    daffi_write_string (out, "function");
    daffi_write_text (out, name);
    daffi_write_key_uint (out, "calls", ended);
    daffi_write_key_uint (out, "failed", atomic_load (&tally->failed));
    daffi_write_key_uint (out, "running", begun - ended);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        uint64_t value =
            daffi_histogram_quantile (&tally->times_ns, quantiles[i].share);
        //  the end of a class may lie beyond all that was in it
        key_us (out, quantiles[i].key, value < longest ? value : longest);
    }
    key_us (out, "max_us", longest);
    table->count++;
}

static void write_functions (daffi_node_t *self, daffi_buffer_t *out)
{
    table_t table = {0};
    daffi_buffer_init (&table.rows);
    daffi_functions_tally (&self->functions, write_function, &table);
    daffi_write_array (out, table.count);
    daffi_buffer_append (out, table.rows.data, table.rows.size);
    out->failed = out->failed || table.rows.failed;
    daffi_buffer_done (&table.rows);
}

static daffi_status_t stats (daffi_request_t *request, void *arg)
{
    daffi_node_t *self = arg;
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_map (&out, 5);
    daffi_write_string (&out, "process");
    daffi_write_string (&out, self->name);
    daffi_write_key_uint (&out, "uptime_ms",
                          (uint64_t)(daffi_clock_ms () - self->born_ms));
    daffi_write_key_uint (&out, "running", self->running_count);
    daffi_write_key_uint (&out, "dropped", self->dropped);
    daffi_write_string (&out, "functions");
    write_functions (self, &out);
    daffi_status_t status =
        out.failed
            ? daffi_request_fail_with (request, DAFFI_NO_MEMORY, "no memory")
            : daffi_request_reply_value (request, daffi_value_raw (out.data, out.size));
    daffi_buffer_done (&out);
    return status;
}

//  --- $node.drain ------------------------------------------------------------------

//  Not inline: a Global stops from a worker. What runs may finish, and this call does.
static daffi_status_t drain (daffi_request_t *request, void *arg)
{
    const daffi_node_options_t *options = &((daffi_node_t *)arg)->options;
    if (!options->on_drain || options->on_drain (options->on_drain_arg))
        return daffi_request_fail_with (
            request, DAFFI_REFUSED,
            "this process runs the controller as well; stop it by a signal");
    return daffi_request_reply_value (request, daffi_value_nil ());
}

//  Inline: a busy pool must not keep a node from answering.
void daffi_own_register (daffi_node_t *self)
{
    const daffi_function_t own[] = {
        {.name = "$node.ping", .callback = ping, .run_inline = true},
        {.name = "$node.info", .callback = info, .arg = self, .run_inline = true},
        {.name = "$node.stats", .callback = stats, .arg = self, .run_inline = true},
        {.name = "$node.drain", .callback = drain, .arg = self}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        daffi_status_t status =
            daffi_functions_add (&self->functions, &own[i], true, NULL);
        assert (status == DAFFI_OK);
        (void)status;
    }
}
