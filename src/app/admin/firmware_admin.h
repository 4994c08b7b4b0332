/* app/admin/firmware_admin.h: `dialtone firmware list|add|check|default` for the folder of a running `dialtone serve`,
 * or any folder; dialtone-firmware(1). Exit statuses as in app/admin/admin.h. */
#ifndef APP_ADMIN_FIRMWARE_ADMIN_H
#define APP_ADMIN_FIRMWARE_ADMIN_H
#include <stdbool.h>

bool firmware_admin_is(int argc, char **argv); /* argv[1] is a command of these, and not a list of the built-in ones */
int firmware_admin_main(int argc, char **argv);
#endif
