//  SPDX-License-Identifier: MPL-2.0
//  The configuration file: what neither the command line nor the environment says.

#include "config.h"

#include <czmq.h>

static bool readable (const char *path)
{
    return access (path, R_OK) == 0;
}

//  The file that counts where none is named; "" where there is none.
static void find (char *path, size_t size)
{
    const char *base = getenv ("XDG_CONFIG_HOME");
    const char *home = getenv ("HOME");
    path[0] = '\0';
    if (base && base[0] == '/')
        snprintf (path, size, "%s/daffi/daffi.cfg", base);
    else if (home && home[0] == '/')
        snprintf (path, size, "%s/.config/daffi/daffi.cfg", home);
    if (path[0] && readable (path))
        return;
    snprintf (path, size, "/etc/daffi/daffi.cfg");
    if (!readable (path))
        path[0] = '\0';
}

static daffi_exit_t load (daffi_config_t *self, const char *named,
                          daffi_problem_t *problem)
{
    if (named)
        snprintf (self->path, sizeof self->path, "%s", named);
    else
        find (self->path, sizeof self->path);
    if (!self->path[0])
        return DAFFI_EXIT_OK;
    if (!readable (self->path))
        return daffi_problem_set (problem, DAFFI_EXIT_CONFIGURATION,
                                  "cannot read the configuration file %s: %s\n"
                                  "  name another one with --config or $DAFFI_CONFIG",
                                  self->path, strerror (errno));
    self->tree = zconfig_load (self->path);
    if (!self->tree)
        return daffi_problem_set (
            problem, DAFFI_EXIT_CONFIGURATION,
            "the configuration file %s is not one: it wants lines like `port = 8888`, "
            "and four blanks before those of a section\n  see man daffi",
            self->path);
    return DAFFI_EXIT_OK;
}

//  What the file says of an option, or NULL.
static const char *lookup (const daffi_config_t *self, const char *section,
                           const char *name)
{
    char path[128];
    snprintf (path, sizeof path, "%s/%s", section, name);
    const char *text = zconfig_get (self->tree, path, NULL);
    return text ? text : zconfig_get (self->tree, name, NULL);
}

daffi_exit_t daffi_config_apply (daffi_config_t *self, daffi_option_set_t *set,
                                 size_t config, const char *section,
                                 daffi_problem_t *problem)
{
    daffi_exit_t code = load (self, set->values[config].text, problem);
    set->file = self->path;
    for (size_t i = 0; self->tree && !code && i < set->count; i++) {
        if (i == config || set->values[i].source != DAFFI_SOURCE_NONE)
            continue;
        const char *text = lookup (self, section, set->table[i].name);
        if (text && text[0])
            code = daffi_option_set_value (set, i, text, DAFFI_SOURCE_FILE, problem);
    }
    return code;
}

void daffi_config_done (daffi_config_t *self)
{
    zconfig_destroy (&self->tree);
}
