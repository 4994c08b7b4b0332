#include "app/admin/admin.h"
#include <stdio.h>

int admin_wrong_use(const char *command, const char *what)
{
    (void)fprintf(stderr, "dialtone %s: %s\nTry 'dialtone %s --help'.\n", command, what, command);
    return ADMIN_USAGE;
}

int admin_print_json(json_t *j)
{
    if (json_is_true(json_object_get(j, "ok"))) (void)json_object_del(j, "ok");
    (void)json_dumpf(j, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(j);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}

const char *admin_text(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}
