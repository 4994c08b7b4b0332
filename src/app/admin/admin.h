/* app/admin/admin.h: the commands that talk to a running `dialtone serve`: device, line, reset, status, leases,
 * neighbors, alarms, calls, show-file, export; dialtone-device(1).
 *
 * admin_ask   sends one request to STATE/control and waits for the answer; progress is shown on a terminal meanwhile.
 *             NULL: an error, which was printed, with what to do about it.
 * Exit status 0: done; 1: the daemon refused; 2: wrong use; 3: no daemon answers at that socket.
 */
#ifndef APP_ADMIN_ADMIN_H
#define APP_ADMIN_ADMIN_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { ADMIN_DONE = 0, ADMIN_REFUSED = 1, ADMIN_USAGE = 2, ADMIN_NOBODY = 3 };

struct admin {           /* what the command line said */
    const char *command; /* "device" */
    const char *state;
    bool json, all, restart, no_reset;
    const char *match, *rate, *format, *target; /* --match, --rate, --format, --for */
    const char *word[64];                       /* what is no option */
    size_t words;
};

/* Is this word one of the commands of this file? */
bool admin_is(const char *command);
int admin_main(int argc, char **argv);

json_t *admin_ask(const struct admin *, json_t *request, int *status); /* takes `request` */
/* The value of the option `name` at argv[*i]: behind "=" there, or the next argument, and *i is moved on. False: it is
 * another. */
bool admin_value(const char **to, const char *name, int argc, char **argv, int *i);
/* admin_shared.c. Says what is wrong and where help is: ADMIN_USAGE. Prints an answer without its "ok", and takes it:
 * the exit status. The text at `key`; "": none. */
int admin_wrong_use(const char *command, const char *what);
int admin_print_json(json_t *);
const char *admin_text(const json_t *, const char *key);
/* admin_table.c: columns as wide as what stands in them; `keys` are paths in each object, "lines.0.number". */
void admin_table(const json_t *list, const char *const keys[], const char *const titles[], size_t columns);
/* admin_device.c */
int admin_device(const struct admin *);
int admin_line(const struct admin *);
int admin_reset(const struct admin *);
/* admin_csv.c: RFC 4180. A list of objects with the columns of the first row as their keys; NULL: *why, with its
 * line. */
json_t *admin_csv_read(const char *text, size_t length, char why[200]);
void admin_csv_write(const json_t *list, const char *const keys[], size_t columns, void *stdio_file);
/* admin_rows.c: a flat row (number, label, number2 ...) becomes a device as control.md has it; false: *why. And a list
 * of devices as CSV. */
bool admin_unflatten(json_t *row, char why[200]);
void admin_write_csv(json_t *devices, void *stdio_file);
/* admin_export.c: `dialtone export dhcp --for dnsmasq|kea|isc|ios` */
int admin_export(const struct admin *);
#endif
