//  SPDX-License-Identifier: MPL-2.0
//  The world around the tasks of the core: who schedules, who runs, what goes wrong.

#include <stdarg.h>
#include <stdio.h>

#include "alloc.h"
#include "bodies.h"
#include "duties.h"

//  2026-11-22 12:00:00 UTC.
#define NOON INT64_C (1795348800000)

enum { SPAN_MS = 6000, HEALED_MS = 40000 };

//  SplitMix64 (Steele, Lea, Flood 2014).
uint64_t duties_random (duty_world_t *self, uint64_t limit)
{
    uint64_t x = self->random += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    x ^= x >> 31;
    return limit ? x % limit : x;
}

void duties_broken (duty_world_t *self, const char *format, ...)
{
    duties_report_t *report = self->report;
    if (report->violations++)
        return;
    report->failing_seed = self->seed;
    int size = snprintf (report->violation, sizeof report->violation,
                         "at %lld: ", (long long)self->now_ms);
    va_list args;
    va_start (args, format);
    vsnprintf (report->violation + size, sizeof report->violation - (size_t)size,
               format, args);
    va_end (args);
}

static int64_t wall_now (const duty_world_t *self)
{
    return self->now_ms + self->wall_ms;
}

static int64_t core_now (const duty_world_t *self)
{
    return self->now_ms + self->base_ms;
}

//  --- what the core sends ------------------------------------------------------------

static void give (duty_process_t *to, const daffi_header_t *header,
                  const daffi_body_t *body)
{
    duty_world_t *self = to->world;
    daffi_value_t args, first;
    int64_t model = -1;
    if (daffi_value_unpack (body->data, body->size, &args) ||
        daffi_value_item (&args, 0, &first) || daffi_value_get_int (&first, &model) ||
        model < 0 || model >= (int64_t)self->model_count) {
        duties_broken (self, "a run with other arguments");
        return;
    }
    duties_check_given (self, (unsigned)model);
    if (to->job_count < DUTY_JOBS)
        to->jobs[to->job_count++] =
            (duty_job_t){header->id, self->now_ms + (int64_t)duties_random (self, 60),
                         !self->options->calm && duties_random (self, 10) == 0};
}

static void answered (duty_world_t *self, const daffi_header_t *header)
{
    uint64_t number = header->id - 1;
    if (header->id == 0 || number >= self->model_count)
        return;
    duty_model_t *model = &self->models[number];
    if (header->type == DAFFI_RECORD_RESULT)
        model->accepted = true;
    else if (header->executed != DAFFI_EXECUTED_NO)
        model->unknown = true;
    else
        model->refused = true;
}

static void out_send (void *context, void *peer, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    duty_world_t *self = context;
    duty_process_t *to = peer;
    (void)deadline_ms;
    (void)control;
    if (self->dying)
        return;
    if (header->type == DAFFI_RECORD_CALL)
        give (to, header, body);
    else if (to == &self->owner && (header->type == DAFFI_RECORD_RESULT ||
                                    header->type == DAFFI_RECORD_ERROR))
        answered (self, header);
}

static bool out_fits (void *context, void *peer, size_t size)
{
    (void)context;
    (void)peer;
    (void)size;
    return true;
}

static void out_drop (void *context, void *peer)
{
    duty_process_t *process = peer;
    (void)context;
    process->session = NULL;
    process->job_count = 0;
    process->back_ms = process->world->now_ms + 20;
}

static uint64_t out_random (void *context)
{
    return duties_random (context, 0);
}

//  --- processes ----------------------------------------------------------------------

static void say (duty_process_t *from, const daffi_header_t *header, const void *body,
                 size_t size)
{
    duty_world_t *self = from->world;
    daffi_body_t borrowed = daffi_body_borrowed (body, size);
    if (from->session)
        daffi_core_receive (self->core, from->session, header, &borrowed,
                            core_now (self));
}

static void hello (duty_process_t *from)
{
    duty_world_t *self = from->world;
    daffi_hello_t body = {.min = 1,
                          .max = 1,
                          .capacity = DUTY_JOBS,
                          .language = daffi_text ("", 0),
                          .version = daffi_text ("", 0)};
    uint64_t incarnation = duties_random (self, 0) | 1;
    memcpy (body.incarnation, &incarnation, sizeof incarnation);
    daffi_buffer_clear (&self->scratch);
    daffi_write_hello (&self->scratch, &body);
    daffi_write_array (&self->scratch, from != &self->owner);
    if (from != &self->owner)
        daffi_write_offer (&self->scratch, daffi_text_of ("f"), daffi_text ("", 0));
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = UINT64_C (1) << 60,
                             .peer = daffi_text_of (from->name),
                             .ttl_ms = DAFFI_TTL_NONE};
    from->session = daffi_core_connect (self->core, from, core_now (self));
    say (from, &header, self->scratch.data, self->scratch.size);
}

static void answer_jobs (duty_process_t *worker)
{
    for (unsigned i = 0; i < worker->job_count;) {
        duty_job_t job = worker->jobs[i];
        if (job.end_ms > worker->world->now_ms) {
            i++;
            continue;
        }
        worker->jobs[i] = worker->jobs[--worker->job_count];
        daffi_header_t header = {.type = job.fails ? DAFFI_RECORD_ERROR
                                                   : DAFFI_RECORD_RESULT,
                                 .id = job.token,
                                 .ttl_ms = DAFFI_TTL_NONE};
        say (worker, &header, "\xc0", 1);
    }
}

static void process_step (duty_process_t *process)
{
    duty_world_t *self = process->world;
    if (!process->session && process->back_ms <= self->now_ms)
        hello (process);
    answer_jobs (process);
    daffi_header_t ping = {.type = DAFFI_RECORD_PING, .ttl_ms = DAFFI_TTL_NONE};
    if (self->ping_ms <= self->now_ms)
        say (process, &ping, NULL, 0);
}

static void process_lose (duty_process_t *process, int64_t for_ms)
{
    if (process->session)
        daffi_core_disconnect (process->world->core, process->session,
                               core_now (process->world));
    process->session = NULL;
    process->job_count = 0;
    process->back_ms = process->world->now_ms + for_ms;
}

//  --- the owner ----------------------------------------------------------------------

static void key_text (daffi_buffer_t *out, const char *key, const char *value)
{
    daffi_write_string (out, key);
    daffi_write_string (out, value);
}

static void key_int (daffi_buffer_t *out, const char *key, int64_t value)
{
    daffi_write_string (out, key);
    daffi_write_int (out, value);
}

//  The same each time that it is asked.
static void write_schedule (const duty_model_t *model, unsigned number,
                            daffi_buffer_t *out)
{
    static const char *const overlaps[] = {"skip", "queue", "parallel"};
    static const char *const misses[] = {"once", "skip", "all"};
    daffi_buffer_clear (out);
    daffi_write_map (out, model->on_wall ? 6 : 7);
    key_text (out, "uuid", model->uuid);
    key_text (out, "overlap", overlaps[model->overlap]);
    key_text (out, "missed", misses[model->missed]);
    key_int (out, "missed_max", 10000);
    daffi_write_string (out, "args");
    daffi_write_array (out, 1);
    daffi_write_int (out, number);
    if (model->on_wall) {
        daffi_write_string (out, "at_ms");
        daffi_write_array (out, model->times);
        for (unsigned i = 0; i < model->times; i++)
            daffi_write_int (out, model->moments[i]);
        return;
    }
    key_int (out, "interval_ms", model->interval_ms);
    key_int (out, "max_runs", model->times);
}

//  Asks until there is an answer that says yes: the uuid makes it the same task.
static void ask (duty_world_t *self)
{
    for (unsigned i = 0; i < self->model_count && self->owner.session; i++) {
        duty_model_t *model = &self->models[i];
        if (model->accepted || model->asked || model->issue_ms > self->now_ms)
            continue;
        if (model->on_wall && model->accepted_ms == 0)
            for (unsigned k = 0; k < model->times; k++)
                model->moments[k] += wall_now (self);
        if (model->accepted_ms == 0)
            model->accepted_ms = self->now_ms;
        write_schedule (model, i, &self->scratch);
        daffi_header_t header = {.type = DAFFI_RECORD_SCHEDULE,
                                 .id = i + 1,
                                 .name = daffi_text_of ("f"),
                                 .ttl_ms = 3600000};
        model->asked = true;
        model->refused = false;
        say (&self->owner, &header, self->scratch.data, self->scratch.size);
    }
}

static void choose_task (duty_world_t *self, duty_model_t *model, unsigned number)
{
    snprintf (model->uuid, sizeof model->uuid, "%08x-0000-4000-8000-000000000000",
              number + 1);
    model->issue_ms = 100 + (int64_t)duties_random (self, SPAN_MS / 2);
    model->on_wall = duties_random (self, 2);
    model->times = 1 + (unsigned)duties_random (self, 16);
    model->overlap = (daffi_overlap_t)duties_random (self, 3);
    model->missed = (daffi_missed_t)duties_random (self, 3);
    model->interval_ms = 5 + (int64_t)duties_random (self, 300);
    int64_t moment_ms = SPAN_MS / 2;
    //  far enough away for one whose asking lasts
    for (unsigned i = 0; i < model->times; i++)
        model->moments[i] = moment_ms += 1 + (int64_t)duties_random (self, 300);
}

//  --- the controller -----------------------------------------------------------------

static void start_controller (duty_world_t *self)
{
    daffi_core_options_t options = {
        .output = {self, out_send, out_fits, out_drop, out_random, NULL},
        .tasks = {.store = duties_disk_put},
        .name = "hub",
        .settle_ms = 300};
    self->base_ms = (int64_t)duties_random (self, 1000000);
    self->core = daffi_core_new (&options, core_now (self));
    daffi_core_set_wall (self->core, core_now (self), wall_now (self));
    duties_disk_restore (self);
    for (unsigned i = 0; i < self->model_count; i++)
        self->models[i].asked = false;
    duties_check_restored (self);
    self->owner.back_ms = self->now_ms + (int64_t)duties_random (self, 20);
    for (unsigned i = 0; i < WORKERS; i++)
        self->workers[i].back_ms = self->now_ms + (int64_t)duties_random (self, 100);
}

static void stop_controller (duty_world_t *self, bool in_good_order)
{
    self->dying = !in_good_order;
    if (in_good_order)
        daffi_core_close (self->core, core_now (self));
    daffi_core_destroy (&self->core);
    self->dying = false;
    duties_disk_crash (self, in_good_order);
    self->owner.session = NULL;
    for (unsigned i = 0; i < WORKERS; i++) {
        self->workers[i].session = NULL;
        self->workers[i].job_count = 0;
    }
}

static void fault (duty_world_t *self)
{
    switch (duties_random (self, self->jumps ? 4 : 3)) {
    case 0:
    case 1:
        self->report->crashes++;
        stop_controller (self, duties_random (self, 4) == 0);
        self->restart_ms = self->now_ms + (int64_t)duties_random (self, 2500);
        break;
    case 2:
        process_lose (&self->workers[duties_random (self, WORKERS)],
                      (int64_t)duties_random (self, 400));
        break;
    case 3:
        self->report->jumps++;
        self->wall_ms += (int64_t)duties_random (self, 8000) - 4000;
        break;
    }
}

//  --- time ---------------------------------------------------------------------------

//  A time of the first task goes by, and nobody notices.
static void leave_out (daffi_agenda_t *agenda)
{
    uint32_t slot = 0;
    daffi_duty_t *duty = daffi_agenda_from (agenda, &slot);
    if (!duty || duty->next_ms == DAFFI_NEVER)
        return;
    duty->next_ms = daffi_plan_after (&duty->plan, duty->next_ms);
    daffi_agenda_arm (agenda, duty);
}

static void controller_step (duty_world_t *self)
{
    duties_sabotage_t sabotage = self->options->sabotage;
    int64_t ahead_ms = sabotage == DUTIES_HASTE ? 400 : 0;
    if (sabotage == DUTIES_LAZY && !self->healing && duties_random (self, 40) == 0)
        leave_out (&self->core->tasks.agenda);
    daffi_core_set_wall (self->core, core_now (self) + ahead_ms,
                         wall_now (self) + ahead_ms);
    duties_disk_step (self);
    daffi_core_tick (self->core, core_now (self) + ahead_ms);
    process_step (&self->owner);
    for (unsigned i = 0; i < WORKERS; i++)
        process_step (&self->workers[i]);
    ask (self);
}

static void step (duty_world_t *self)
{
    self->now_ms += 1 + (int64_t)duties_random (self, 12);
    if (wall_now (self) > self->wall_most_ms)
        self->wall_most_ms = wall_now (self);
    if (!self->core && self->restart_ms <= self->now_ms)
        start_controller (self);
    if (!self->core)
        return;
    controller_step (self);
    if (self->ping_ms <= self->now_ms)
        self->ping_ms = self->now_ms + 400;
    if (!self->options->calm && !self->healing && duties_random (self, 250) == 0)
        fault (self);
}

//  A controller whose disk has failed stays as it is until somebody starts it again.
static void heal (duty_world_t *self)
{
    self->healing = true;
    if (!self->core || !self->core->tasks.broken)
        return;
    stop_controller (self, false);
    self->restart_ms = self->now_ms;
}

static void play (duty_world_t *self)
{
    self->wall_ms = self->wall_most_ms = NOON;
    self->jumps = !self->options->calm && duties_random (self, 2);
    self->disk.slow_ms = duties_random (self, 3) ? 20 : 600;
    self->model_count = 1 + (unsigned)duties_random (self, DUTIES_MAX);
    for (unsigned i = 0; i < self->model_count; i++)
        choose_task (self, &self->models[i], i);
    start_controller (self);
    while (self->now_ms < SPAN_MS && !self->report->violations)
        step (self);
    heal (self);
    while (self->now_ms < SPAN_MS + HEALED_MS && !self->report->violations) {
        heal (self);
        step (self);
    }
    if (!self->report->violations)
        duties_check_end (self);
    for (unsigned i = 0; i < self->model_count; i++) {
        self->report->tasks += self->models[i].accepted;
        self->report->refused += self->models[i].refused;
        self->report->unknown += self->models[i].unknown;
    }
    self->dying = true;
    daffi_core_destroy (&self->core);
}

void duties_run (const duties_options_t *options, duties_report_t *report)
{
    memset (report, 0, sizeof *report);
    for (uint64_t i = 0; i < options->schedules && !report->violations; i++) {
        duty_world_t *self = daffi_new (sizeof *self);
        self->options = options;
        self->report = report;
        self->seed = self->random = options->seed + i;
        self->owner = (duty_process_t){.world = self, .name = "owner"};
        for (unsigned k = 0; k < WORKERS; k++) {
            self->workers[k].world = self;
            snprintf (self->workers[k].name, sizeof self->workers[k].name, "w%u", k);
        }
        duties_disk_init (&self->disk);
        daffi_buffer_init (&self->scratch);
        play (self);
        duties_disk_done (&self->disk);
        daffi_buffer_done (&self->scratch);
        free (self);
        report->schedules++;
    }
}
