//  SPDX-License-Identifier: MPL-2.0
//  What is promised of tasks, held against what the simulated world has seen.

#include "duties.h"

//  How many of its times have come, at the most generous reading of the clocks.
static unsigned times_come (const duty_world_t *self, const duty_model_t *model)
{
    unsigned come = 0;
    if (model->on_wall) {
        while (come < model->times && model->moments[come] <= self->wall_most_ms)
            come++;
        return come;
    }
    //  while no controller ran, an interval is kept by the wall clock
    if (self->jumps)
        return model->times;
    int64_t passed = (self->now_ms - model->accepted_ms) / model->interval_ms;
    return passed < (int64_t)model->times ? (unsigned)passed : model->times;
}

void duties_check_given (duty_world_t *self, unsigned number)
{
    duty_model_t *model = &self->models[number];
    model->ran++;
    model->ran_in_life++;
    self->report->runs++;
    if (model->ran > times_come (self, model))
        duties_broken (self, "task %u runs before its time, run %u", number,
                       model->ran);
    //  each run was written down before, and none is begun again
    if (model->ran_in_life > duties_disk_runs (self, model) - model->runs_at_start)
        duties_broken (self, "task %u: a run that is not recorded, or begins again",
                       number);
}

static const daffi_duty_t *duty_of (const duty_world_t *self, const duty_model_t *model)
{
    return daffi_agenda_find (&self->core->tasks.agenda, daffi_text_of (model->uuid));
}

void duties_check_restored (duty_world_t *self)
{
    for (unsigned i = 0; i < self->model_count; i++) {
        duty_model_t *model = &self->models[i];
        if (model->accepted && !duty_of (self, model))
            duties_broken (self, "task %u was accepted and is gone", i);
        if (model->refused && !model->unknown && duty_of (self, model))
            duties_broken (self, "task %u was refused and is there", i);
        model->runs_at_start = duties_disk_runs (self, model);
        model->ran_in_life = 0;
    }
}

static void check_finished (duty_world_t *self, unsigned number,
                            const duty_model_t *model, const daffi_duty_t *duty)
{
    unsigned long long runs = duty->runs, skipped = duty->skipped;
    self->report->skipped += skipped;
    for (uint32_t i = 0; i < duty->history_count; i++)
        self->report->lost += duty->history[i].status == DAFFI_CONTROLLER_LOST;
    if (duty->state != DAFFI_TASK_FINISHED)
        duties_broken (self, "task %u has not ended: %llu runs, %u wait", number, runs,
                       duty->waiting);
    //  every time had its run, or is counted as left out
    if (model->on_wall && runs + skipped != model->times)
        duties_broken (self, "task %u: of %u times %llu ran and %llu were left out",
                       number, model->times, runs, skipped);
    bool all =
        model->missed == DAFFI_MISSED_ALL && model->overlap != DAFFI_OVERLAP_SKIP;
    if (all && (runs != model->times || skipped))
        duties_broken (self, "task %u lost runs: %llu of %u, %llu left out", number,
                       runs, model->times, skipped);
    if (model->ran > runs)
        duties_broken (self, "task %u: %u runs, and %llu recorded", number, model->ran,
                       runs);
    if (self->options->calm && (model->ran != runs || duty->failed))
        duties_broken (self, "task %u: %u of %llu runs, %llu failed, and all was calm",
                       number, model->ran, runs, (unsigned long long)duty->failed);
}

void duties_check_end (duty_world_t *self)
{
    for (unsigned i = 0; i < self->model_count; i++) {
        const duty_model_t *model = &self->models[i];
        const daffi_duty_t *duty = duty_of (self, model);
        //  refused while the disk was broken, and then its times had passed
        if (!model->accepted && model->refused && model->on_wall && !duty)
            continue;
        if (!model->accepted)
            duties_broken (self, "task %u was not accepted in the end", i);
        else if (!duty)
            duties_broken (self, "task %u was accepted and is gone", i);
        else
            check_finished (self, i, model, duty);
    }
}
