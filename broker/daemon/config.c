//  SPDX-License-Identifier: MPL-2.0
//  The configuration file: what neither the command line nor the environment says.

#include "config.h"

#include <czmq.h>
#include <fcntl.h>
#include <sys/mman.h>

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

//  What czmq says of a file that is not in order goes to standard output, whatever it
//  is told before; here it goes into `said`: "(line) what is wrong", or "".
static zconfig_t *parse_text (const char *text, char *said, size_t size)
{
    int own = -1, caught = memfd_create ("daffi-config", MFD_CLOEXEC);
    said[0] = '\0';
    fflush (stdout);
    if (caught >= 0)
        own = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (own >= 0)
        dup2 (caught, STDOUT_FILENO);
    zconfig_t *tree = zconfig_str_load (text);
    if (own >= 0) {
        fflush (stdout);
        dup2 (own, STDOUT_FILENO);
        ssize_t count = pread (caught, said, size - 1, 0);
        said[count > 0 ? count : 0] = '\0';
        said[strcspn (said, "\n")] = '\0';
        const char *from = strstr (said, "(zconfig): ");
        if (from)
            memmove (said, from + 11, strlen (from + 11) + 1);
        close (own);
    }
    if (caught >= 0)
        close (caught);
    return tree;
}

//  Not zconfig_load (): it loses memory over a file that is not in order.
static zconfig_t *parse (const char *path, char *said, size_t said_size)
{
    enum { SIZE_MAX_BYTES = 256 << 10 };
    zconfig_t *tree = NULL;
    FILE *file = fopen (path, "r");
    char *text = file ? malloc (SIZE_MAX_BYTES + 1) : NULL;
    said[0] = '\0';
    if (text) {
        size_t size = fread (text, 1, SIZE_MAX_BYTES + 1, file);
        if (size <= SIZE_MAX_BYTES && !ferror (file)) {
            text[size] = '\0';
            tree = parse_text (text, said, said_size);
        }
    }
    free (text);
    if (file)
        fclose (file);
    return tree;
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
    char said[120];
    self->tree = parse (self->path, said, sizeof said);
    if (!self->tree)
        return daffi_problem_set (
            problem, DAFFI_EXIT_CONFIGURATION,
            "the configuration file %s is not one: it wants lines like `port = 8888`, "
            "and four blanks before those of a section%s%s\n  see man daffi",
            self->path, said[0] ? "\n  its line " : "", said);
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

//  --- names that nobody has ------------------------------------------------------

static bool has_option (const daffi_option_set_t *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp (set->table[i].name, name) == 0)
            return true;
    return false;
}

static bool has_word (const char *const *words, const char *name)
{
    for (; *words; words++)
        if (strcmp (*words, name) == 0)
            return true;
    return false;
}

//  The option of the set that was probably meant, or NULL.
static const char *hint_in (const daffi_option_set_t *set, const char *name)
{
    const char *words[64];
    size_t count = 0;
    for (; count < set->count && count + 1 < sizeof words / sizeof words[0]; count++)
        words[count] = set->table[count].name;
    words[count] = NULL;
    return daffi_hint (name, words);
}

static daffi_exit_t unknown (const daffi_config_t *self, const char *what,
                             const char *name, const char *section, const char *hint,
                             daffi_problem_t *problem)
{
    return daffi_problem_set (
        problem, DAFFI_EXIT_CONFIGURATION, "no such %s: %s (in %s%s%s)%s%s%s", what,
        name, self->path, section[0] ? ", section " : "", section,
        hint ? "\n  did you mean " : "", hint ? hint : "", hint ? "?" : "");
}

static daffi_exit_t check_section (const daffi_config_t *self, zconfig_t *lines,
                                   const daffi_option_set_t *set,
                                   daffi_problem_t *problem)
{
    const char *section = zconfig_name (lines);
    for (zconfig_t *line = zconfig_child (lines); line; line = zconfig_next (line)) {
        const char *name = zconfig_name (line);
        if (!has_option (set, name))
            return unknown (self, "option", name, section, hint_in (set, name),
                            problem);
    }
    return DAFFI_EXIT_OK;
}

//  A line outside of sections, or the head of a section.
static daffi_exit_t check_line (const daffi_config_t *self, zconfig_t *line,
                                const daffi_option_set_t *set, const char *section,
                                const daffi_config_others_t *others,
                                daffi_problem_t *problem)
{
    const char *name = zconfig_name (line);
    bool is_section = zconfig_child (line) != NULL;
    if (is_section && strcmp (name, section) == 0)
        return check_section (self, line, set, problem);
    const char *const own[] = {section, NULL};
    const char *meant =
        is_section ? daffi_hint (name, others ? others->sections : own) : NULL;
    if (is_section && (others ? has_word (others->sections, name) : !meant))
        return DAFFI_EXIT_OK;
    if (is_section)
        return unknown (self, "section", name, "", meant, problem);
    if (has_option (set, name) || strcmp (name, section) == 0 ||
        (others &&
         (has_word (others->options, name) || has_word (others->sections, name))))
        return DAFFI_EXIT_OK;
    const char *hint = hint_in (set, name);
    if (!others && !hint)
        return DAFFI_EXIT_OK;
    return unknown (self, "option", name, "",
                    hint ? hint : daffi_hint (name, others->options), problem);
}

static daffi_exit_t check (const daffi_config_t *self, const daffi_option_set_t *set,
                           const char *section, const daffi_config_others_t *others,
                           daffi_problem_t *problem)
{
    daffi_exit_t code = DAFFI_EXIT_OK;
    zconfig_t *line = self->tree ? zconfig_child (self->tree) : NULL;
    for (; line && !code; line = zconfig_next (line))
        code = check_line (self, line, set, section, others, problem);
    return code;
}

daffi_exit_t daffi_config_apply (daffi_config_t *self, daffi_option_set_t *set,
                                 size_t config, const char *section,
                                 const daffi_config_others_t *others,
                                 daffi_problem_t *problem)
{
    daffi_exit_t code = load (self, set->values[config].text, problem);
    set->file = self->path;
    if (!code)
        code = check (self, set, section, others, problem);
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
