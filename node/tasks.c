//  SPDX-License-Identifier: MPL-2.0
//  Looking at tasks and steering them: calls to $sys.task*, and their answers as
//  structs.

#include <stdlib.h>

#include "alloc.h"
#include "bodies.h"
#include "daffi_tasks.h"
#include "failure.h"
#include "future.h"

//  --- reading answers ----------------------------------------------------------------

static const char *text_of (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    daffi_text_t text = daffi_text ("", 0);
    if (!daffi_value_find (map, key, &value))
        text = daffi_value_text_of (&value);
    char *copy = daffi_new (text.size + 1);
    if (text.size)
        memcpy (copy, text.data, text.size);
    return copy;
}

static int64_t number_of (const daffi_value_t *map, const char *key, int64_t fallback)
{
    daffi_value_t value;
    int64_t number = fallback;
    if (daffi_value_find (map, key, &value) || daffi_value_get_int (&value, &number))
        return fallback;
    return number;
}

static uint64_t count_of (const daffi_value_t *map, const char *key)
{
    return (uint64_t)number_of (map, key, 0);
}

static bool truth_of (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    bool truth = false;
    if (daffi_value_find (map, key, &value) || daffi_value_get_bool (&value, &truth))
        return false;
    return truth;
}

//  The place of a word in a list; the last one where it is none of them.
static int word_of (const daffi_value_t *map, const char *key, const char *const *words)
{
    int place = 0;
    const char *text = text_of (map, key);
    while (words[place + 1] && strcmp (text, words[place]) != 0)
        place++;
    free ((char *)text);
    return place;
}

//  What a later controller says and we do not know is a failure.
static daffi_status_t status_of (const daffi_value_t *map, const char *key)
{
    int64_t number = number_of (map, key, DAFFI_FAILED);
    bool ended = number != DAFFI_OK && number != DAFFI_PENDING;
    return ended ? daffi_status_from_wire ((uint64_t)number) : (daffi_status_t)number;
}

static void read_task (const daffi_value_t *map, daffi_task_t *out)
{
    static const char *const conditions[] = {"period", "at_time", "cron", NULL};
    static const char *const states[] = {"scheduled", "paused", "finished", "cancelled",
                                         NULL};
    out->uuid = text_of (map, "uuid");
    out->function = text_of (map, "function");
    out->owner = text_of (map, "owner");
    out->process = text_of (map, "process");
    out->detail = text_of (map, "detail");
    out->last_error = text_of (map, "last_error");
    out->last_process = text_of (map, "last_process");
    out->all = truth_of (map, "all");
    out->condition = (daffi_condition_t)word_of (map, "condition", conditions);
    out->state = (daffi_task_state_t)word_of (map, "state", states);
    out->created_ms = number_of (map, "created_ms", 0);
    out->next_run_ms = number_of (map, "next_ms", 0);
    out->last_run_ms = number_of (map, "last_ms", 0);
    out->until_ms = number_of (map, "until_ms", 0);
    out->last_status = status_of (map, "last_status");
    out->runs = count_of (map, "runs");
    out->failed = count_of (map, "failed");
    out->skipped = count_of (map, "skipped");
    out->running = (uint32_t)count_of (map, "running");
    out->remaining = number_of (map, "remaining", -1);
    out->args_size = (size_t)count_of (map, "args_size");
}

static void task_done (daffi_task_t *self)
{
    free ((char *)self->uuid);
    free ((char *)self->function);
    free ((char *)self->owner);
    free ((char *)self->process);
    free ((char *)self->detail);
    free ((char *)self->last_error);
    free ((char *)self->last_process);
}

void daffi_tasks_destroy (daffi_tasks_t **self_p)
{
    daffi_tasks_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        task_done (&self->items[i]);
    free (self->items);
    free (self);
    *self_p = NULL;
}

static void add_task (daffi_tasks_t *self, const daffi_value_t *map)
{
    //  the room doubles at each power of two
    if ((self->count & (self->count - 1)) == 0)
        self->items = daffi_renew (self->items, (self->count ? self->count * 2 : 1) *
                                                    sizeof *self->items);
    read_task (map, &self->items[self->count++]);
}

//  --- asking -------------------------------------------------------------------------

static daffi_status_t ask (daffi_global_t *self, const char *function,
                           daffi_args_t args, daffi_kind_t kind,
                           daffi_result_t **result, daffi_error_t *error)
{
    daffi_status_t status = daffi_call (self, function, args, NULL, result, error);
    if (status || daffi_result_value (*result)->kind == kind)
        return status;
    daffi_result_destroy (result);
    return daffi_fail (error, DAFFI_PROTOCOL,
                       "the controller's answer to %s cannot be read", function);
}

//  One page. *from: where it begins, and where the next one does; negative: there is
//  none.
static daffi_status_t ask_page (daffi_global_t *self, const char *process,
                                int64_t *from, daffi_tasks_t *out, daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    daffi_value_t list, task;
    daffi_status_t status = ask (
        self, "$sys.tasks", DAFFI_ARGS (DAFFI_MAP ("process", process, "from", *from)),
        DAFFI_KIND_MAP, &result, error);
    if (status)
        return status;
    const daffi_value_t *page = daffi_result_value (result);
    if (!daffi_value_find (page, "tasks", &list)) {
        daffi_iterator_t iterator = daffi_value_iterate (&list);
        while (daffi_iterator_next (&iterator, NULL, &task))
            add_task (out, &task);
    }
    *from = number_of (page, "next", -1);
    daffi_result_destroy (&result);
    return DAFFI_OK;
}

daffi_tasks_t *daffi_global_get_scheduled_tasks (daffi_global_t *self,
                                                 const char *process,
                                                 daffi_error_t *error)
{
    daffi_tasks_t *tasks = daffi_new (sizeof *tasks);
    int64_t from = 0, before = -1;
    while (from > before) {
        before = from;
        if (ask_page (self, process, &from, tasks, error)) {
            daffi_tasks_destroy (&tasks);
            return NULL;
        }
    }
    return tasks;
}

daffi_tasks_t *daffi_global_get_task (daffi_global_t *self, const char *uuid,
                                      daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    if (ask (self, "$sys.task", DAFFI_ARGS (uuid), DAFFI_KIND_MAP, &result, error))
        return NULL;
    daffi_tasks_t *tasks = daffi_new (sizeof *tasks);
    add_task (tasks, daffi_result_value (result));
    daffi_result_destroy (&result);
    return tasks;
}

//  --- history ------------------------------------------------------------------------

static void read_run (const daffi_value_t *map, daffi_task_run_t *out)
{
    out->due_ms = number_of (map, "due_ms", 0);
    out->began_ms = number_of (map, "began_ms", 0);
    out->ended_ms = number_of (map, "ended_ms", 0);
    out->status = status_of (map, "status");
    out->executed = (daffi_executed_t)count_of (map, "executed");
    out->process = text_of (map, "process");
    out->text = text_of (map, "text");
}

daffi_task_runs_t *daffi_global_get_task_runs (daffi_global_t *self, const char *uuid,
                                               daffi_error_t *error)
{
    daffi_result_t *result = NULL;
    daffi_value_t history = daffi_value_nil (), run;
    if (ask (self, "$sys.task", DAFFI_ARGS (uuid), DAFFI_KIND_MAP, &result, error))
        return NULL;
    daffi_task_runs_t *runs = daffi_new (sizeof *runs);
    if (!daffi_value_find (daffi_result_value (result), "history", &history) &&
        history.kind == DAFFI_KIND_ARRAY) {
        runs->items = daffi_new ((history.count + 1) * sizeof *runs->items);
        daffi_iterator_t iterator = daffi_value_iterate (&history);
        while (daffi_iterator_next (&iterator, NULL, &run))
            read_run (&run, &runs->items[runs->count++]);
    }
    daffi_result_destroy (&result);
    return runs;
}

void daffi_task_runs_destroy (daffi_task_runs_t **self_p)
{
    daffi_task_runs_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        free ((char *)self->items[i].process);
        free ((char *)self->items[i].text);
    }
    free (self->items);
    free (self);
    *self_p = NULL;
}

//  --- steering -----------------------------------------------------------------------

daffi_status_t daffi_global_cancel_scheduled_task_by_uuid (daffi_global_t *self,
                                                           const char *process,
                                                           const char *uuid,
                                                           daffi_cancel_t *outcome,
                                                           daffi_error_t *error)
{
    static const char *const outcomes[] = {"cancelled", "finished", "unknown", NULL};
    daffi_result_t *result = NULL;
    daffi_status_t status = ask (self, "$sys.task.cancel", DAFFI_ARGS (uuid, process),
                                 DAFFI_KIND_STRING, &result, error);
    if (status)
        return status;
    daffi_value_t told = DAFFI_MAP ("outcome", *daffi_result_value (result));
    if (outcome)
        *outcome = (daffi_cancel_t)word_of (&told, "outcome", outcomes);
    daffi_result_destroy (&result);
    return DAFFI_OK;
}

daffi_status_t daffi_global_pause_task (daffi_global_t *self, const char *uuid,
                                        daffi_error_t *error)
{
    return daffi_call_void (self, "$sys.task.pause", DAFFI_ARGS (uuid), error);
}

daffi_status_t daffi_global_resume_task (daffi_global_t *self, const char *uuid,
                                         daffi_error_t *error)
{
    return daffi_call_void (self, "$sys.task.resume", DAFFI_ARGS (uuid), error);
}

daffi_status_t daffi_global_run_task (daffi_global_t *self, const char *uuid,
                                      daffi_error_t *error)
{
    return daffi_call_void (self, "$sys.task.run", DAFFI_ARGS (uuid), error);
}
